"""Ledger checks: where it is kept, whether it is whole, who uses it, and what was rescued."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from runner.doctor.check import Check, fail, guarded, ok, warn
from runner.doctor.machine import is_writable
from runner.errors import Exit, plural
from runner.fs import try_lock
from runner.ledger.sqlite.filesystem import sharing_warning
from runner.ledger.sqlite.inspection import LedgerState, inspect, rescued_tasks
from runner.mounts import find_mount

_WAIT_S = 2.0
"""For another program's lock: a run waits longer."""
INTEGRITY_LIMIT_S = 120.0


def check_ledger(path: Path) -> list[Check]:
    """All checks of the ledger at `path`, each by itself."""
    about = str(path)
    return [
        *guarded("ledger-place", about, lambda: _place(path)),
        *guarded("ledger", about, lambda: _state(path), limit_s=INTEGRITY_LIMIT_S),
        *guarded("ledger-lock", about, lambda: _lock(path.parent)),
        *guarded("rescue", about, lambda: [rescue_check(about, rescued_tasks(path))]),
    ]


def _place(path: Path) -> Iterator[Check]:
    """Whether a ledger can be kept there. Raises LedgerError where locks are not reliable."""
    warning = sharing_warning(path)
    mount = find_mount(path)
    if not is_writable(path.parent):
        text = f"the folder {path.parent} cannot be written"
        hint = "make it writable, or keep the ledger elsewhere with --state-dir"
        yield fail("ledger-place", text, Exit.LEDGER, str(path), hint=hint)
    elif warning:
        text, _, hint = warning.removeprefix("warning: ").partition("\n  hint: ")
        yield warn("ledger-place", text, str(path), hint=hint)
    else:
        yield ok("ledger-place", f"on {mount or 'an unknown file system'}", str(path))


def _state(path: Path) -> list[Check]:
    exists = path.exists()
    return [ledger_check(str(path), inspect(path, wait_s=_WAIT_S) if exists else None)]


def ledger_check(about: str, state: LedgerState | None) -> Check:
    """What is in it; None: there is no ledger yet."""
    if state is None:
        return ok("ledger", "none yet", about)
    text = f"whole, with {plural(state.attempts, 'submission')}"
    for run in state.living:
        text += f"; used by process {run.pid} on {run.host} since {run.started_at}"
    if not state.undecided:
        return ok("ledger", text, about)
    text += f"; the fate of {state.undecided} is unknown"
    return warn("ledger", text, about, hint="`vidu-run status` shows them and what to do")


def _lock(folder: Path) -> Iterator[Check]:
    """Whether a process has stopped while it was opening a ledger: runs would wait for it."""
    if not folder.is_dir():
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        is_free = try_lock(descriptor)
    finally:
        os.close(descriptor)
    if is_free:
        yield ok("ledger-lock", "free", str(folder))
    else:
        hint = f"if that lasts, a process may have been stopped: lsof {folder}"
        yield warn("ledger-lock", "another process holds it now", str(folder), hint=hint)


def rescue_check(about: str, tasks: Mapping[Path, int]) -> Check:
    """Whether there are task ids that a full disk kept out of the ledger."""
    files = {path: count for path, count in tasks.items() if count}
    if not files:
        return ok("rescue", "no task waits to be recovered", about)
    names = ", ".join(map(str, files))
    text = f"{plural(sum(files.values()), 'paid task')} in {names}, not in the ledger yet"
    return warn("rescue", text, about, hint="keep the file: the next run recovers them")
