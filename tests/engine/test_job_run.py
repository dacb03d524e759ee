"""Job runs: how a job goes from one phase to the next, and what its task is known by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner.engine.job_run import (
    JobRun,
    Phase,
    TaskOrigin,
)
from runner.model.outcomes import State
from runner.model.plans import Action, Evidence
from runner.model.requests import (
    Fate,
    Submission,
    TaskState,
    TaskStatus,
)
from runner.model.tasks import Attempt, AttemptState, TaskFacts
from tests.engine.builders import PICTURE, attempt_of, plan_entry

AT = "2026-11-20T12:00:00.000Z"
INTENT = attempt_of().intent


def job_run(action: Action = Action.SUBMIT, known: Attempt | None = None) -> JobRun:
    entry = replace(plan_entry("a"), action=action, attempt=known)
    return JobRun.of(entry, PICTURE)


def posted(submission: Submission) -> JobRun:
    job = job_run()
    job.post(INTENT)
    job.answer(submission, AT)
    return job


@pytest.mark.parametrize(
    ("action", "task_id", "phase"),
    [
        (Action.SUBMIT, None, Phase.WAITING),
        (Action.ATTACH, "911", Phase.UNDER_WAY),
        (Action.ATTACH, None, Phase.WAITING),
        (Action.FETCH, "911", Phase.SUCCEEDED),
        (Action.DECIDE, None, Phase.WAITING),
    ],
)
def test_a_job_starts_where_the_plan_found_it(
    action: Action, task_id: str | None, phase: Phase
) -> None:
    job = job_run(action, attempt_of(task_id=task_id))
    assert (job.phase, job.origin) == (phase, TaskOrigin.EARLIER_RUN)


def test_a_forced_job_starts_without_its_earlier_task() -> None:
    job = job_run(Action.SUBMIT, attempt_of(task_id="911"))
    assert (job.phase, job.task, job.number) == (Phase.WAITING, TaskFacts(), None)


def test_an_earlier_results_manifest_is_enough_to_go_on() -> None:
    evidence = Evidence(
        job="a",
        fingerprint="a",
        state=State.PENDING,
        task=TaskFacts(id="911", seed=7),
        estimated=None,
        files=(),
        attempts=2,
    )
    job = JobRun.of(replace(plan_entry("a"), action=Action.ATTACH, evidence=evidence), PICTURE)
    assert (job.phase, job.task.id, job.attempts) == (Phase.UNDER_WAY, "911", 2)
    assert job.number is None


def test_an_accepted_submission_makes_a_task_of_this_run() -> None:
    job = posted(Submission(fate=Fate.SUBMITTED, task_id="911", seed=8, credits=6))
    assert job.task == TaskFacts(id="911", seed=8, credits=6, submitted_at=AT)
    assert (job.origin, job.attempts) == (TaskOrigin.THIS_RUN, 1)
    job.record_answer(Submission(fate=Fate.SUBMITTED))
    assert job.phase is Phase.UNDER_WAY


@pytest.mark.parametrize(
    ("fate", "phase", "unsettled"),
    [
        (Fate.NOT_SENT, Phase.WAITING, False),
        (Fate.BUSY, Phase.WAITING, False),
        (Fate.REFUSED, Phase.WAITING, False),
        (Fate.AMBIGUOUS, Phase.SETTLING, True),
    ],
)
def test_only_an_unanswered_submission_has_to_be_settled(
    fate: Fate, phase: Phase, unsettled: bool
) -> None:
    job = posted(Submission(fate=fate))
    job.record_answer(Submission(fate=fate))
    assert (job.phase, job.is_unsettled) == (phase, unsettled)


def test_a_submission_is_unsettled_until_its_answer_is_on_record() -> None:
    job = job_run()
    job.post(INTENT)
    assert job.is_unsettled
    job.answer(Submission(fate=Fate.SUBMITTED, task_id="911"), AT)
    # An interruption may leave it, for the task id is known; its worker goes on nevertheless
    # until the ledger has that id.
    assert (job.is_unsettled, job.phase) == (False, Phase.POSTING)


def test_what_was_not_sent_is_no_attempt() -> None:
    assert posted(Submission(fate=Fate.NOT_SENT)).attempts == 0
    assert posted(Submission(fate=Fate.REFUSED)).attempts == 1


def test_a_withdrawn_submission_can_be_sent_again() -> None:
    job = job_run()
    job.post(INTENT)
    job.withdraw()
    assert (job.phase, job.is_unsettled) == (Phase.WAITING, False)


@pytest.mark.parametrize(
    ("state", "task_id", "phase"),
    [
        (AttemptState.SUBMITTED, "911", Phase.UNDER_WAY),
        (AttemptState.SUCCEEDED, "911", Phase.SUCCEEDED),
        (AttemptState.INTENT, None, Phase.WAITING),
    ],
)
def test_the_task_of_another_run_is_taken_over(
    state: AttemptState, task_id: str | None, phase: Phase
) -> None:
    job = job_run()
    job.take_over(replace(attempt_of(task_id=task_id), state=state))
    assert (job.phase, job.origin) == (phase, TaskOrigin.OTHER_RUN)
    assert (job.number, job.task.id) == (10, task_id)


def test_a_success_leaves_what_the_status_does_not_report() -> None:
    job = posted(Submission(fate=Fate.SUBMITTED, task_id="911", seed=8, credits=6))
    urls = ("https://example.com/a.png",)
    job.finish(TaskStatus(task_id="911", state=TaskState.SUCCEEDED, urls=urls), AT)
    assert job.phase is Phase.SUCCEEDED
    assert (job.task.seed, job.task.credits, job.task.urls) == (8, 6, urls)


def test_a_failed_task_has_not_succeeded() -> None:
    job = job_run(Action.ATTACH, attempt_of(task_id="911"))
    job.finish(TaskStatus(task_id="911", state=TaskState.FAILED), AT)
    assert (job.phase, job.task.finished_at) == (Phase.UNDER_WAY, AT)
