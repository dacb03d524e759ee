"""Batch: every job of a plan comes to an outcome, however the run ends."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from runner.engine.job_run import JobRun
from runner.engine.run import Batch, Shutdown
from runner.errors import LedgerError
from runner.model.events import Event, Observer
from runner.model.outcomes import Outcome, State
from runner.model.plans import Action, Plan, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from tests.builders import image_bytes
from tests.engine.builders import PICTURE, FakeVidu, LiveRun, attempt_of, live_run, plan_entry, play

PARAMETERS = {"model": "viduq2", "prompt": "a cat", "seed": 7}


def entry(name: str, *needs: str) -> PlanEntry:
    plain = plan_entry(name, *needs)
    return replace(plain, job=replace(plain.job, parameters=PARAMETERS), expected_s=0.01)


def batch_of(run: LiveRun, *entries: PlanEntry) -> Batch:
    return Batch(run.context, Plan(entries=entries))


def ignore(_: Collection[Outcome]) -> None:
    """Write no checkpoint."""


async def picture(_: web.Request) -> web.StreamResponse:
    return web.Response(body=image_bytes(), content_type="image/png")


def test_a_plan_is_carried_out_down_to_its_files(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        vidu.file = picture
        creations = [{"id": "1", "url": f"{run.url}/files/1.png"}]
        vidu.statuses["911"] = {"state": "success", "creations": creations}
        batch = batch_of(run, entry("a"))
        await batch.run(ignore)
        (outcome,) = batch.outcomes()
        assert (outcome.state, outcome.task.id) == (State.SUCCEEDED, "911")
        assert (tmp_path / "a.png").read_bytes() == image_bytes()

    play(tmp_path, scene)


def test_what_needs_a_failed_job_is_skipped(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        async def refuse(_: web.Request) -> web.StreamResponse:
            return web.json_response({"code": 400, "reason": "FieldInvalid"}, status=400)

        vidu.submit = refuse
        batch = batch_of(run, entry("a"), entry("b", "a"), entry("c", "b"))
        await batch.run(ignore)
        states = [outcome.state for outcome in batch.outcomes()]
        assert states == [State.FAILED, State.SKIPPED, State.SKIPPED]
        assert len(vidu.submissions) == 1

    play(tmp_path, scene)


def test_an_interruption_waits_for_the_answer_on_its_way(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        arrived, answer = asyncio.Event(), asyncio.Event()

        async def wait(_: web.Request) -> web.StreamResponse:
            arrived.set()
            await answer.wait()
            return web.json_response({"task_id": "911", "state": "created", "credits": 6})

        vidu.submit = wait
        batch = batch_of(run, entry("a"), entry("b"))
        running = asyncio.create_task(batch.run(ignore))
        await arrived.wait()
        batch.shutdown.interrupt(signal.SIGINT)
        answer.set()
        await asyncio.wait_for(running, 10)
        first, second = batch.outcomes()
        assert (first.state, first.task.id) == (State.PENDING, "911")
        assert run.attempt("a").task.id == "911"
        assert second.reason is not None
        assert (second.state, second.reason.code) == (State.PENDING, ReasonCode.INTERRUPTED)
        assert len(vidu.submissions) == 1

    play(tmp_path, scene)


def test_an_error_ends_the_batch_and_is_raised(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        batch = batch_of(run, entry("a"))
        batch.shutdown.fail(LedgerError("the ledger is full"))
        with pytest.raises(ExceptionGroup) as caught:
            await batch.run(ignore)
        assert [str(error) for error in caught.value.exceptions] == ["error: the ledger is full"]
        (outcome,) = batch.outcomes()
        assert str(outcome.reason) == "interrupted; not started"

    play(tmp_path, scene)


def queued_entry(name: str) -> PlanEntry:
    return replace(entry(name), limit_s=180_000.0)


class InterruptsQueue(Observer):
    """Ends a batch as soon as nothing but queued tasks is left."""

    def __init__(self) -> None:
        self.batch: Batch | None = None
        self.texts: list[str] = []

    def event(self, event: Event) -> None:
        if "waiting only" in event.text and self.batch is not None:
            self.texts.append(event.text)
            self.batch.shutdown.interrupt(signal.SIGINT)


def test_tasks_that_may_wait_for_days_hold_no_place_in_flight(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        async def submit(_: web.Request) -> web.StreamResponse:
            task_id = str(len(vidu.submissions))
            vidu.payloads[task_id] = ""
            return web.json_response({"task_id": task_id, "state": "created"})

        vidu.submit, vidu.file = submit, picture
        vidu.statuses = {name: {"state": "queueing"} for name in ("1", "2")}
        creations = [{"id": "1", "url": f"{run.url}/files/1.png"}]
        vidu.statuses["3"] = {"state": "success", "creations": creations}
        observer = InterruptsQueue()
        settings = replace(run.context.settings, concurrency=1)
        context = replace(run.context, settings=settings, observer=observer)
        entries = [queued_entry("a"), queued_entry("b"), entry("c")]
        observer.batch = batch = Batch(context, Plan(entries=entries))
        await asyncio.wait_for(batch.run(ignore), 20)
        first, second, third = batch.outcomes()
        assert third.state is State.SUCCEEDED
        assert (first.task.id, second.task.id) == ("1", "2")
        for outcome in (first, second):
            assert outcome.state is State.PENDING
            assert outcome.reason == Reason(
                ReasonCode.QUEUED,
                "interrupted; its task is under way, and may take up to 2 days 2 h",
            )
        (text,) = observer.texts
        assert text == (
            "waiting only for 2 tasks that may take up to 2 days 2 h: Ctrl-C leaves them to the "
            "provider, and `vidu-run fetch` collects them later"
        )

    play(tmp_path, scene)


def test_a_queued_task_that_ends_is_fetched_and_frees_what_needs_it(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        vidu.file = picture
        creations = [{"id": "1", "url": f"{run.url}/files/1.png"}]
        vidu.statuses["911"] = {"state": "success", "creations": creations}
        needing = replace(entry("b", "a"), share="a", action=Action.SHARE)
        batch = batch_of(run, queued_entry("a"), needing)
        await asyncio.wait_for(batch.run(ignore), 20)
        assert [outcome.state for outcome in batch.outcomes()] == [State.SUCCEEDED] * 2

    play(tmp_path, scene)


class Recorder(Observer):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def event(self, event: Event) -> None:
        self.texts.append(event.text)


def test_an_interruption_spares_only_workers_that_wait_for_an_answer(tmp_path: Path) -> None:
    async def scene() -> None:
        async with live_run("http://127.0.0.1:9", tmp_path) as run:
            observer = Recorder()
            context = replace(run.context, observer=observer)
            runs = {name: JobRun.of(plan_entry(name), PICTURE) for name in ("a", "b")}
            runs["a"].post(attempt_of().intent)
            shutdown = Shutdown(context, runs)
            work = [asyncio.create_task(asyncio.sleep(60), name=name) for name in ("a", "b")]
            shutdown.workers = work
            shutdown.interrupt(signal.SIGINT)
            await asyncio.wait(work, timeout=0.1)
            assert [task.cancelled() for task in work] == [False, True]
            assert observer.texts == [
                "waiting up to 15 s for the answers to 1 submission; Ctrl-C again stops waiting"
            ]
            shutdown.interrupt(signal.SIGINT)
            await asyncio.wait(work)
            assert work[0].cancelled()
            assert shutdown.interrupted_by is signal.SIGINT

    asyncio.run(scene())
