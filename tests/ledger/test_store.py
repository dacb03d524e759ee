"""Ledger: which changes are written, and what they leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from runner.ledger.changes import Change, Finish, Intend, Settle, Stale, Store, Supersede, Taken
from runner.ledger.protocol import Ledger
from runner.model.file_facts import FileFacts, ResultWarning
from runner.model.operations import Amount
from runner.model.tasks import AttemptState, Intent, StoredFile
from tests.ledger.conftest import AT, ERROR, failed, intend, submitted, succeeded

MakeIntent = Callable[..., Intent]


def test_a_submitted_attempt_has_its_task(ledger: Ledger, run: str, intent: MakeIntent) -> None:
    number = intend(ledger, run, intent())
    settle = replace(submitted(number), seed=7, credits=6, trace_id="t", http_status=200)
    assert ledger.apply([settle]) == [number]
    attempt = ledger.latest(["f1"], "remote")["f1"]
    assert attempt.state is AttemptState.SUBMITTED
    assert (attempt.task.id, attempt.task.seed, attempt.task.credits) == ("911", 7, 6)
    assert attempt.task.submitted_at == AT


def test_finishing_keeps_what_the_submission_recorded(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    number = intend(ledger, run, intent())
    finish = replace(
        succeeded(number),
        cost=Amount(unit="cny", value=Decimal("1.41")),
        usage={"duration": 5},
        urls=("https://a/1.png?x=%2F",),
    )
    ledger.apply([replace(submitted(number), seed=7, credits=6), finish])
    attempt = ledger.latest(["f1"], "remote")["f1"]
    assert attempt.state is AttemptState.SUCCEEDED
    assert (attempt.task.seed, attempt.task.credits) == (7, 6)
    assert attempt.task.cost == Amount(unit="cny", value=Decimal("1.41"))
    assert (attempt.task.usage, attempt.task.urls) == ({"duration": 5}, ("https://a/1.png?x=%2F",))
    assert attempt.task.finished_at == AT


def test_an_answer_that_is_the_result_is_written_at_once(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    (number,) = ledger.apply([Intend(run=run, intent=intent())])
    assert isinstance(number, int)
    end = Finish(number=number, state=AttemptState.SUCCEEDED, finished_at=AT, urls=("u",))
    ledger.apply([Settle(number=number, state=AttemptState.SUBMITTED, at=AT, finish=end)])
    (attempt,) = ledger.attempts()
    assert (attempt.state, attempt.task.urls) == (AttemptState.SUCCEEDED, ("u",))


@pytest.mark.parametrize("before", ["intent", "ambiguous", "submitted", "succeeded"])
def test_a_fingerprint_with_a_living_attempt_is_taken(
    ledger: Ledger, run: str, intent: MakeIntent, before: str
) -> None:
    number = intend(ledger, run, intent())
    lost = Settle(number=number, state=AttemptState.AMBIGUOUS, at=AT)
    steps: dict[str, list[Change]] = {
        "intent": [],
        "ambiguous": [lost],
        "submitted": [submitted(number)],
        "succeeded": [submitted(number), succeeded(number)],
    }
    ledger.apply(steps[before])
    (taken,) = ledger.apply([Intend(run=run, intent=intent(job="other"))])
    assert isinstance(taken, Taken)
    assert (taken.attempt.number, taken.attempt.state) == (number, before)
    assert len(ledger.attempts()) == 1


@pytest.mark.parametrize("state", [AttemptState.NOT_SENT, AttemptState.REFUSED])
def test_a_submission_that_did_not_arrive_may_be_repeated(
    ledger: Ledger, run: str, intent: MakeIntent, state: AttemptState
) -> None:
    first = intend(ledger, run, intent())
    ledger.apply([Settle(number=first, state=state, at=AT, error=ERROR)])
    second = intend(ledger, run, intent())
    assert ledger.latest(["f1"], "remote")["f1"].number == second
    assert [a.task.finished_at for a in ledger.attempts()] == [AT, None]


def test_a_failed_task_may_be_repeated_and_is_counted(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    for _ in range(2):
        number = intend(ledger, run, intent())
        ledger.apply([submitted(number), failed(number)])
    unsent = intend(ledger, run, intent())
    ledger.apply([Settle(number=unsent, state=AttemptState.NOT_SENT, at=AT)])
    assert [(a.ordinal, a.failures) for a in ledger.attempts()] == [(1, 1), (2, 2), (2, 2)]


def test_a_superseded_result_allows_a_new_submission(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    first = intend(ledger, run, intent())
    ledger.apply([submitted(first), succeeded(first)])
    assert ledger.apply([Supersede(number=first, at=AT)]) == [first]
    assert ledger.latest(["f1"], "remote")["f1"].superseded_at == AT
    second = intend(ledger, run, intent())
    assert ledger.latest(["f1"], "remote")["f1"].number == second


def test_superseding_twice_changes_nothing(ledger: Ledger, run: str, intent: MakeIntent) -> None:
    number = intend(ledger, run, intent())
    ledger.apply([Supersede(number=number, at=AT)])
    (again,) = ledger.apply([Supersede(number=number, at="later")])
    assert isinstance(again, Stale)
    assert again.attempt.superseded_at == AT


def test_a_settled_attempt_is_not_superseded_as_undecided(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    number = intend(ledger, run, intent())
    ledger.apply([submitted(number)])
    (late,) = ledger.apply([Supersede(number=number, at=AT, only_undecided=True)])
    assert isinstance(late, Stale)
    assert ledger.latest(["f1"], "remote")["f1"].superseded_at is None


def test_an_undecided_attempt_can_be_superseded(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    number = intend(ledger, run, intent())
    assert ledger.apply([Supersede(number=number, at=AT, only_undecided=True)]) == [number]


def test_a_superseded_task_may_still_succeed(ledger: Ledger, run: str, intent: MakeIntent) -> None:
    first = intend(ledger, run, intent())
    ledger.apply([submitted(first), Supersede(number=first, at=AT)])
    second = intend(ledger, run, intent())
    assert ledger.apply([succeeded(first)]) == [first]
    assert ledger.latest(["f1"], "remote")["f1"].number == second


def test_loopback_and_remote_attempts_are_separate(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    intend(ledger, run, intent())
    rehearsal = intend(ledger, run, intent(base_url="http://127.0.0.1:8080"))
    assert ledger.latest(["f1"], "loopback")["f1"].number == rehearsal
    assert ledger.latest(["f1", "f2"], "remote").keys() == {"f1"}


def test_a_change_that_comes_too_late_is_stale(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    number = intend(ledger, run, intent())
    ledger.apply([Settle(number=number, state=AttemptState.NOT_SENT, at=AT)])
    late: list[Change] = [submitted(number), succeeded(number), Store(number=number, files=())]
    for result in ledger.apply(late):
        assert isinstance(result, Stale)
        assert result.attempt.state is AttemptState.NOT_SENT


def test_an_ambiguous_attempt_can_be_settled_later(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    number = intend(ledger, run, intent())
    ledger.apply([Settle(number=number, state=AttemptState.AMBIGUOUS, at=AT, error=ERROR)])
    ledger.apply([submitted(number)])
    attempt = ledger.latest(["f1"], "remote")["f1"]
    assert (attempt.state, attempt.error) == (AttemptState.SUBMITTED, None)


def test_a_task_that_its_provider_lost_is_ambiguous_with_its_id(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    number = intend(ledger, run, intent())
    gone = Finish(number=number, state=AttemptState.AMBIGUOUS, finished_at=AT)
    ledger.apply([submitted(number), gone])
    attempt = ledger.latest(["f1"], "remote")["f1"]
    assert (attempt.state, attempt.task.id) == (AttemptState.AMBIGUOUS, "911")


def test_a_success_is_not_taken_back(ledger: Ledger, run: str, intent: MakeIntent) -> None:
    number = intend(ledger, run, intent())
    fresh = replace(succeeded(number), urls=("https://fresh",), finished_at="later")
    results = ledger.apply([submitted(number), succeeded(number), fresh, failed(number)])
    assert isinstance(results[-1], Stale)
    attempt = ledger.latest(["f1"], "remote")["f1"]
    assert (attempt.task.urls, attempt.task.finished_at) == (("https://fresh",), AT)


def test_files_are_stored_in_order_and_replaced_together(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    one, two, three = (
        StoredFile(path=f"{n}.png", sha256=n, bytes=1, media_type="image/png") for n in "abc"
    )
    number = intend(ledger, run, intent())
    ledger.apply([submitted(number), succeeded(number), Store(number=number, files=(one, two))])
    assert ledger.latest(["f1"], "remote")["f1"].files == (one, two)
    ledger.apply([Store(number=number, files=(three,))])
    assert ledger.latest(["f1"], "remote")["f1"].files == (three,)


def test_what_was_measured_of_a_file_is_stored_with_it(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    facts = FileFacts(
        width=1280,
        height=720,
        seconds=5.04,
        frames_per_second=24.0,
        codec="h264",
        has_sound=False,
        labels=("aigc", "c2pa"),
    )
    warning = ResultWarning(code="wrong_duration", message="5.04 s instead of 8 s, 秒")
    one = StoredFile(path="a.mp4", sha256="a", bytes=1, media_type="video/mp4")
    files = (replace(one, facts=facts, warnings=(warning,)), replace(one, facts=FileFacts()), one)
    number = intend(ledger, run, intent())
    ledger.apply([submitted(number), succeeded(number), Store(number=number, files=files)])
    assert ledger.latest(["f1"], "remote")["f1"].files == files


def test_a_task_known_from_elsewhere_is_adopted(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    intend(ledger, run, intent(), task_id="911")
    attempt = ledger.latest(["f1"], "remote")["f1"]
    assert (attempt.state, attempt.task.id) == (AttemptState.SUBMITTED, "911")
    assert attempt.task.submitted_at == attempt.intent.at


def test_ordinals_count_attempts_of_other_manifests(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    first = intend(ledger, run, intent(manifest="other.yaml"))
    ledger.apply([submitted(first), failed(first)])
    intend(ledger, run, intent())
    attempts = ledger.attempts()
    assert [(a.ordinal, a.failures) for a in attempts] == [(1, 1), (2, 1)]


def test_all_changes_of_a_group_are_written_or_none(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    broken = replace(intent("f2"), request={"prompt": object()})
    with pytest.raises(TypeError):
        ledger.apply([Intend(run=run, intent=intent()), Intend(run=run, intent=broken)])
    assert ledger.attempts() == []
    assert intend(ledger, run, intent()) == 1
