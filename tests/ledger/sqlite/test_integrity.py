"""Integrity: a ledger that was not closed is checked before it is used."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import Exit, LedgerError
from runner.ledger.changes import Intend
from runner.ledger.sqlite.connection import logs
from runner.ledger.sqlite.store import open_sqlite
from runner.model.tasks import Intent

MakeIntent = Callable[..., Intent]

DIE = """
import os, signal, sys
from pathlib import Path
from runner.ledger.changes import Intend
from runner.ledger.sqlite.store import open_sqlite
from tests.ledger.conftest import make_intent
ledger = open_sqlite(Path(sys.argv[1]))
run = ledger.begin_run("m", "t")
ledger.apply([Intend(run=run, intent=make_intent(f"f{n}")) for n in range(100)])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def killed(path: Path) -> Path:
    """A ledger whose process was killed."""
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", DIE, str(path)], check=False, cwd=root)
    assert ended.returncode == -signal.SIGKILL
    return path


def damage_index(path: Path) -> None:
    """Let the indexes, of which one keeps jobs from being paid for twice, lose a fingerprint."""
    content = path.read_bytes()
    assert b"f57remote" in content  # in the table itself, other columns are between the two
    path.write_bytes(content.replace(b"f57remote", b"f99remote"))


def test_a_ledger_of_a_killed_run_opens_and_is_closed(killed: Path) -> None:
    assert logs(killed)
    with open_sqlite(killed) as ledger:
        assert len(ledger.attempts()) == 100
    assert not logs(killed)


@pytest.mark.parametrize("read_only", [True, False])
def test_damage_in_a_ledger_that_was_left_open_is_found(killed: Path, *, read_only: bool) -> None:
    open_sqlite(killed).close()
    damage_index(killed)
    with open_sqlite(killed) as ledger:  # it was closed: nobody looks
        ledger.begin_run("m", "t")
        # As a killed process leaves them.
        for name in (killed.name, f"{killed.name}-wal"):
            shutil.copyfile(killed.with_name(name), killed.with_name(f"copy-{name}"))
    copy = killed.with_name(f"copy-{killed.name}")
    with pytest.raises(LedgerError, match="is damaged; nothing was submitted") as caught:
        open_sqlite(copy, read_only=read_only)
    assert caught.value.exit is Exit.LEDGER
    assert ".recover" in (caught.value.hint or "")


def test_a_ledger_that_a_living_run_has_open_is_not_checked(path: Path, intent: MakeIntent) -> None:
    with open_sqlite(path) as ledger:
        run = ledger.begin_run("m", "t")
        ledger.apply([Intend(run=run, intent=intent())])
        assert logs(path)
        with open_sqlite(path) as second:
            assert len(second.attempts()) == 1
