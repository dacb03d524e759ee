from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.model.jobs import Draft, Job
from runner.model.outcomes import Outcome, State
from runner.model.requests import Billed, ErrorClass, JobError
from tests.builders import changed

DRAFT = Draft(entry=0, id="a", operation="vidu/reference2image", parameters={}, base=Path())
JOB = Job(draft=DRAFT, parameters={}, media={}, fingerprint="f")


def error(billed: Billed) -> JobError:
    return JobError(code="E", message="m", class_=ErrorClass.INPUT, billed=billed)


@pytest.mark.parametrize(
    ("state", "known", "paid"),
    [
        (State.SUCCEEDED, {"task_id": "1"}, True),
        (State.PENDING, {"task_id": "1"}, True),
        (State.PENDING, {}, False),
        (State.SKIPPED, {}, False),
        (State.AMBIGUOUS, {}, True),
        (State.FAILED, {"task_id": "1"}, True),
        (State.FAILED, {"error": error(Billed.YES)}, True),
        (State.FAILED, {"error": error(Billed.UNKNOWN)}, True),
        (State.FAILED, {"task_id": "1", "error": error(Billed.NO)}, False),
    ],
)
def test_an_outcome_is_paid_unless_it_is_known_to_be_free(
    state: State, known: dict[str, Any], *, paid: bool
) -> None:
    assert changed(Outcome(job=JOB, state=state), **known).paid is paid
