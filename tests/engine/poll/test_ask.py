"""Status requests: when one is enough, and how long a provider is asked again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from runner.engine.poll.ask import DEADLINE_ONCE_S, Deadline, ask, ask_patiently
from runner.model import TaskState
from tests.engine.builders import PICTURE, FakeVidu, LiveRun, live_run, play

NOWHERE = "http://127.0.0.1:9"


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
            deadline = Deadline(replace(run.context, once=True))
            assert deadline.allows(DEADLINE_ONCE_S / 2)
            assert not deadline.allows(DEADLINE_ONCE_S * 2)
            deadline.renew()
            assert deadline.allows(DEADLINE_ONCE_S / 2)

    asyncio.run(scene())
