"""A real process whose clock is set while it runs, forwards and backwards by hours."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
from aiohttp import web

from runner.ledger.location import open_ledger
from tests.commands.conftest import Project
from tests.commands.process import running
from tests.commands.quick_clock import QUICK_CLOCK
from tests.commands.serving import SUBMIT, Handler, provider

NAMES = [f"j{n}" for n in range(5)]
JOBS = "".join(f"  - {{id: {name}, prompt: a boat {name}}}\n" for name in NAMES)

CLOCK = f"""{QUICK_CLOCK}
import datetime, pathlib, time

SET = pathlib.Path(__file__).with_name("clock")
real = time.time

def ahead():
    return float(SET.read_text()) if SET.exists() else 0.0

class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(seconds=ahead())

datetime.datetime = Clock
time.time = lambda: real() + ahead()
time.time_ns = lambda: int(time.time() * 1e9)
"""
"""Moves the wall clock ahead by the seconds in a file, once that exists."""


@pytest.fixture(autouse=True)
def settled_soon(project: Project) -> None:
    project.env |= {"VIDU_RUN_SETTLE": "0.1s", "VIDU_RUN_POLL_RATE": "50"}


def set_clock(project: Project, ahead_s: float) -> None:
    new = project.folder / ".site" / "new"
    new.parent.mkdir(exist_ok=True)
    new.write_text(str(ahead_s))
    new.replace(new.with_name("clock"))


class Stage:
    """A provider that loses the first answer to a submission, when the test chooses."""

    def __init__(self, *, arrives: bool = True, shows_tags: bool = True) -> None:
        self.asked = threading.Event()
        self.cutting = threading.Event()
        self.made = 0
        self._arrives = arrives
        self._shows_tags = shows_tags

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != SUBMIT:
            reply = await handler(request)
            return reply if self._shows_tags else _without_payloads(reply)
        first = not self.asked.is_set()
        self.asked.set()
        answer: web.StreamResponse = web.Response()
        if self._arrives or not first:
            answer = await handler(request)
            self.made += 1
        if first:
            await asyncio.to_thread(self.cutting.wait, 30)
            if request.transport is not None:  # the client may have gone
                request.transport.abort()
        return answer


def _without_payloads(answer: web.StreamResponse) -> web.StreamResponse:
    if not isinstance(answer, web.Response) or answer.content_type != "application/json":
        return answer
    value = json.loads(answer.text or "{}")
    for each in (value, *value.get("tasks", ())):
        each.pop("payload", None)
    return web.json_response(value)


def no_duration_is_negative(project: Project) -> None:
    with open_ledger(project.folder / ".vidu-run" / "ledger.sqlite3", read_only=True) as ledger:
        times = [each.time_s for each in ledger.past_tasks("vidu/reference2image", "loopback")]
    assert len(times) == len(NAMES)
    assert all(time_s is None or time_s > 0 for time_s in times)


@pytest.mark.parametrize("hours", [5, -5, 30, -30])
def test_a_clock_set_while_an_answer_is_lost_costs_nothing_twice(
    project: Project, hours: int
) -> None:
    project.jobs(JOBS)
    stage = Stage()
    with provider(project, stage), running(project, "spring.yaml", before=CLOCK) as process:
        assert stage.asked.wait(30)
        set_clock(project, hours * 3600)
        stage.cutting.set()
        assert process.wait(60) == 0
    assert {row["state"] for row in project.rows().values()} == {"succeeded"}
    no_duration_is_negative(project)
    assert stage.made == len(NAMES)


def test_a_lost_submission_is_sent_again_after_a_clock_jump(
    project: Project,
) -> None:
    project.jobs(JOBS)
    stage = Stage(arrives=False)
    with provider(project, stage), running(project, "spring.yaml", before=CLOCK) as process:
        assert stage.asked.wait(30)
        set_clock(project, 5 * 3600)
        stage.cutting.set()
        assert process.wait(60) == 0
    assert stage.made == len(NAMES)
    no_duration_is_negative(project)


@pytest.mark.parametrize("shows_tags", [True, False])
def test_a_task_of_a_killed_run_with_a_fast_clock_is_found(
    project: Project, *, shows_tags: bool
) -> None:
    project.jobs(JOBS)
    stage = Stage(shows_tags=shows_tags)
    with provider(project, stage):
        set_clock(project, 5 * 3600)
        with running(project, "spring.yaml", before=CLOCK) as process:
            assert stage.asked.wait(30)
            process.kill()
        stage.cutting.set()
        set_clock(project, 0)
        with running(project, "spring.yaml", before=CLOCK) as process:
            assert process.wait(60) == (0 if shows_tags else 7)
    assert stage.made == len(NAMES)
