from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from runner.errors import LedgerError
from runner.ledger.changes import Change, Intend, Result, Settle, Taken
from runner.ledger.group_commit import PATIENCE_S, GroupCommit
from runner.ledger.store import Ledger, open_ledger
from runner.model import AttemptState, Intent

MakeIntent = Callable[..., Intent]
WAIT_S = 30


@pytest.fixture
def journal(path: Path) -> Iterator[GroupCommit]:
    with GroupCommit(path) as opened:
        yield opened


def held(journal: GroupCommit, changes: list[Change]) -> list[Future[Result]]:
    """Submit all changes while the writer is kept from the ledger, so that they form groups."""
    with open_ledger(journal._ledger.path) as other:
        other._connection.execute("BEGIN IMMEDIATE")
        return [journal.submit(change) for change in changes]


def test_a_change_is_on_the_disk_when_its_future_resolves(
    ledger: Ledger, run: str, journal: GroupCommit, intent: MakeIntent
) -> None:
    number = journal.submit(Intend(run=run, intent=intent())).result(WAIT_S)
    assert [attempt.number for attempt in ledger.attempts()] == [number]


def test_changes_that_wait_share_a_commit(
    run: str, journal: GroupCommit, intent: MakeIntent
) -> None:
    changes: list[Change] = [Intend(run=run, intent=intent(f"f{n}")) for n in range(100)]
    futures = held(journal, changes)
    assert [future.result(WAIT_S) for future in futures] == list(range(1, 101))
    assert journal.commits <= 2


def test_a_change_that_can_wait_shares_the_commit_of_the_next_one(
    run: str, journal: GroupCommit, intent: MakeIntent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.ledger.group_commit.PATIENCE_S", WAIT_S)
    patient = journal.submit(Intend(run=run, intent=intent("f1")), soon=False)
    assert journal.submit(Intend(run=run, intent=intent("f2"))).result(WAIT_S) == 2
    assert (patient.result(0), journal.commits) == (1, 1)


def test_a_change_that_can_wait_is_written_without_company(
    run: str, journal: GroupCommit, intent: MakeIntent
) -> None:
    assert journal.submit(Intend(run=run, intent=intent()), soon=False).result(WAIT_S) == 1
    assert journal.commits == 1


def test_nobody_notices_how_long_a_change_waits_that_can() -> None:
    """A tenth of a second is what people take for at once; a job's way has a few such changes."""
    assert 0 < PATIENCE_S <= 0.02


def test_closing_does_not_wait_for_company(
    ledger: Ledger,
    run: str,
    journal: GroupCommit,
    intent: MakeIntent,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("runner.ledger.group_commit.PATIENCE_S", 3600.0)
    journal.submit(Intend(run=run, intent=intent()), soon=False)
    journal.close()
    assert len(ledger.attempts()) == 1


def test_each_change_gets_its_own_result(
    run: str, journal: GroupCommit, intent: MakeIntent
) -> None:
    same: list[Change] = [Intend(run=run, intent=intent()) for _ in range(3)]
    first, *others = (future.result(WAIT_S) for future in held(journal, same))
    assert first == 1
    assert all(isinstance(other, Taken) for other in others)


def test_a_full_disk_fails_the_waiting_changes_and_no_later_one(
    run: str, journal: GroupCommit, intent: MakeIntent
) -> None:
    connection = journal._ledger._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    large = replace(intent(), request={"prompt": "x" * 100_000})
    with pytest.raises(LedgerError, match="the disk is full"):
        journal.submit(Intend(run=run, intent=large)).result(WAIT_S)
    connection.execute("PRAGMA max_page_count = 1000000")
    assert journal.submit(Intend(run=run, intent=large)).result(WAIT_S) == 1


def test_one_malformed_change_does_not_fail_its_group(
    run: str, journal: GroupCommit, intent: MakeIntent
) -> None:
    broken = replace(intent("f2"), request={"prompt": object()})
    good, bad, other = held(
        journal, [Intend(run=run, intent=each) for each in (intent("f1"), broken, intent("f3"))]
    )
    assert (good.result(WAIT_S), other.result(WAIT_S)) == (1, 2)
    with pytest.raises(TypeError):
        bad.result(WAIT_S)


def test_a_change_that_nobody_waits_for_is_written_all_the_same(
    ledger: Ledger, run: str, journal: GroupCommit, intent: MakeIntent
) -> None:
    assert not journal.submit(Intend(run=run, intent=intent())).cancel()
    journal.close()
    assert len(ledger.attempts()) == 1


def test_a_ledger_that_was_moved_takes_what_is_under_way_and_no_new_intent(
    path: Path, run: str, journal: GroupCommit, intent: MakeIntent
) -> None:
    number = journal.submit(Intend(run=run, intent=intent("f1"))).result(WAIT_S)
    assert isinstance(number, int)
    away = path.parent.rename(path.parent.with_name("away")) / path.name
    with pytest.raises(LedgerError, match="moved or deleted"):
        journal.submit(Intend(run=run, intent=intent("f2"))).result(WAIT_S)
    journal.submit(
        Settle(number=number, state=AttemptState.SUBMITTED, at=intent().at, task_id="t1")
    ).result(WAIT_S)
    with open_ledger(away) as moved:
        assert [attempt.task.id for attempt in moved.attempts()] == ["t1"]


def test_closing_writes_what_waits(
    ledger: Ledger, run: str, journal: GroupCommit, intent: MakeIntent
) -> None:
    futures = [journal.submit(Intend(run=run, intent=intent(f"f{n}"))) for n in range(50)]
    journal.close()
    journal.close()
    assert all(future.done() for future in futures)
    assert len(ledger.attempts()) == 50


def test_a_closed_journal_takes_nothing(run: str, journal: GroupCommit, intent: MakeIntent) -> None:
    journal.close()
    with pytest.raises(RuntimeError, match="closed"):
        journal.submit(Intend(run=run, intent=intent()))


def test_no_future_is_lost_when_closing_races_with_submitting(
    path: Path, run: str, intent: MakeIntent
) -> None:
    for round_ in range(20):
        journal = GroupCommit(path)
        changes = [Intend(run=run, intent=intent(f"{round_}-{n}")) for n in range(2000)]
        futures: list[Future[Result]] = []
        first = threading.Event()
        thread = threading.Thread(target=submit_all, args=(journal, changes, futures, first))
        thread.start()
        first.wait(WAIT_S)
        journal.close()
        thread.join()
        assert all(isinstance(future.result(0), int) for future in futures)


def submit_all(
    journal: GroupCommit,
    changes: list[Intend],
    futures: list[Future[Result]],
    first: threading.Event,
) -> None:
    """Submit until the journal is closed."""
    with suppress(RuntimeError):
        for change in changes:
            futures.append(journal.submit(change))
            first.set()


def test_a_ledger_that_cannot_be_used_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.write_text("no database\n" * 100)
    with pytest.raises(LedgerError):
        GroupCommit(path)
