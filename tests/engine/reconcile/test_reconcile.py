"""Settling: what each verdict on a submission of unknown fate makes of the job and the ledger."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runner.engine.job_run import Ended, HasTask, JobRun, Phase, RetryLater, TaskOrigin
from runner.engine.reconcile.reconcile import adopt, reconcile
from runner.ledger.changes import Settle
from runner.model.outcomes import State
from runner.model.plans import Action, Evidence
from runner.model.reasons import ReasonCode
from runner.model.tasks import Attempt, AttemptState, StoredFile, TaskFacts
from tests.engine.builders import PICTURE, FakeVidu, LiveRun, plan_entry, play


def job_run_of(attempt: Attempt) -> JobRun:
    return JobRun.of(replace(plan_entry("f1"), action=Action.DECIDE, attempt=attempt), PICTURE)


def test_a_task_with_the_tag_is_adopted(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        attempt = await run.ambiguous(run.intent("f1"))
        vidu.row("1", payload=attempt.intent.tag, credits=6)
        job_run = job_run_of(attempt)
        assert await reconcile(run.context, job_run, attempt) == HasTask()
        assert (job_run.phase, job_run.task.id) == (Phase.UNDER_WAY, "1")
        assert job_run.origin is TaskOrigin.EARLIER_RUN
        assert run.attempt("f1").state is AttemptState.SUBMITTED

    play(tmp_path, scene)


def test_what_is_proven_absent_is_sent_again(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        attempt = await run.ambiguous(run.intent("f1"))
        job_run = job_run_of(attempt)
        assert await reconcile(run.context, job_run, attempt) == RetryLater(delay_s=0.0)
        assert (job_run.phase, job_run.tries) == (Phase.WAITING, 1)
        assert run.attempt("f1").state is AttemptState.NOT_SENT

    play(tmp_path, scene)


async def with_twins(run: LiveRun, vidu: FakeVidu) -> Attempt:
    attempt = await run.ambiguous(run.intent("f1"))
    for name in ("1", "2"):
        vidu.row(name, payload=attempt.intent.tag)
    return attempt


def test_what_stays_unclear_is_left_to_the_user(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        attempt = await with_twins(run, vidu)
        result = await reconcile(run.context, job_run_of(attempt), attempt)
        assert isinstance(result, Ended)
        assert result.outcome.state is State.AMBIGUOUS
        assert result.outcome.reason is not None
        assert result.outcome.reason.text.endswith("(candidates: 1, 2)")
        assert result.outcome.reason.code is ReasonCode.AS_ERROR
        assert run.attempt("f1").state is AttemptState.AMBIGUOUS

    play(tmp_path, scene)


def test_on_ambiguous_resubmit_takes_the_risk(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        attempt = await with_twins(run, vidu)
        settings = replace(run.context.settings, on_ambiguous="resubmit")
        context = replace(run.context, settings=settings)
        assert await reconcile(context, job_run_of(attempt), attempt) == RetryLater(delay_s=0.0)
        assert run.attempt("f1").superseded_at is not None

    play(tmp_path, scene)


async def settled_elsewhere(run: LiveRun, attempt: Attempt) -> None:
    """Another run has found that task 2 is the attempt's."""
    at, state = run.context.stamp(), AttemptState.SUBMITTED
    await run.write(Settle(number=attempt.number, state=state, at=at, task_id="2"))


def test_no_risk_is_taken_once_another_run_has_settled_it(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        attempt = await with_twins(run, vidu)
        await settled_elsewhere(run, attempt)
        settings = replace(run.context.settings, on_ambiguous="resubmit")
        context = replace(run.context, settings=settings)
        assert await reconcile(context, job_run_of(attempt), attempt) == RetryLater(delay_s=0.0)
        assert run.attempt("f1").superseded_at is None
        assert run.attempt("f1").state is AttemptState.SUBMITTED

    play(tmp_path, scene)


def test_a_task_that_another_run_has_found_counts(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        attempt = await run.ambiguous(run.intent("f1"))
        vidu.row("1", payload=attempt.intent.tag)
        await settled_elsewhere(run, attempt)
        job_run = job_run_of(attempt)
        assert await reconcile(run.context, job_run, attempt) == HasTask()
        assert (job_run.task.id, job_run.origin) == ("2", TaskOrigin.OTHER_RUN)

    play(tmp_path, scene)


FILE = StoredFile(path="a.png", sha256="0" * 64, bytes=3, media_type="image/png")


def known_from_results(action: Action) -> JobRun:
    """A job whose task 911 only an earlier results manifest knows."""
    evidence = Evidence(
        job="a",
        fingerprint="a",
        state=State.SUCCEEDED,
        task=TaskFacts(id="911", seed=7),
        estimated=None,
        files=(FILE,),
        attempts=1,
    )
    return JobRun.of(replace(plan_entry("a"), action=action, evidence=evidence), PICTURE)


@pytest.mark.parametrize(
    ("action", "state"),
    [(Action.ATTACH, AttemptState.SUBMITTED), (Action.FETCH, AttemptState.SUCCEEDED)],
)
def test_a_task_of_an_earlier_results_manifest_is_recorded(
    tmp_path: Path, action: Action, state: AttemptState
) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        job_run = known_from_results(action)
        await adopt(run.context, job_run)
        attempt = run.attempt("a")
        assert (attempt.number, attempt.task.id) == (job_run.number, "911")
        assert attempt.state is state
        assert len(attempt.files) == (1 if action is Action.FETCH else 0)

    play(tmp_path, scene)


def test_what_the_ledger_has_learned_since_counts_instead(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        await run.submitted(run.intent("a"), "912")
        job_run = known_from_results(Action.ATTACH)
        assert await adopt(run.context, job_run) == run.attempt("a").number
        assert (job_run.task.id, job_run.origin) == ("912", TaskOrigin.OTHER_RUN)

    play(tmp_path, scene)
