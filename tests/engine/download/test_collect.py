"""Collecting: from the URLs of a succeeded task to files in place, or to why they are not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web

from runner.engine.download.collect import collect
from runner.engine.download.reuse import name_of
from runner.engine.job_run import JobRun
from runner.ledger.changes import Finish, Intend, Settle
from runner.model.events import Event, Observer, Step
from runner.model.outcomes import State
from runner.model.plans import Action
from runner.model.reasons import ReasonCode
from runner.model.requests import RESULT_GONE
from runner.model.tasks import AttemptState
from tests.builders import image_bytes
from tests.engine.builders import PICTURE, FakeVidu, LiveRun, NoJitter, plan_entry, play


async def succeeded(run: LiveRun, vidu: FakeVidu, *paths: str) -> JobRun:
    """A job whose task 911 has succeeded in an earlier run; its files are to be fetched."""
    number = await run.write(Intend(run=run.run, intent=run.intent("a")))
    at = run.context.stamp()
    await run.write(Settle(number=number, state=AttemptState.SUBMITTED, at=at, task_id="911"))
    await run.write(Finish(number=number, state=AttemptState.SUCCEEDED, finished_at=at))
    creations = [{"id": path, "url": f"{run.url}/files/{path}"} for path in paths]
    vidu.payloads["911"] = ""
    vidu.statuses["911"] = {"state": "success", "creations": creations}
    entry = replace(plan_entry("a"), action=Action.FETCH, attempt=run.attempt("a"))
    return JobRun.of(entry, PICTURE)


async def picture(_: web.Request) -> web.StreamResponse:
    return web.Response(body=image_bytes(), content_type="image/png")


def test_files_are_fetched_by_fresh_urls_and_recorded(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        vidu.file = picture
        end = await collect(run.context, await succeeded(run, vidu, "1.png", "2.png"))
        assert end.outcome.state is State.SUCCEEDED
        assert [file.path for file in end.outcome.files] == ["a.png", "a~2.png"]
        assert (tmp_path / "a~2.png").read_bytes() == image_bytes()
        assert len(run.attempt("a").files) == 2

    play(tmp_path, scene)


def test_nothing_is_fetched_where_downloads_are_off(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        job_run = await succeeded(run, vidu, "1.png")
        settings = replace(run.context.settings, download=False)
        end = await collect(replace(run.context, settings=settings), job_run)
        assert (end.outcome.state, end.outcome.files) == (State.SUCCEEDED, ())

    play(tmp_path, scene)


def test_a_result_that_is_gone_fails_the_job(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        job_run = await succeeded(run, vidu, "1.png")
        del vidu.payloads["911"]
        settings = replace(run.context.settings, timeout_s=0.0)
        end = await collect(replace(run.context, settings=settings), job_run)
        assert end.outcome.error is not None
        assert (end.outcome.state, end.outcome.error.code) == (State.FAILED, RESULT_GONE)
        assert end.outcome.paid
        assert run.attempt("a").state is AttemptState.SUCCEEDED

    play(tmp_path, scene)


def test_a_task_that_is_missing_for_a_moment_is_asked_for_again(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        vidu.file = picture
        job_run = await succeeded(run, vidu, "1.png")
        del vidu.payloads["911"]
        collecting = asyncio.create_task(collect(run.context, job_run))
        await vidu.missed.wait()
        vidu.payloads["911"] = ""
        end = await asyncio.wait_for(collecting, 30)
        assert end.outcome.state is State.SUCCEEDED

    play(tmp_path, scene)


def test_a_verb_that_asks_once_leaves_a_missing_result_pending(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        job_run = await succeeded(run, vidu, "1.png")
        del vidu.payloads["911"]
        end = await collect(replace(run.context, collect_only=True), job_run)
        assert end.outcome.state is State.PENDING
        assert "is not known to the provider at the moment" in str(end.outcome.reason)
        assert run.attempt("a").error is None

    play(tmp_path, scene)


async def assert_pending(run: LiveRun, job_run: JobRun, **settings: Any) -> str:
    context = replace(run.context, settings=replace(run.context.settings, **settings))
    end = await collect(context, job_run)
    assert end.outcome.reason is not None
    assert (end.outcome.state, end.outcome.reason.code) == (
        State.PENDING,
        ReasonCode.NOT_FETCHED,
    )
    return end.outcome.reason.text


def test_what_cannot_be_fetched_stays_pending(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        text = await assert_pending(run, await succeeded(run, vidu, "1.png"), outage_s=0.0)
        assert text.startswith("made, not yet fetched: ")

    play(tmp_path, scene)


def test_a_task_without_urls_stays_pending(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        text = await assert_pending(run, await succeeded(run, vidu), timeout_s=0.01)
        assert text.startswith("made, not yet fetched: no fresh URL: ")

    play(tmp_path, scene)


def test_further_files_have_numbers_in_their_names() -> None:
    assert [name_of("a", index) for index in range(3)] == ["a", "a~2", "a~3"]


class Recorder(Observer):
    """Keeps the events."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def event(self, event: Event) -> None:
        self.events.append(event)


def test_a_file_that_is_asked_for_again_is_reported_with_its_host(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        asked: list[str] = []

        async def at_last(request: web.Request) -> web.StreamResponse:
            asked.append(request.path)
            return await picture(request) if len(asked) > 1 else web.Response(status=503)

        vidu.file, shown = at_last, Recorder()
        context = replace(run.context, observer=shown, random=NoJitter())
        end = await collect(context, await succeeded(run, vidu, "1.png"))
        assert end.outcome.state is State.SUCCEEDED
        assert [event.step for event in shown.events] == [Step.REFETCHING, Step.FETCHED]
        assert shown.events[0].subject == run.url.removeprefix("http://")
        assert shown.events[0].text.startswith("the file host answered HTTP 503; trying for ")

    play(tmp_path, scene)
