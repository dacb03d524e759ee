"""One submission: what each answer makes of the job, and what the ledger has afterwards."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from runner.engine.job_run import Ended, HasTask, JobRun, Phase, RetryLater, Unanswered
from runner.engine.submit.prepare import Prefetcher
from runner.engine.submit.submit import submit
from runner.errors import Exit, LedgerError
from runner.ledger.changes import Settle, Taken
from runner.ledger.rescue import read_rescue
from runner.model.outcomes import State
from runner.model.plans import PlanEntry
from runner.model.reasons import ReasonCode
from runner.model.tasks import AttemptState
from tests.engine.builders import PICTURE, FakeVidu, LiveRun, plan_entry, play

PARAMETERS = {"model": "viduq2", "prompt": "a cat", "seed": 7}


def entry(name: str = "a") -> PlanEntry:
    plain = plan_entry(name)
    return replace(plain, job=replace(plain.job, parameters=PARAMETERS))


async def submit_once(run: LiveRun, job_run: JobRun) -> Any:
    prefetcher = Prefetcher(run.context, lambda _: [])
    return await submit(run.context, job_run, prefetcher, {})


def answering(status: int, body: Any) -> Callable[[web.Request], Any]:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status)

    return answer


async def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


def test_an_accepted_submission_is_on_record_with_its_task(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        job_run = JobRun.of(entry(), PICTURE)
        assert await submit_once(run, job_run) == HasTask()
        assert (job_run.phase, job_run.task.id, job_run.attempts) == (Phase.UNDER_WAY, "911", 1)
        attempt = run.attempt("a")
        assert attempt.state is AttemptState.SUBMITTED
        assert (attempt.task.id, attempt.task.credits, attempt.task.seed) == ("911", 6, 7)
        assert vidu.submissions[0]["payload"] == attempt.intent.tag

    play(tmp_path, scene)


def test_a_submission_without_an_answer_stays_to_be_settled(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        vidu.submit = hang_up
        job_run = JobRun.of(entry(), PICTURE)
        assert isinstance(await submit_once(run, job_run), Unanswered)
        assert len(vidu.submissions) == 1
        assert (job_run.phase, job_run.is_unsettled) == (Phase.SETTLING, True)
        assert run.attempt("a").state is AttemptState.AMBIGUOUS

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("reason", "too_many_tasks"), [("TooManyRequests", False), ("QuotaExceeded", True)]
)
def test_a_busy_provider_is_tried_again_later(
    tmp_path: Path, reason: str, *, too_many_tasks: bool
) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        vidu.submit = answering(429, {"code": 429, "reason": reason, "message": "m"})
        job_run = JobRun.of(entry(), PICTURE)
        result = await submit_once(run, job_run)
        assert isinstance(result, RetryLater)
        assert result.too_many_tasks is too_many_tasks
        assert (job_run.phase, job_run.tries) == (Phase.WAITING, 1)
        assert run.attempt("a").state is AttemptState.REFUSED

    play(tmp_path, scene)


def test_a_refused_request_fails_unbilled(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        vidu.submit = answering(400, {"code": 400, "reason": "FieldInvalid", "message": "m"})
        result = await submit_once(run, JobRun.of(entry(), PICTURE))
        assert isinstance(result, Ended)
        assert (result.outcome.state, result.outcome.paid) == (State.FAILED, False)
        assert result.stop is None

    play(tmp_path, scene)


def test_a_wrong_address_stops_the_provider(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        vidu.submit = answering(405, {})
        result = await submit_once(run, JobRun.of(entry(), PICTURE))
        assert isinstance(result, Ended)
        assert result.stop is not None
        assert result.stop.exit is Exit.PROVIDER
        assert "VIDU_BASE_URL" in result.stop.reason.text
        assert result.outcome.state is State.PENDING
        # The next job of this provider does not even leave.
        result = await submit_once(run, JobRun.of(entry("b"), PICTURE))
        assert isinstance(result, Ended)
        assert result.outcome.reason is not None
        assert result.outcome.reason.code is ReasonCode.STOPPED
        assert len(vidu.submissions) == 1

    play(tmp_path, scene)


def test_a_request_that_another_attempt_covers_is_not_sent(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        attempt = await run.ambiguous(run.intent("a"))
        job_run = JobRun.of(entry(), PICTURE)
        assert await submit_once(run, job_run) == Taken(attempt=attempt)
        assert vidu.submissions == []
        assert (job_run.phase, job_run.is_unsettled) == (Phase.WAITING, False)

    play(tmp_path, scene)


def test_nothing_leaves_once_the_run_stops(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        run.context.stopping.set()
        result = await submit_once(run, JobRun.of(entry(), PICTURE))
        assert isinstance(result, Ended)
        assert str(result.outcome.reason) == "interrupted; not submitted"
        assert vidu.submissions == []
        assert run.attempt("a").state is AttemptState.NOT_SENT

    play(tmp_path, scene)


async def rescued(run: LiveRun, job_run: JobRun) -> tuple[str, list[str]]:
    """Submit to a ledger that takes no answer: its error, and the tasks saved elsewhere."""
    with pytest.raises(LedgerError) as caught:
        await submit_once(run, job_run)
    saved = read_rescue(run.context.rescue.path)
    assert [entry["attempt"] for entry in saved] == [job_run.number]
    return caught.value.message, [entry["task_id"] for entry in saved]


def test_a_task_that_the_ledger_cannot_take_is_saved(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        async def breaking(_: web.Request) -> web.StreamResponse:
            with closing(sqlite3.connect(tmp_path / ".vidu-run" / "ledger.sqlite3")) as ledger:
                ledger.execute("ALTER TABLE attempts RENAME TO gone")
            return web.json_response({"task_id": "911", "state": "created", "credits": 6})

        vidu.submit = breaking
        message, tasks = await rescued(run, JobRun.of(entry(), PICTURE))
        assert tasks == ["911"]
        assert 'task 911 of job "a" is saved in' in message

    play(tmp_path, scene)


def test_a_second_task_of_one_attempt_is_saved(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        async def overtaken(_: web.Request) -> web.StreamResponse:
            number = run.attempt("a").number
            at, state = run.context.stamp(), AttemptState.SUBMITTED
            await run.write(Settle(number=number, state=state, at=at, task_id="first"))
            return web.json_response({"task_id": "911", "state": "created", "credits": 6})

        vidu.submit = overtaken
        message, tasks = await rescued(run, JobRun.of(entry(), PICTURE))
        assert tasks == ["911"]
        assert "has been settled by another run" in message
        assert run.attempt("a").task.id == "first"

    play(tmp_path, scene)


def test_a_task_is_in_the_rescue_file_while_the_ledger_is_away(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        locked = closing(sqlite3.connect(tmp_path / ".vidu-run" / "ledger.sqlite3"))
        with locked as ledger:

            async def locking(_: web.Request) -> web.StreamResponse:
                ledger.execute("BEGIN IMMEDIATE")
                return web.json_response({"task_id": "911", "state": "created", "credits": 6})

            vidu.submit = locking
            job_run = JobRun.of(entry(), PICTURE)
            submitting = asyncio.create_task(submit_once(run, job_run))
            while not read_rescue(run.context.rescue.path):  # noqa: ASYNC110 - it is a file
                await asyncio.sleep(0.05)
            (saved,) = read_rescue(run.context.rescue.path)
            assert (saved["task_id"], saved["attempt"]) == ("911", job_run.number)
            ledger.rollback()
            assert await submitting == HasTask()
        assert read_rescue(run.context.rescue.path) == []
        assert run.attempt("a").task.id == "911"

    play(tmp_path, scene)


def test_nothing_leaves_once_the_ledger_refuses(tmp_path: Path) -> None:
    refusal = LedgerError("the lease is lost", hint="run again")

    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        context = replace(run.context, refusal=lambda: refusal)
        with pytest.raises(LedgerError, match="the lease is lost"):
            await submit_once(replace(run, context=context), JobRun.of(entry(), PICTURE))
        assert vidu.submissions == []
        assert run.attempt("a").state is AttemptState.NOT_SENT

    play(tmp_path, scene)


def test_a_request_waits_until_the_lease_is_renewed(tmp_path: Path) -> None:
    answers = iter([False, False])

    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        context = replace(run.context, may_send=lambda: next(answers, True))
        result = await submit_once(replace(run, context=context), JobRun.of(entry(), PICTURE))
        assert result == HasTask()
        assert len(vidu.submissions) == 1

    play(tmp_path, scene)


def test_a_request_is_held_back_as_it_leaves(tmp_path: Path) -> None:
    answers = iter([True])  # then the machine sleeps while it connects

    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        context = replace(run.context, may_send=lambda: next(answers, False))
        result = await submit_once(replace(run, context=context), JobRun.of(entry(), PICTURE))
        assert isinstance(result, RetryLater)
        assert vidu.submissions == []
        assert run.attempt("a").state is AttemptState.NOT_SENT

    play(tmp_path, scene)
