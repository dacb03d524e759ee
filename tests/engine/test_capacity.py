"""How many new tasks are in flight where a provider shows what its account works on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from runner.emulator.faults.script import parse_faults
from runner.emulator.options import EmulatorOptions
from runner.emulator.server import run_emulator
from runner.engine.capacity import USUAL_PLACES, Capacity
from runner.engine.schedule import Schedule
from tests.engine.builders import live_run, plan_entry


async def asked(folder: Path, url: str, *, jobs: int = 20, see_waiting: bool = False) -> Schedule:
    """The schedule of a run of up to 20 at once, after one question for its places."""
    schedule = Schedule([plan_entry(str(number)) for number in range(jobs)], {"vidu": 20})
    answered = asyncio.Event()

    async def wake(_: int) -> None:
        answered.set()

    async with live_run(url, folder) as run:
        capacity = Capacity(run.context, schedule, "vidu", wake)
        assert schedule.lane("vidu").places == (USUAL_PLACES if jobs > USUAL_PLACES else None)
        asking = asyncio.create_task(capacity.keep_within())
        if see_waiting:
            run.context.pollers["vidu"].seen_waiting.set()
        async with asyncio.timeout(10):
            await answered.wait()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    return schedule


def started(schedule: Schedule) -> int:
    count = 0
    while schedule.take(0) is not None:
        count += 1
    return count


@pytest.mark.parametrize(("places", "at_once"), [(3, 3), (12, 12), (300, 20)])
def test_a_large_run_asks_for_its_places_first(tmp_path: Path, places: int, at_once: int) -> None:
    with run_emulator(EmulatorOptions(concurrency=places)) as url:
        schedule = asyncio.run(asked(tmp_path, url))
    assert started(schedule) == at_once


def test_a_small_run_asks_when_its_tasks_wait(tmp_path: Path) -> None:
    with run_emulator(EmulatorOptions(concurrency=2)) as url:
        schedule = asyncio.run(asked(tmp_path, url, jobs=4, see_waiting=True))
    assert started(schedule) == 2


def test_without_a_balance_the_settings_count(tmp_path: Path) -> None:
    rules = parse_faults([{"on": "vidu.credits", "fault": "error", "status": 404}])
    with run_emulator(EmulatorOptions(concurrency=2, faults=rules)) as url:
        schedule = asyncio.run(asked(tmp_path, url))
    assert started(schedule) == 20
