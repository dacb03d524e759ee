"""Group commit on a folder's ledger: a full disk, a file that is moved, one that is no ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from runner.errors import LedgerError
from runner.ledger.changes import Intend, Settle
from runner.ledger.group_commit import GroupCommit
from runner.ledger.sqlite.store import SqliteLedger, open_sqlite
from runner.model.tasks import AttemptState, Intent
from tests.ledger.test_group_commit import WAIT_S

MakeIntent = Callable[..., Intent]


@pytest.fixture
def group_commit(path: Path) -> Iterator[GroupCommit]:
    with GroupCommit(path) as opened:
        yield opened


def test_a_full_disk_fails_only_the_changes_of_that_commit(
    run: str, group_commit: GroupCommit, intent: MakeIntent
) -> None:
    assert isinstance(group_commit._ledger, SqliteLedger)
    connection = group_commit._ledger._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    large = replace(intent(), request={"prompt": "x" * 100_000})
    with pytest.raises(LedgerError, match="the disk is full"):
        group_commit.submit(Intend(run=run, intent=large)).result(WAIT_S)
    connection.execute("PRAGMA max_page_count = 1000000")
    assert group_commit.submit(Intend(run=run, intent=large)).result(WAIT_S) == 1


def test_a_moved_ledger_takes_settlements_but_no_intents(
    path: Path, run: str, group_commit: GroupCommit, intent: MakeIntent
) -> None:
    number = group_commit.submit(Intend(run=run, intent=intent("f1"))).result(WAIT_S)
    assert isinstance(number, int)
    away = path.parent.rename(path.parent.with_name("away")) / path.name
    with pytest.raises(LedgerError, match="moved or deleted"):
        group_commit.submit(Intend(run=run, intent=intent("f2"))).result(WAIT_S)
    group_commit.submit(
        Settle(number=number, state=AttemptState.SUBMITTED, at=intent().at, task_id="t1")
    ).result(WAIT_S)
    with open_sqlite(away) as moved:
        assert [attempt.task.id for attempt in moved.attempts()] == ["t1"]


def test_an_unusable_ledger_is_an_error_at_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.write_text("no database\n" * 100)
    with pytest.raises(LedgerError):
        GroupCommit(path)
