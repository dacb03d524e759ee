"""Group commit: many changes in one commit, each with its own result."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace

import pytest

from runner.ledger.changes import Change, Intend, Result, Taken
from runner.ledger.group_commit import GroupCommit
from runner.ledger.location import LedgerLocation
from runner.ledger.protocol import Ledger
from runner.model.tasks import Intent
from tests.ledger.conftest import held

MakeIntent = Callable[..., Intent]
WAIT_S = 30


@pytest.fixture
def group_commit(location: LedgerLocation) -> Iterator[GroupCommit]:
    with GroupCommit(location) as opened:
        yield opened


def count_commits(group_commit: GroupCommit, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of changes in each commit from now on."""
    sizes: list[int] = []
    apply = group_commit._ledger.apply

    def counting(changes: Sequence[Change]) -> list[Result]:
        results = apply(changes)
        sizes.append(len(results))
        return results

    monkeypatch.setattr(group_commit._ledger, "apply", counting)
    return sizes


def submit_held(group_commit: GroupCommit, changes: Sequence[Change]) -> list[Future[Result]]:
    """Submit all changes while the writer is kept from the ledger, so that they form groups."""
    with held(group_commit.location):
        return [group_commit.submit(change) for change in changes]


def test_a_change_is_on_the_disk_when_its_future_resolves(
    ledger: Ledger, run: str, group_commit: GroupCommit, intent: MakeIntent
) -> None:
    number = group_commit.submit(Intend(run=run, intent=intent())).result(WAIT_S)
    assert [attempt.number for attempt in ledger.attempts()] == [number]


def test_queued_changes_share_a_commit(
    run: str, group_commit: GroupCommit, intent: MakeIntent, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = count_commits(group_commit, monkeypatch)
    changes: list[Change] = [Intend(run=run, intent=intent(f"f{n}")) for n in range(100)]
    futures = submit_held(group_commit, changes)
    assert [future.result(WAIT_S) for future in futures] == list(range(1, 101))
    assert len(commits) <= 2


def test_a_patient_change_shares_the_next_commit(
    location: LedgerLocation, run: str, intent: MakeIntent, monkeypatch: pytest.MonkeyPatch
) -> None:
    with GroupCommit(location, patience_s=WAIT_S) as group_commit:
        commits = count_commits(group_commit, monkeypatch)
        patient = group_commit.submit(Intend(run=run, intent=intent("f1")), soon=False)
        assert group_commit.submit(Intend(run=run, intent=intent("f2"))).result(WAIT_S) == 2
        assert (patient.result(0), commits) == (1, [2])


def test_a_patient_change_is_written_alone_in_the_end(
    run: str, group_commit: GroupCommit, intent: MakeIntent
) -> None:
    assert group_commit.submit(Intend(run=run, intent=intent()), soon=False).result(WAIT_S) == 1


def test_closing_does_not_wait_for_more_changes(
    ledger: Ledger, location: LedgerLocation, run: str, intent: MakeIntent
) -> None:
    group_commit = GroupCommit(location, patience_s=3600)
    group_commit.submit(Intend(run=run, intent=intent()), soon=False)
    group_commit.close()
    assert len(ledger.attempts()) == 1


def test_each_change_gets_its_own_result(
    run: str, group_commit: GroupCommit, intent: MakeIntent
) -> None:
    same: list[Change] = [Intend(run=run, intent=intent()) for _ in range(3)]
    first, *others = (future.result(WAIT_S) for future in submit_held(group_commit, same))
    assert first == 1
    assert all(isinstance(other, Taken) for other in others)


def test_a_malformed_change_does_not_fail_its_group(
    run: str, group_commit: GroupCommit, intent: MakeIntent
) -> None:
    broken = replace(intent("f2"), request={"prompt": object()})
    good, bad, other = submit_held(
        group_commit,
        [Intend(run=run, intent=each) for each in (intent("f1"), broken, intent("f3"))],
    )
    assert (good.result(WAIT_S), other.result(WAIT_S)) == (1, 2)
    with pytest.raises(TypeError):
        bad.result(WAIT_S)


def test_a_change_without_a_waiter_is_written(
    ledger: Ledger, run: str, group_commit: GroupCommit, intent: MakeIntent
) -> None:
    assert not group_commit.submit(Intend(run=run, intent=intent())).cancel()
    group_commit.close()
    assert len(ledger.attempts()) == 1


def test_closing_writes_queued_changes(
    ledger: Ledger, run: str, group_commit: GroupCommit, intent: MakeIntent
) -> None:
    futures = [group_commit.submit(Intend(run=run, intent=intent(f"f{n}"))) for n in range(50)]
    group_commit.close()
    group_commit.close()
    assert all(future.done() for future in futures)
    assert len(ledger.attempts()) == 50


def test_a_closed_group_commit_rejects_changes(
    run: str, group_commit: GroupCommit, intent: MakeIntent
) -> None:
    group_commit.close()
    with pytest.raises(RuntimeError, match="closed"):
        group_commit.submit(Intend(run=run, intent=intent()))


def test_no_future_is_lost_when_closing_during_submissions(
    location: LedgerLocation, run: str, intent: MakeIntent
) -> None:
    for round_ in range(5):
        group_commit = GroupCommit(location)
        changes = [Intend(run=run, intent=intent(f"{round_}-{n}")) for n in range(2000)]
        futures: list[Future[Result]] = []
        first = threading.Event()
        thread = threading.Thread(target=submit_all, args=(group_commit, changes, futures, first))
        thread.start()
        first.wait(WAIT_S)
        group_commit.close()
        thread.join()
        assert all(isinstance(future.result(0), int) for future in futures)


def submit_all(
    group_commit: GroupCommit,
    changes: list[Intend],
    futures: list[Future[Result]],
    first: threading.Event,
) -> None:
    """Submit until the group_commit is closed."""
    with suppress(RuntimeError):
        for change in changes:
            futures.append(group_commit.submit(change))
            first.set()
