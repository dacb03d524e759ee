from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.errors import LedgerError
from runner.ledger.run_locks import RunLock, alive, lock_path
from runner.ledger.store import Ledger

HOLD = """
import sys
from pathlib import Path
from runner.ledger.store import open_ledger
print(open_ledger(Path(sys.argv[1])).begin_run("m", "t"), flush=True)
sys.stdin.read()
"""


def test_a_run_is_alive_until_it_ends(ledger: Ledger) -> None:
    run = ledger.begin_run("spring.yaml", "vidu-run")
    assert ledger.alive(run)
    assert ledger.alive(run), "testing a lock must not take it"
    ledger.end_run(run, 0)
    assert not ledger.alive(run)
    assert not lock_path(ledger.path.parent, run).exists()


def test_a_killed_run_is_dead_though_its_lock_file_stays(ledger: Ledger) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(ledger.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        run = process.stdout.readline().strip()
        assert ledger.alive(run)
        process.kill()
        process.wait()
    assert lock_path(ledger.path.parent, run).exists()
    assert not ledger.alive(run)


def test_a_program_that_a_run_started_does_not_keep_it_alive(tmp_path: Path) -> None:
    lock = RunLock(tmp_path, "r1")
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=False) as child:
        os.close(lock._file)
        assert not alive(tmp_path, "r1")
        assert child.stdin is not None
        child.stdin.close()


def test_a_run_that_was_not_ended_lets_go_when_its_ledger_closes(ledger: Ledger) -> None:
    run = ledger.begin_run("spring.yaml", "vidu-run")
    ledger.close()
    assert not alive(ledger.path.parent, run)


def test_a_folder_that_cannot_hold_locks_is_told(plain_user_folder: Path) -> None:
    plain_user_folder.chmod(0o555)
    with pytest.raises(LedgerError, match=r"r1\.lock cannot be written: Permission denied"):
        RunLock(plain_user_folder, "r1")


def test_a_lock_that_cannot_be_read_is_told(plain_user_folder: Path) -> None:
    RunLock(plain_user_folder, "r1")
    lock_path(plain_user_folder, "r1").chmod(0)
    with pytest.raises(LedgerError, match="Permission denied"):
        alive(plain_user_folder, "r1")
