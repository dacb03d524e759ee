from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from runner.ledger import Finish, Intend, KnownTask, Settle, Supersede
from runner.ledger.group_commit import GroupCommit
from runner.ledger.store import Ledger, open_ledger
from runner.model import AttemptState, Intent

AT = "2026-11-20T10:00:05.000Z"
LATER = "2026-11-20T10:00:06.000Z"
MakeIntent = Callable[..., Intent]


def intend(ledger: Ledger, run: str, intent: Intent, task_id: str | None = None) -> int:
    (number,) = ledger.apply([Intend(run=run, intent=intent, task_id=task_id)])
    assert isinstance(number, int)
    return number


def submit(ledger: Ledger, run: str, intent: Intent, task_id: str, at: str = AT) -> int:
    number = intend(ledger, run, intent)
    settled = Settle(number=number, state=AttemptState.SUBMITTED, at=at, task_id=task_id)
    ledger.apply([settled])
    return number


def test_a_task_is_found_by_its_id_also_when_it_was_superseded(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    first = submit(ledger, run, intent("f1"), "911")
    submit(ledger, run, intent("f2"), "912")
    ledger.apply([Supersede(number=first, at=AT)])
    second = submit(ledger, run, intent("f1"), "913")
    found = ledger.attempts_of_tasks("vidu", ["911", "913", "unheard of"])
    assert [(each.number, each.task.id) for each in found] == [(first, "911"), (second, "913")]
    assert found[1].ordinal == 2


def test_a_task_of_another_provider_is_another(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    submit(ledger, run, intent(), "911")
    assert ledger.attempts_of_tasks("modelverse", ["911"]) == []


def test_a_tag_leads_to_its_attempt(ledger: Ledger, run: str, intent: MakeIntent) -> None:
    number = intend(ledger, run, replace(intent("f1"), tag="a1"))
    intend(ledger, run, replace(intent("f2"), tag="a2"))
    assert [each.number for each in ledger.attempts_with_tag("vidu", "a1")] == [number]
    assert ledger.attempts_with_tag("vidu", "a3") == []


def test_undecided_are_intents_and_ambiguous_ones(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    submit(ledger, run, intent("f1"), "911")
    meant = intend(ledger, run, intent("f2"))
    doubtful = intend(ledger, run, intent("f3"))
    ledger.apply([Settle(number=doubtful, state=AttemptState.AMBIGUOUS, at=AT)])
    refused = intend(ledger, run, intent("f4"))
    ledger.apply([Settle(number=refused, state=AttemptState.REFUSED, at=AT)])
    assert [each.number for each in ledger.undecided_attempts("vidu")] == [meant, doubtful]
    assert ledger.undecided_attempts("modelverse") == []


def test_what_was_made_tells_when_it_was_meant_and_known(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    number = submit(ledger, run, intent(), "911")
    assert ledger.known_tasks(intent(), since=AT, after=99) == [
        KnownTask(
            number=number,
            task_id="911",
            failed=False,
            intended_at="2026-11-20T10:00:00Z",
            submitted_at=AT,
        )
    ]


def test_a_failed_task_was_made_too(ledger: Ledger, run: str, intent: MakeIntent) -> None:
    number = submit(ledger, run, intent(), "911")
    ledger.apply([Finish(number=number, state=AttemptState.FAILED, finished_at=LATER)])
    assert [each.failed for each in ledger.known_tasks(intent(), since=AT, after=99)] == [True]


def test_what_was_made_before_then_counts_only_after_that_attempt(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    number = submit(ledger, run, intent(), "911")
    assert ledger.known_tasks(intent(), since=LATER, after=number) == []
    assert len(ledger.known_tasks(intent(), since=LATER, after=number - 1)) == 1


def test_what_was_made_elsewhere_or_with_another_key_is_left_out(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    submit(ledger, run, intent(), "911")
    elsewhere = intent(base_url="https://gateway.example")
    assert ledger.known_tasks(elsewhere, since=AT, after=0) == []
    assert ledger.known_tasks(replace(intent(), key_env="OTHER"), since=AT, after=0) == []


def test_a_task_that_a_results_manifest_told_of_was_not_made_here(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    intend(ledger, run, intent(), task_id="911")
    assert ledger.known_tasks(intent(), since="2026-01-01T00:00:00.000Z", after=0) == []
    assert [each.task.id for each in ledger.attempts_of_tasks("vidu", ["911"])] == ["911"]


def test_a_journal_tells_where_its_ledger_lies_for_readers_of_their_own(
    path: Path, intent: MakeIntent
) -> None:
    with GroupCommit(path) as journal, open_ledger(path) as ledger:
        run = ledger.begin_run("spring.yaml", "vidu-run 0.1.0")
        journal.submit(Intend(run=run, intent=intent())).result()
        with open_ledger(journal.path, read_only=True) as reader:
            assert len(reader.undecided_attempts("vidu")) == 1
        ledger.end_run(run, 0)
