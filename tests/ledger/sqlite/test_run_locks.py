"""Run locks: which runs are alive."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.errors import LedgerError
from runner.ledger.sqlite.run_locks import RunLock, alive, lock_path
from runner.ledger.sqlite.store import SqliteLedger

HOLD = """
import sys
from pathlib import Path
from runner.ledger.sqlite.store import SqliteLedger, open_sqlite
print(open_sqlite(Path(sys.argv[1])).begin_run("m", "t"), flush=True)
sys.stdin.read()
"""


def test_a_run_is_alive_until_it_ends(ledger: SqliteLedger) -> None:
    run = ledger.begin_run("spring.yaml", "vidu-run")
    assert ledger.alive(run)
    assert ledger.alive(run), "testing a lock must not take it"
    ledger.end_run(run, 0)
    assert not ledger.alive(run)
    assert not lock_path(ledger.path.parent, run).exists()


def test_a_killed_run_is_dead_though_its_lock_file_stays(ledger: SqliteLedger) -> None:
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


def test_a_child_process_does_not_keep_a_run_alive(tmp_path: Path) -> None:
    lock = RunLock(tmp_path, "r1")
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=False) as child:
        os.close(lock._file)
        assert not alive(tmp_path, "r1")
        assert child.stdin is not None
        child.stdin.close()


def test_closing_a_ledger_releases_its_locks(ledger: SqliteLedger) -> None:
    run = ledger.begin_run("spring.yaml", "vidu-run")
    ledger.close()
    assert not alive(ledger.path.parent, run)


def test_a_folder_that_cannot_hold_locks_is_an_error(plain_user_folder: Path) -> None:
    plain_user_folder.chmod(0o555)
    with pytest.raises(LedgerError, match=r"r1\.lock cannot be written: Permission denied"):
        RunLock(plain_user_folder, "r1")


def test_an_unreadable_lock_is_an_error(plain_user_folder: Path) -> None:
    RunLock(plain_user_folder, "r1")
    lock_path(plain_user_folder, "r1").chmod(0)
    with pytest.raises(LedgerError, match="Permission denied"):
        alive(plain_user_folder, "r1")
