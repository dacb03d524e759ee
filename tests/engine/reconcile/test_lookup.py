"""The search for a lost submission's task by its tag, where the provider can be asked for it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from runner.engine.reconcile.match import Adopted, Unclear, Verdict
from runner.engine.reconcile.search import find_verdict
from runner.model.operations import ResultForm
from runner.model.tasks import Attempt
from tests.engine.builders import PICTURE, TAG, FakeVidu, LiveRun, play

NAMED = replace(PICTURE, result=ResultForm(by_tag="/ent/v2/tasks/{tag}/creations"))


def shows(vidu: FakeVidu, task_id: str) -> None:
    """From now on that task is found by the tag."""
    vidu.statuses[TAG] = {"id": task_id}
    vidu.payloads[TAG] = TAG


async def verdict(run: LiveRun, attempt: Attempt) -> Verdict:
    return await find_verdict(run.context, attempt, NAMED)


def test_a_task_is_adopted_by_its_own_id(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        shows(vidu, "77")
        found = await verdict(run, await run.ambiguous(run.intent("f1")))
        assert found == Adopted(task_id="77", credits=6)
        assert not vidu.list_requests

    play(tmp_path, scene)


def test_a_task_that_shows_late_is_found(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        search = asyncio.ensure_future(verdict(run, await run.ambiguous(run.intent("f1"))))
        await vidu.missed.wait()
        shows(vidu, "77")
        assert await search == Adopted(task_id="77", credits=6)

    play(tmp_path, scene)


def test_no_task_proves_no_absence(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        found = await verdict(run, await run.ambiguous(run.intent("f1")))
        assert isinstance(found, Unclear)
        assert found.reason.startswith(f'no task is found by its payload "{TAG}": ')

    play(tmp_path, scene)


def test_a_task_of_another_job_is_not_adopted(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        await run.submitted(run.intent("f2", tag="b" * 32), "77")
        shows(vidu, "77")
        found = await verdict(run, await run.ambiguous(run.intent("f1")))
        assert isinstance(found, Unclear)
        assert found.reason.startswith("its task 77 is recorded for job")
        assert found.candidates == ("77",)

    play(tmp_path, scene)


def test_nobody_is_asked_at_another_address(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        shows(vidu, "77")
        attempt = await run.ambiguous(run.intent("f1"))
        elsewhere = replace(attempt.intent, base_url="https://elsewhere.example")
        found = await verdict(run, replace(attempt, intent=elsewhere))
        reason = "it was submitted with another key, or to another address"
        assert found == Unclear(reason=reason)
        assert not vidu.asked_for

    play(tmp_path, scene)
