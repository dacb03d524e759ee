"""What a reconciliation comes to besides its search, and tasks that a user names."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from runner.engine.reconcile.match import Adopted, Unclear
from runner.engine.reconcile.reconcile import confirm, reconcile
from runner.ledger.changes import Finish
from runner.model import (
    Attempt,
    AttemptState,
    TaskState,
    TaskStatus,
)
from tests.engine.builders import PICTURE, TAG, VIDEO, FakeVidu, LiveRun, NoJitter, play

# ------------------------------------------------------------------------------- ends, and more


def test_a_run_that_stops_ends_the_search_at_once(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        arrived = asyncio.Event()

        async def never(_: web.Request) -> web.StreamResponse:
            arrived.set()
            await asyncio.sleep(60)
            raise AssertionError

        vidu.answer = never
        attempt = await run.ambiguous(run.intent("f1"))
        searching = asyncio.create_task(run.reconcile(attempt))
        await arrived.wait()
        run.context.stopping.set()
        async with asyncio.timeout(2):
            verdict = await searching
        assert verdict == Unclear(reason="interrupted during the search for its task")

    play(tmp_path, scene)


def test_a_search_without_an_end_is_given_up(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        async def never(_: web.Request) -> web.StreamResponse:
            await asyncio.sleep(60)
            raise AssertionError

        vidu.answer = never
        attempt = await run.ambiguous(run.intent("f1"))
        verdict = await reconcile(run.context, attempt, PICTURE, leeway_s=0.1)
        assert verdict == Unclear(reason="the search for its task took too long")

    play(tmp_path, scene)


def test_a_provider_without_a_list_leaves_it_unclear(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        attempt = await run.ambiguous(replace(run.intent("f1"), provider="modelverse"))
        assert await reconcile(run.context, attempt, VIDEO) == Unclear(
            reason="modelverse has no list of tasks in which it could be looked for"
        )

    play(tmp_path, scene)


@pytest.mark.parametrize("known", [True, False])
def test_a_submission_with_a_known_task_polls_that_task(tmp_path: Path, known: bool) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        await run.submitted(run.intent("f1"), "1")
        number, at = run.attempt("f1").number, run.context.stamp()
        await run.write(Finish(number=number, state=AttemptState.AMBIGUOUS, finished_at=at))
        if known:
            vidu.payloads["1"] = TAG
        verdict = await run.reconcile(run.attempt("f1"))
        if known:
            assert verdict == Adopted(task_id="1", credits=6)
        else:
            assert isinstance(verdict, Unclear)
            assert verdict.candidates == ("1",)
        assert not vidu.list_requests

    play(tmp_path, scene)


# --------------------------------------------------------------------------- confirmed by name


async def named(run: LiveRun, task_id: str, attempt: Attempt | None = None) -> TaskStatus | str:
    async with asyncio.timeout(20):
        return await confirm(run.context, PICTURE, task_id, attempt=attempt)


def test_a_task_that_the_provider_knows_is_confirmed(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        attempt = await run.ambiguous(run.intent("f1"))
        vidu.payloads |= {"1": TAG, "2": "from elsewhere"}
        for task_id in ("1", "2"):
            status = await named(run, task_id, attempt)
            assert isinstance(status, TaskStatus)
            assert (status.state, status.credits) == (TaskState.RUNNING, 6)

    play(tmp_path, scene)


def test_an_unknown_task_is_not_confirmed(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        found = await named(run, "9")
        assert isinstance(found, str)
        assert found.startswith("the provider knows no task 9: TaskNotFound")

    play(tmp_path, scene)


def test_a_provider_without_an_answer_is_asked_again(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        away = replace(run.account(), base_url="http://127.0.0.1:1")
        settings = replace(run.context.settings, accounts={"vidu": away})
        found = await confirm(
            replace(run.context, settings=settings, random=NoJitter()), PICTURE, "1"
        )
        assert isinstance(found, str)
        assert found.startswith("the provider does not report task 1")

    play(tmp_path, scene)


def test_a_task_of_another_submission_is_not_confirmed(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        attempt = await run.ambiguous(run.intent("f1"))
        await run.submitted(run.intent("f2", tag="b" * 32), "2")
        await run.ambiguous(run.intent("f3", tag="c" * 32))
        vidu.payloads |= {"2": "", "3": "c" * 32}
        by_id, by_tag = await named(run, "2", attempt), await named(run, "3", attempt)
        assert by_id == 'task 2 was created by the submission of job "f2" of spring.yaml'
        assert by_tag == 'task 3 was created by the submission of job "f3" of spring.yaml'

    play(tmp_path, scene)
