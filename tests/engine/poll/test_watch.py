"""Watching: how long a task is asked for, and what each end makes of the job and the ledger."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.engine.job_run import Ended, JobRun, Phase, Succeeded
from runner.engine.poll.watch import (
    COLLECTING_DEADLINE_S,
    Deadline,
    ask,
    ask_patiently,
    patience_s,
    watch,
)
from runner.errors import Exit
from runner.ledger.changes import Intend, Settle
from runner.model.outcomes import State
from runner.model.plans import Action
from runner.model.reasons import ReasonCode
from runner.model.requests import ErrorClass, TaskState
from runner.model.tasks import AttemptState
from tests.engine.builders import PICTURE, FakeVidu, LiveRun, live_run, plan_entry, play

URL = "https://example.com/a.png"
NOWHERE = "http://127.0.0.1:9"


async def under_way(run: LiveRun, vidu: FakeVidu, **status: Any) -> JobRun:
    """The run of a job whose task 911 an earlier run has submitted."""
    number = await run.write(Intend(run=run.run, intent=run.intent("a")))
    at = run.context.stamp()
    await run.write(Settle(number=number, state=AttemptState.SUBMITTED, at=at, task_id="911"))
    vidu.payloads["911"], vidu.statuses["911"] = "", status
    entry = replace(
        plan_entry("a"), action=Action.ATTACH, attempt=run.attempt("a"), expected_s=0.01
    )
    return JobRun.of(entry, PICTURE)


def test_a_success_is_on_record_when_its_future_is_done(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        job_run = await under_way(run, vidu, state="success", creations=[{"id": "1", "url": URL}])
        assert await watch(run.context, job_run) == Succeeded()
        assert (job_run.phase, job_run.task.urls) == (Phase.SUCCEEDED, (URL,))
        assert job_run.task.credits == 6
        assert job_run.recorded is not None
        await asyncio.wait_for(job_run.recorded, 5)
        attempt = run.attempt("a")
        assert (attempt.state, attempt.task.urls) == (AttemptState.SUCCEEDED, (URL,))

    play(tmp_path, scene)


def test_a_failed_task_fails_the_job_with_its_code(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        job_run = await under_way(run, vidu, state="failed", err_code="AuditSubmitIllegal")
        result = await watch(run.context, job_run)
        assert isinstance(result, Ended)
        error = result.outcome.error
        assert result.outcome.state is State.FAILED
        assert error is not None
        assert (error.code, error.class_) == ("AuditSubmitIllegal", ErrorClass.POLICY)
        assert run.attempt("a").state is AttemptState.FAILED

    play(tmp_path, scene)


def test_a_task_without_an_end_is_left_pending(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        job_run = await under_way(run, vidu)
        settings = replace(run.context.settings, timeout_s=0.1)
        result = await watch(replace(run.context, settings=settings), job_run)
        assert isinstance(result, Ended)
        assert (result.outcome.state, result.outcome.task.id) == (State.PENDING, "911")
        assert result.outcome.reason is not None
        assert result.outcome.reason.code is ReasonCode.NOT_ENDED
        assert run.attempt("a").state is AttemptState.SUBMITTED

    play(tmp_path, scene)


def test_the_limit_of_its_operation_counts_where_the_user_gives_none(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        job_run = await under_way(run, vidu)
        job_run.entry = replace(job_run.entry, limit_s=0.2)
        result = await watch(run.context, job_run)
        assert isinstance(result, Ended)
        assert str(result.outcome.reason) == "its task has not ended within 0.2 s"

    play(tmp_path, scene)


def test_the_limit_that_the_user_gives_wins(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        job_run = await under_way(run, vidu)
        job_run.entry = replace(job_run.entry, limit_s=180_000.0)
        settings = replace(run.context.settings, timeout_s=0.1)
        result = await watch(replace(run.context, settings=settings), job_run)
        assert isinstance(result, Ended)
        assert result.outcome.reason is not None
        assert result.outcome.reason.code is ReasonCode.QUEUED
        assert str(result.outcome.reason) == "its task has not ended within 0.1 s"

    play(tmp_path, scene)


def test_a_task_of_an_earlier_run_has_its_limit_from_the_submission() -> None:
    two_days, usual = 172_800.0, 1800.0
    assert patience_s(0.0, two_days, usual) == two_days
    assert patience_s(two_days - 7200, two_days, usual) == 7200
    # As long as is usual at least: otherwise a further run could not collect a slow task.
    assert patience_s(two_days, two_days, usual) == usual
    assert patience_s(5000.0, usual, usual) == usual
    assert patience_s(5000.0, 60.0, usual) == 60.0


def test_a_verb_that_asks_once_does_not_wait_for_the_end(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        job_run = await under_way(run, vidu)
        result = await watch(replace(run.context, collect_only=True), job_run)
        assert isinstance(result, Ended)
        text = str(result.outcome.reason)
        assert text == "its task has not ended yet"

    play(tmp_path, scene)


def test_a_task_that_is_gone_may_have_been_paid_for(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        job_run = await under_way(run, vidu)
        del vidu.payloads["911"]
        result = await watch(run.context, job_run, gone_tolerated_s=0.0)
        assert isinstance(result, Ended)
        assert (result.outcome.state, result.outcome.paid) == (State.AMBIGUOUS, True)
        assert run.attempt("a").state is AttemptState.AMBIGUOUS

    play(tmp_path, scene)


def test_a_verb_that_asks_once_records_no_loss(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        job_run = await under_way(run, vidu)
        del vidu.payloads["911"]
        result = await watch(replace(run.context, collect_only=True), job_run)
        assert isinstance(result, Ended)
        assert result.outcome.state is State.PENDING
        text = "its task 911 is not known to the provider at the moment"
        assert str(result.outcome.reason).startswith(text)
        assert run.attempt("a").state is AttemptState.SUBMITTED

    play(tmp_path, scene)


def test_a_refused_key_stops_the_provider(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        vidu.forbidden = True
        result = await watch(run.context, await under_way(run, vidu))
        assert isinstance(result, Ended)
        assert result.outcome.state is State.PENDING
        assert result.stop is not None
        assert result.stop.exit is Exit.PROVIDER

    play(tmp_path, scene)


def test_a_failed_request_shows_nothing_of_the_task(tmp_path: Path) -> None:
    async def scene() -> None:
        async with live_run(NOWHERE, tmp_path) as run:
            status = await ask(run.context, PICTURE, "911")
            assert (status.state, status.fatal) == (TaskState.UNKNOWN, False)
            assert "127.0.0.1:9" in status.detail

    asyncio.run(scene())


def test_a_task_that_the_provider_shows_is_asked_for_once(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        vidu.payloads["911"] = ""
        status = await ask_patiently(run.context, PICTURE, "911")
        assert (status.state, status.credits) == (TaskState.RUNNING, 6)

    play(tmp_path, scene)


def test_asking_again_ends_at_the_time_limit_of_a_job(tmp_path: Path) -> None:
    async def scene() -> None:
        async with live_run(NOWHERE, tmp_path) as run:
            settings = replace(run.context.settings, timeout_s=0.0)
            context = replace(run.context, settings=settings)
            status = await asyncio.wait_for(ask_patiently(context, PICTURE, "911"), 5)
            assert status.state is TaskState.UNKNOWN

    asyncio.run(scene())


def test_a_deadline_starts_again_when_it_is_renewed(tmp_path: Path) -> None:
    async def scene() -> None:
        async with live_run(NOWHERE, tmp_path) as run:
            deadline = Deadline(replace(run.context, collect_only=True))
            assert deadline.allows(COLLECTING_DEADLINE_S / 2)
            assert not deadline.allows(COLLECTING_DEADLINE_S * 2)
            deadline.renew()
            assert deadline.allows(COLLECTING_DEADLINE_S / 2)

    asyncio.run(scene())


def test_a_task_in_the_queue_is_left_pending_as_such(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        job_run = await under_way(run, vidu, state="queueing")
        settings = replace(run.context.settings, timeout_s=0.3)
        result = await watch(replace(run.context, settings=settings), job_run)
        assert isinstance(result, Ended)
        text = "its task has not ended within 0.3 s; it waits in the provider's queue"
        assert str(result.outcome.reason) == text

    play(tmp_path, scene)
