from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runner.errors import Exit, LedgerError
from runner.fs import folder_lock
from runner.ledger.store import open_ledger

HOLD = """
import sys
from pathlib import Path
from runner.ledger.alone import alone
with alone(Path(sys.argv[1]), wait_s=0):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the folder's lock until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def test_a_folder_is_one_holders_at_a_time(tmp_path: Path) -> None:
    with (
        folder_lock(tmp_path, wait_s=0),
        pytest.raises(LedgerError),
        folder_lock(tmp_path, wait_s=0),
    ):
        pytest.fail("two hold it")
    with folder_lock(tmp_path, wait_s=0):
        pass


def test_a_ledger_that_another_process_never_lets_go_of_is_told_with_the_process(
    path: Path,
) -> None:
    open_ledger(path).close()
    with held(path.parent) as process:
        with pytest.raises(LedgerError) as caught:
            open_ledger(path, wait_s=0.1)
        process.kill()
    who = f"process {process.pid}" if sys.platform == "linux" else "another process"
    look = f"ps {process.pid}" if sys.platform == "linux" else f"lsof {path.parent}"
    assert caught.value.message == (
        f"the ledger's folder {path.parent} is locked: {who} has been opening its ledger for 0.1 s"
    )
    assert caught.value.hint == (
        f'it may have been stopped (see "{look}"): continue or end it, and run again'
    )
    assert caught.value.exit is Exit.LEDGER


def test_a_ledger_is_opened_once_the_other_process_has_let_go(path: Path) -> None:
    open_ledger(path).close()
    with held(path.parent) as process:
        assert process.stdin is not None
        process.stdin.close()
        open_ledger(path, wait_s=60).close()


def test_who_is_waited_for_is_told_once_it_takes_long(path: Path) -> None:
    open_ledger(path).close()
    told: list[str] = []
    with held(path.parent) as process:
        assert process.stdin is not None

        def hear(text: str) -> None:
            told.append(text)
            assert process.stdin is not None
            process.stdin.close()

        open_ledger(path, wait_s=60, on_wait=hear).close()
    who = f"process {process.pid}" if sys.platform == "linux" else "another process"
    assert told == [f"waiting for {who}, which holds the ledger's folder {path.parent}"]


def test_a_free_folder_is_opened_without_a_word(path: Path) -> None:
    open_ledger(path, on_wait=pytest.fail).close()
