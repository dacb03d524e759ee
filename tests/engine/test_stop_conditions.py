"""Stop conditions: which failures and refusals end the submissions of a provider, or of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner.engine.stop_conditions import REFUSALS, StopConditions, StopReason
from runner.errors import Exit
from runner.model.outcomes import Outcome, State
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import Billed, ErrorClass, JobError
from tests.engine.builders import plan_entry

BUDGET = StopReason(reason=Reason(ReasonCode.OVER_BUDGET, "the budget is spent"), exit=Exit.BUDGET)


def failed(
    job: str,
    code: str = "odd",
    class_: ErrorClass = ErrorClass.INPUT,
    operation: str = "vidu/reference2image",
) -> Outcome:
    error = JobError(code=code, message="m", class_=class_, billed=Billed.NO)
    return Outcome(job=plan_entry(job, operation=operation).job, state=State.FAILED, error=error)


def test_a_provider_is_stopped_for_its_first_reason() -> None:
    stops = StopConditions()
    stops.note(failed("a"), BUDGET)
    stops.note(failed("b"), replace(BUDGET, exit=Exit.PROVIDER))
    assert stops.of("vidu") == BUDGET
    assert stops.of("modelverse") is None
    assert [str(reason) for reason in stops.reasons()] == ["vidu: the budget is spent"]


def test_as_many_failures_as_allowed_stop_the_run() -> None:
    stops = StopConditions(max_failures=2)
    stops.note(failed("a"), None)
    assert stops.of("modelverse") is None
    stops.note(failed("b"), None)
    stop = stops.of("modelverse")
    assert stop is not None
    assert (stop.exit, stop.reason.text) == (Exit.JOBS_FAILED, "2 jobs failed")


@pytest.mark.parametrize(
    ("operation", "code", "class_"),
    [
        ("vidu/reference2image", "Forbidden", ErrorClass.AUTH),
        ("vidu/reference2image", "ModelUnavailable", ErrorClass.PROVIDER),
        ("modelverse/reference2video", "model_error", ErrorClass.PROVIDER),
    ],
)
def test_one_refusal_of_many_requests_stops_the_provider(
    operation: str, code: str, class_: ErrorClass
) -> None:
    provider = operation.partition("/")[0]
    stops = StopConditions()
    for number in range(REFUSALS):
        assert stops.of(provider) is None
        stops.note(failed(f"job-{number}", code, class_, operation), None)
    stop = stops.of(provider)
    assert stop is not None
    assert stop.reason.text == f"{code} for 3 different requests: m"


def test_one_request_refused_often_stops_nothing() -> None:
    stops = StopConditions()
    for _ in range(REFUSALS + 1):
        stops.note(failed("a", "ModelUnavailable"), None)
    assert stops.of("vidu") is None
