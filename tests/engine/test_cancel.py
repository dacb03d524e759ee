"""Cancelling one task: what is recorded, and when it is asked for again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from aiohttp import web

from runner.engine.cancel import cancel
from runner.engine.job_run import JobRun
from runner.engine.poll.watch import Deadline
from runner.model.tasks import AttemptState, TaskFacts
from runner.providers import vidu_tasks
from tests.engine.builders import PICTURE, TAG, FakeVidu, LiveRun, NoJitter, plan_entry, play


async def cancel_task(run: LiveRun) -> str | None:
    """Cancel task 1, which the ledger knows as that of the fingerprint f1."""
    await run.submitted(run.intent("f1"), "1")
    job_run = JobRun(
        entry=plan_entry("f1"),
        operation=PICTURE,
        number=run.attempt("f1").number,
        task=TaskFacts(id="1", credits=6),
    )
    context = replace(run.context, random=NoJitter())
    return await cancel(context, job_run, vidu_tasks, Deadline(context))


def refusal(status: int, reason: str) -> web.Response:
    return web.json_response({"code": status, "reason": reason, "message": "no"}, status=status)


def test_a_cancelled_task_is_recorded_without_a_cost(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        vidu.cancels = [web.json_response({})]
        assert await cancel_task(run) is None
        attempt = run.attempt("f1")
        assert (attempt.state, attempt.task.credits) == (AttemptState.FAILED, 0)
        assert attempt.error is not None
        assert attempt.error.message == "cancelled by the user"

    play(tmp_path, scene)


def test_a_refusal_is_returned_and_nothing_recorded(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        vidu.payloads["1"] = TAG
        vidu.cancels = [refusal(400, "BadRequest")]
        assert await cancel_task(run) == "it can no longer be cancelled: no"
        assert run.attempt("f1").state is AttemptState.SUBMITTED

    play(tmp_path, scene)


def test_after_too_many_requests_it_is_asked_again(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        vidu.cancels = [refusal(429, "TooManyRequests"), web.json_response({})]
        assert await cancel_task(run) is None
        assert not vidu.cancels

    play(tmp_path, scene)


def test_a_server_error_is_asked_again_until_decided(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        vidu.payloads["1"] = TAG
        vidu.cancels = [refusal(503, "InternalServiceFailure"), refusal(400, "BadRequest")]
        assert await cancel_task(run) == "it can no longer be cancelled: no"
        assert not vidu.cancels

    play(tmp_path, scene)
