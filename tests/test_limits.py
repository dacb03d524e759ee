"""Limits of files and threads, in processes that have few."""

from __future__ import annotations

import errno
import os
import re
import resource
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runner.error_handler import handle_errors
from runner.errors import Exit, UsageError
from runner.limits import require_files, require_threads, shortage, started_pool

ROOT = Path(__file__).parent.parent


def printed(script: str, *arguments: object) -> str:
    """The standard output of a script in a process of its own."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.check_output(command, cwd=ROOT, text=True)


FILES = """
import resource, sys
from runner.limits import require_files
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
require_files(50, least=41)
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(
    ("soft", "hard", "then"), [(32, 4096, 100), (32, 60, 60), (50, 4096, 50), (256, 256, 256)]
)
def test_a_low_limit_of_files_is_raised(soft: int, hard: int, then: int) -> None:
    assert printed(FILES, soft, hard) == f"{then}\n"


@pytest.mark.parametrize(("hard", "remedy"), [(45, ", or lower --concurrency"), (32, "")])
def test_too_few_files_are_an_error_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, hard: int, remedy: str
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _limit: (hard, hard))
    with pytest.raises(UsageError) as caught:
        require_files(50, least=41)
    message = f"this process may have only {hard} files open, and the run needs up to 50; nothing"
    assert caught.value.message == f"{message} was sent"
    assert caught.value.hint == f"allow more with `ulimit -n 256`{remedy}"


def test_the_limit_of_another_program_is_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _limit: (45, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: pytest.fail("raised"))
    with pytest.raises(UsageError, match="may have only 45 files open"):
        require_files(50, least=41, may_raise=False)
    require_files(45, least=41, may_raise=False)


THREADS = """
import concurrent.futures.thread, os, resource
from runner.errors import UsageError
from runner.limits import require_threads, started_pool
os.setuid(54321)  # root has as many as it likes
resource.setrlimit(resource.RLIMIT_NPROC, (6, 6))
pool = started_pool()
print(pool._max_workers, list(pool.map(abs, range(50))) == list(range(50)))
pool.shutdown()
try:
    require_threads(40)
except UsageError as error:
    print(error.message)
"""


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="a user's limit counts all that runs"
)
def test_with_few_threads_fewer_work_and_many_are_an_error() -> None:
    pool, error = printed(THREADS).splitlines()
    assert pool == "2 True"
    # The system may still count a thread of the pool that has just ended.
    assert re.match("the system allows this process only [345] more threads, and the run ne", error)


def test_a_started_pool_has_its_threads_before_any_work() -> None:
    before = threading.active_count()
    with started_pool() as pool:
        assert threading.active_count() == before + pool._max_workers
    require_threads(4)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (OSError(errno.EMFILE, "Too many open files"), "no further file"),
        (OSError(errno.ENFILE, "x", "/a/file"), "no further file"),
        (RuntimeError("can't start new thread"), "no further thread"),
        (ExceptionGroup("x", [RuntimeError("can't start new thread")]), "no further thread"),
    ],
)
def test_a_limit_that_is_hit_is_reported_as_such(
    capsys: pytest.CaptureFixture[str], error: Exception, text: str
) -> None:
    def step() -> Exit:
        raise error

    assert handle_errors(step) is Exit.INCOMPLETE
    assert text in capsys.readouterr().err


@pytest.mark.parametrize("error", [OSError(errno.EIO, "x"), RuntimeError("x"), ValueError()])
def test_other_errors_are_no_shortage(error: Exception) -> None:
    assert shortage(error) is None
