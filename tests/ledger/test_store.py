from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from runner.ledger.changes import Change, Finish, Intend, Settle, Stale, Store, Supersede, Taken
from runner.ledger.store import Ledger, open_ledger
from runner.model import Amount, AttemptState, Billed, ErrorClass, Intent, JobError, StoredFile

AT = "2026-11-20T10:00:05Z"
MakeIntent = Callable[..., Intent]
ERROR = JobError(
    code="CreationPolicyViolation",
    message="refused \ud800",
    class_=ErrorClass.POLICY,
    billed=Billed.NO,
)


def intend(ledger: Ledger, run: str, intent: Intent, task_id: str | None = None) -> int:
    (number,) = ledger.apply([Intend(run=run, intent=intent, task_id=task_id)])
    assert isinstance(number, int)
    return number


def submitted(number: int) -> Settle:
    return Settle(number=number, state=AttemptState.SUBMITTED, at=AT, task_id="911")


def succeeded(number: int) -> Finish:
    return Finish(number=number, state=AttemptState.SUCCEEDED, finished_at=AT)


def failed(number: int) -> Finish:
    return Finish(number=number, state=AttemptState.FAILED, finished_at=AT, error=ERROR)


def test_an_intent_comes_back_as_it_was_written(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    number = intend(ledger, run, intent())
    attempt = ledger.latest(["f1"], "remote")["f1"]
    assert attempt.intent == intent()
    assert (attempt.number, attempt.run, attempt.state) == (number, run, AttemptState.INTENT)
    assert attempt.task.submitted_at is None


def test_a_task_is_known_after_its_submission(ledger: Ledger, run: str, intent: MakeIntent) -> None:
    number = intend(ledger, run, intent())
    settle = replace(submitted(number), seed=7, credits=6, trace_id="t", http_status=200)
    assert ledger.apply([settle]) == [number]
    attempt = ledger.latest(["f1"], "remote")["f1"]
    assert attempt.state is AttemptState.SUBMITTED
    assert (attempt.task.id, attempt.task.seed, attempt.task.credits) == ("911", 7, 6)
    assert (attempt.trace_id, attempt.task.submitted_at) == ("t", AT)


def test_the_end_of_a_task_keeps_what_its_submission_told(
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


def test_an_error_is_kept_even_with_half_a_character(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    number = intend(ledger, run, intent())
    ledger.apply([submitted(number), failed(number)])
    attempt = ledger.latest(["f1"], "remote")["f1"]
    assert attempt.error == replace(ERROR, message="refused \\ud800")


@pytest.mark.parametrize("value", [0, -(2**63), 2**63 - 1, 2**63, -(10**30)])
def test_a_number_of_any_size_is_kept_exactly(
    ledger: Ledger, run: str, intent: MakeIntent, value: int
) -> None:
    number = intend(ledger, run, intent())
    ledger.apply([replace(submitted(number), seed=value, credits=value)])
    attempt = ledger.latest(["f1"], "remote")["f1"]
    assert (attempt.task.seed, attempt.task.credits) == (value, value)


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
def test_what_did_not_arrive_may_be_submitted_again(
    ledger: Ledger, run: str, intent: MakeIntent, state: AttemptState
) -> None:
    first = intend(ledger, run, intent())
    ledger.apply([Settle(number=first, state=state, at=AT, error=ERROR)])
    second = intend(ledger, run, intent())
    assert ledger.latest(["f1"], "remote")["f1"].number == second
    assert [a.task.finished_at for a in ledger.attempts()] == [AT, None]


def test_a_failed_task_may_be_made_again_and_failures_are_counted(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    for _ in range(2):
        number = intend(ledger, run, intent())
        ledger.apply([submitted(number), failed(number)])
    unsent = intend(ledger, run, intent())
    ledger.apply([Settle(number=unsent, state=AttemptState.NOT_SENT, at=AT)])
    assert [(a.ordinal, a.failures) for a in ledger.attempts()] == [(1, 1), (2, 2), (2, 2)]


def test_a_superseded_result_makes_way(ledger: Ledger, run: str, intent: MakeIntent) -> None:
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


def test_a_doubt_that_another_run_has_settled_is_not_set_aside(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    number = intend(ledger, run, intent())
    ledger.apply([submitted(number)])
    (late,) = ledger.apply([Supersede(number=number, at=AT, only_undecided=True)])
    assert isinstance(late, Stale)
    assert ledger.latest(["f1"], "remote")["f1"].superseded_at is None


def test_a_doubt_that_stands_is_set_aside(ledger: Ledger, run: str, intent: MakeIntent) -> None:
    number = intend(ledger, run, intent())
    assert ledger.apply([Supersede(number=number, at=AT, only_undecided=True)]) == [number]


def test_a_late_end_of_what_was_superseded_does_not_stand_in_the_way(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    first = intend(ledger, run, intent())
    ledger.apply([submitted(first), Supersede(number=first, at=AT)])
    second = intend(ledger, run, intent())
    assert ledger.apply([succeeded(first)]) == [first]
    assert ledger.latest(["f1"], "remote")["f1"].number == second


def test_loopback_and_the_rest_do_not_share(ledger: Ledger, run: str, intent: MakeIntent) -> None:
    intend(ledger, run, intent())
    rehearsal = intend(ledger, run, intent(base_url="http://127.0.0.1:8080"))
    assert ledger.latest(["f1"], "loopback")["f1"].number == rehearsal
    assert ledger.latest(["f1", "f2"], "remote").keys() == {"f1"}


def test_a_change_that_comes_too_late_is_told(ledger: Ledger, run: str, intent: MakeIntent) -> None:
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


def test_a_task_that_its_provider_lost_is_ambiguous_and_keeps_its_id(
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


def test_files_are_kept_in_order_and_replaced_whole(
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


def test_a_task_known_from_elsewhere_is_adopted(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    intend(ledger, run, intent(), task_id="911")
    attempt = ledger.latest(["f1"], "remote")["f1"]
    assert (attempt.state, attempt.task.id) == (AttemptState.SUBMITTED, "911")
    assert attempt.task.submitted_at == attempt.intent.at


def test_attempts_of_one_manifest_count_those_of_others(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    first = intend(ledger, run, intent(manifest="other.yaml"))
    ledger.apply([submitted(first), failed(first)])
    intend(ledger, run, intent())
    (attempt,) = ledger.attempts("spring.yaml")
    assert (attempt.ordinal, attempt.failures) == (2, 1)


def test_all_changes_of_a_group_are_written_or_none(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    broken = replace(intent("f2"), request={"prompt": object()})
    with pytest.raises(TypeError):
        ledger.apply([Intend(run=run, intent=intent()), Intend(run=run, intent=broken)])
    assert ledger.attempts() == []
    assert intend(ledger, run, intent()) == 1


def test_another_process_sees_what_was_applied(
    ledger: Ledger, run: str, intent: MakeIntent, path: Path
) -> None:
    intend(ledger, run, intent())
    with open_ledger(path, read_only=True) as other:
        assert other.attempts() == ledger.attempts()


def test_attempts_are_never_deleted(ledger: Ledger, run: str, intent: MakeIntent) -> None:
    intend(ledger, run, intent())
    with pytest.raises(Exception, match="never deleted"):
        ledger._connection.execute("DELETE FROM attempts")


def test_a_run_is_recorded_from_its_begin_to_its_end(path: Path) -> None:
    times = iter(["2026-11-20T10:00:00.000Z", "2026-11-20T10:05:00.000Z"])
    with open_ledger(path, clock=lambda: next(times)) as ledger:
        run = ledger.begin_run("spring.yaml", "vidu-run 0.1.0")
        ledger.end_run(run, 0)
        row = ledger._connection.execute("SELECT * FROM runs").fetchone()
    assert run.startswith("20261120T100000Z-")
    assert (row["started_at"], row["finished_at"], row["exit_code"]) == (
        "2026-11-20T10:00:00.000Z",
        "2026-11-20T10:05:00.000Z",
        0,
    )


def test_what_attempts_have_in_common_is_kept_once_and_requests_as_their_text(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    for name in ("f1", "f2"):
        intend(ledger, run, intent(name))
    first, second = ledger.attempts()
    assert first.run is second.run
    assert first.intent.base_url is second.intent.base_url
    assert first.intent.estimate is second.intent.estimate
    assert first.intent.request == intent("f1").request
    assert repr(first.intent.request) == repr(intent("f1").request)
    assert len(first.intent.request) == 2


def test_paths_of_files_are_told_as_they_are_asked_for(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    number = intend(ledger, run, intent("f1"), task_id="911")
    file = StoredFile(path="../out/a.png", sha256="a" * 64, bytes=1, media_type="image/png")
    succeeded = Finish(number=number, state=AttemptState.SUCCEEDED, finished_at=AT)
    ledger.apply([succeeded, Store(number=number, files=(file,))])
    found = ledger.latest(["f1"], "remote", lambda path: path.upper())["f1"]
    assert found.files == (replace(file, path="../OUT/A.PNG"),)
