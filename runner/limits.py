"""Limits: checks how many files and threads the system allows, before they are needed."""

from __future__ import annotations

import errno
import os
import resource
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from runner.errors import UsageError, leaves

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

SPARE_THREADS = 3
"""For name lookups, the ledger's commits and the end of the event loop."""

NO_THREAD = "can't start new thread"
"""The text of Python's RuntimeError, which has no class of its own."""


def require_files(needed: int, *, least: int, may_raise: bool = True) -> None:
    """Let this process open so many files, as far as the system allows it to raise its own limit.

    Raises UsageError where that is not far enough. `least`: what one job at a time needs;
    `may_raise` is False where the limit is not ours to raise.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    hard = hard if may_raise else soft
    unlimited = resource.RLIM_INFINITY
    if soft == unlimited or soft >= needed:
        return
    if hard != unlimited and hard < needed:
        remedy = ", or lower --concurrency" if hard >= least else ""
        raise UsageError(
            f"this process may have only {hard} files open, and the run needs up to {needed}; "
            "nothing was sent",
            hint=f"allow more with `ulimit -n {max(256, needed)}`{remedy}",
        )
    # Not to the hard limit: where that is a billion, programs that close all are slow.
    more = 2 * needed if hard == unlimited else min(2 * needed, hard)
    with suppress(OSError, ValueError):  # macOS has a lower limit than it reports
        resource.setrlimit(resource.RLIMIT_NOFILE, (more, hard))


def require_threads(needed: int) -> None:
    """Raise UsageError if this process cannot start so many more threads."""
    found = _startable(needed)
    if found < needed:
        raise UsageError(
            f"the system allows this process only {found} more threads, and the run needs "
            f"{needed}; nothing was sent",
            hint="allow more with `ulimit -u`, or in a container with --pids-limit",
        )


def started_pool() -> ThreadPoolExecutor:
    """As many worker threads as asyncio would have, or fewer where the system allows fewer.

    They are all running already: none can be refused in the middle of a run.
    """
    from concurrent.futures import ThreadPoolExecutor  # late: the error handler needs it not

    most = min(32, (os.cpu_count() or 1) + 4)
    count = max(1, min(most, _startable(most + SPARE_THREADS) - SPARE_THREADS))
    pool = ThreadPoolExecutor(count)
    ready = threading.Barrier(count)
    for _ in range(count):  # each waits for all, so that none takes the work of two
        pool.submit(ready.wait)
    return pool


def shortage(error: BaseException) -> str | None:
    """What there is too little of, if that is what an error, or one in its group, comes from."""
    for each in leaves(error):
        if isinstance(each, OSError) and each.errno in {errno.EMFILE, errno.ENFILE}:
            return "no further file can be opened (see `ulimit -n`)"
        if isinstance(each, RuntimeError) and NO_THREAD in str(each):
            return "no further thread can be started (see `ulimit -u`, or --pids-limit)"
    return None


def _startable(most: int) -> int:
    """How many threads can be started at the same time, up to `most`."""
    end = threading.Event()
    threads = [threading.Thread(target=end.wait, daemon=True) for _ in range(most)]
    started: list[threading.Thread] = []
    with suppress(RuntimeError):
        for thread in threads:
            thread.start()
            started.append(thread)
    end.set()
    for thread in started:
        thread.join()
    return len(started)
