"""Queries: tasks, undecided attempts, durations and earlier requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from runner.ledger.changes import Finish, Intend, Settle, Supersede
from runner.ledger.group_commit import GroupCommit
from runner.ledger.location import LedgerLocation, open_ledger
from runner.ledger.protocol import Ledger
from runner.ledger.records import KnownTask
from runner.model.operations import Amount
from runner.model.tasks import AttemptState, Intent
from tests.ledger.conftest import ERROR, FINISHED_AT, Book, intend

AT = "2026-11-20T10:00:05.000Z"
LATER = "2026-11-20T10:00:06.000Z"
MakeIntent = Callable[..., Intent]
CNY = Amount(unit="cny", value=Decimal("1.41"))


def submit(ledger: Ledger, run: str, intent: Intent, task_id: str, at: str = AT) -> int:
    number = intend(ledger, run, intent)
    settled = Settle(number=number, state=AttemptState.SUBMITTED, at=at, task_id=task_id)
    ledger.apply([settled])
    return number


def test_a_task_is_found_by_its_id_even_if_superseded(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    first = submit(ledger, run, intent("f1"), "911")
    submit(ledger, run, intent("f2"), "912")
    ledger.apply([Supersede(number=first, at=AT)])
    second = submit(ledger, run, intent("f1"), "913")
    found = ledger.attempts_of_tasks("vidu", ["911", "913", "unheard of"])
    assert [(each.number, each.task.id) for each in found] == [(first, "911"), (second, "913")]
    assert found[1].ordinal == 2


def test_a_task_of_another_provider_is_not_found(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    submit(ledger, run, intent(), "911")
    assert ledger.attempts_of_tasks("modelverse", ["911"]) == []


def test_an_attempt_is_found_by_its_tag(ledger: Ledger, run: str, intent: MakeIntent) -> None:
    number = intend(ledger, run, replace(intent("f1"), tag="a1"))
    intend(ledger, run, replace(intent("f2"), tag="a2"))
    assert [each.number for each in ledger.attempts_with_tag("vidu", "a1")] == [number]
    assert ledger.attempts_with_tag("vidu", "a3") == []


def test_intents_and_ambiguous_attempts_are_undecided(
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


def test_a_known_task_has_the_times_of_its_submission(
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


def test_a_failed_task_is_a_known_task(ledger: Ledger, run: str, intent: MakeIntent) -> None:
    number = submit(ledger, run, intent(), "911")
    ledger.apply([Finish(number=number, state=AttemptState.FAILED, finished_at=LATER)])
    assert [each.failed for each in ledger.known_tasks(intent(), since=AT, after=99)] == [True]


def test_an_earlier_task_counts_only_by_a_later_attempt(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    number = submit(ledger, run, intent(), "911")
    assert ledger.known_tasks(intent(), since=LATER, after=number) == []
    assert len(ledger.known_tasks(intent(), since=LATER, after=number - 1)) == 1


def test_tasks_of_other_endpoints_and_keys_are_not_known(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    submit(ledger, run, intent(), "911")
    elsewhere = intent(base_url="https://gateway.example")
    assert ledger.known_tasks(elsewhere, since=AT, after=0) == []
    other = replace(intent(), key_env="OTHER", account="another")
    assert ledger.known_tasks(other, since=AT, after=0) == []


def test_an_adopted_task_is_not_a_known_task(ledger: Ledger, run: str, intent: MakeIntent) -> None:
    intend(ledger, run, intent(), task_id="911")
    assert ledger.known_tasks(intent(), since="2026-01-01T00:00:00.000Z", after=0) == []
    assert [each.task.id for each in ledger.attempts_of_tasks("vidu", ["911"])] == ["911"]


def test_a_reader_sees_what_a_group_commit_has_written(
    location: LedgerLocation, intent: MakeIntent
) -> None:
    with GroupCommit(location) as group_commit, open_ledger(location) as ledger:
        run = ledger.begin_run("spring.yaml", "vidu-run 0.1.0")
        group_commit.submit(Intend(run=run, intent=intent())).result()
        with open_ledger(group_commit.location, read_only=True) as reader:
            assert len(reader.undecided_attempts("vidu")) == 1
        ledger.end_run(run, 0)


def test_past_tasks_have_price_and_duration_latest_first(
    book: Book, ledger: Ledger, intent: MakeIntent, run: str
) -> None:
    book.finish(intent("f1"), credits_=6)
    book.finish(intent("f2", manifest="autumn.yaml"), cost=CNY)
    book.settle(intent("f3"), "submitted", credits_=9)
    ledger.end_run(run, 0)
    found = ledger.past_tasks("vidu/reference2image", "remote")
    prices = [past.price.value if past.price else None for past in found]
    assert prices == [Decimal(9), Decimal("1.41"), Decimal(6)]
    assert [past.time_s for past in found] == [None, 20.0, 20.0]
    assert found[0].request["prompt"] == "一只小猫"


def test_failures_and_other_operations_are_not_past_tasks(
    book: Book, ledger: Ledger, intent: MakeIntent, run: str
) -> None:
    book.finish(intent("f1"), "failed", billed="yes", credits_=6)
    book.settle(intent("f2"), "ambiguous")
    ledger.end_run(run, 0)
    assert ledger.past_tasks("vidu/reference2image", "remote") == []
    assert ledger.past_tasks("modelverse/reference2video", "remote") == []
    assert ledger.past_tasks("vidu/reference2image", "loopback") == []


def test_a_task_that_ended_after_its_run_has_no_duration(
    book: Book, ledger: Ledger, intent: MakeIntent, run: str
) -> None:
    book.finish(intent("f1"), credits_=6, at="2126-11-20T10:00:05Z")
    (unended,) = ledger.past_tasks("vidu/reference2image", "remote")
    ledger.end_run(run, 0)
    (late,) = ledger.past_tasks("vidu/reference2image", "remote")
    assert (unended.time_s, late.time_s) == (None, None)


def test_an_adopted_task_has_no_duration(ledger: Ledger, intent: MakeIntent, run: str) -> None:
    (number,) = ledger.apply([Intend(run=run, intent=intent(), task_id="911")])
    assert isinstance(number, int)
    ledger.apply([Finish(number=number, state=AttemptState.SUCCEEDED, finished_at=FINISHED_AT)])
    ledger.end_run(run, 0)
    (adopted,) = ledger.past_tasks("vidu/reference2image", "remote")
    assert adopted.time_s is None


def test_a_clock_that_went_backwards_gives_no_duration(
    book: Book, ledger: Ledger, intent: MakeIntent, run: str
) -> None:
    book.finish(intent("f1"), at="2026-11-20T10:00:01Z")
    ledger.end_run(run, 0)
    (past,) = ledger.past_tasks("vidu/reference2image", "remote")
    assert past.time_s is None


def test_the_latest_request_of_each_job_is_read(book: Book, intent: MakeIntent) -> None:
    book.settle(intent("f1", job="a"), "refused")
    book.settle(replace(intent("f2", job="a"), request={"prompt": "a dog"}), "refused")
    book.settle(intent("f3", job="b"), "refused")
    book.settle(intent("f4", job="a", manifest="autumn.yaml"), "refused")
    book.settle(intent("f5", job="a", base_url="http://localhost:1"), "refused")
    found = book.ledger.last_requests("spring.yaml", ["a", "c"], "remote")
    assert list(found) == ["a"]
    assert (found["a"].fingerprint, found["a"].request) == ("f2", {"prompt": "a dog"})
    assert found["a"].operation == "vidu/reference2image"


def test_the_last_run_of_a_manifest_is_known(ledger: Ledger, run: str) -> None:
    ledger.end_run(run, 6)
    second = ledger.begin_run("spring.yaml", "vidu-run 0.1.0")
    ledger.begin_run("other.yaml", "vidu-run 0.1.0")
    found = ledger.last_run("spring.yaml")
    assert found is not None
    assert (found.id, found.finished_at, found.exit_code) == (second, None, None)
    assert ledger.last_run("unknown.yaml") is None


def test_every_submission_of_a_manifest_has_times_and_price(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    first = submit(ledger, run, intent("f1"), "911")
    ledger.apply([Finish(number=first, state=AttemptState.SUCCEEDED, finished_at=LATER, cost=CNY)])
    submit(ledger, run, intent("f2"), "912")
    submit(ledger, run, intent("f3", manifest="other.yaml"), "913")
    intend(ledger, run, intent("f4"))
    found = ledger.submissions("spring.yaml")
    assert [(each.fingerprint, each.submitted_at, each.finished_at) for each in found] == [
        ("f1", AT, LATER),
        ("f2", AT, None),
    ]
    assert [each.price for each in found] == [CNY, intent().estimate]


def test_a_failure_that_was_not_billed_cost_nothing(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    number = submit(ledger, run, intent(), "911")
    ledger.apply([Finish(number=number, state=AttemptState.FAILED, finished_at=LATER, error=ERROR)])
    assert [each.price for each in ledger.submissions("spring.yaml")] == [None]
