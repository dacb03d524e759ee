from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from runner.emulator.state.tasks import Phase, Reference, Task, from_record
from tests.builders import emulated_order

IMAGE = Reference(sha256="a" * 64, media_type="image/png", width=128, height=128)
TASK = Task(
    id="1",
    order=emulated_order(images=(IMAGE,)),
    credits=8,
    made_ns=0,
    queued_ns=10,
    started_ns=20,
    done_ns=30,
)


def phases(task: Task) -> list[Phase]:
    return [task.phase(now) for now in (0, 10, 20, 30)]


def test_the_state_follows_from_the_clock() -> None:
    expected = [Phase.CREATED, Phase.QUEUEING, Phase.PROCESSING, Phase.SUCCESS]
    assert phases(TASK) == expected
    assert phases(replace(TASK, err_code="x")) == [*expected[:3], Phase.FAILED]


@pytest.mark.parametrize("stuck", [Phase.CREATED, Phase.QUEUEING, Phase.PROCESSING])
def test_a_stuck_task_never_leaves_its_state(stuck: Phase) -> None:
    assert phases(TASK.stuck(stuck))[-1] is stuck


def test_a_failing_task_may_keep_its_credits() -> None:
    failing = replace(TASK, err_code="x", refunded=False)
    assert (failing.phase(30), failing.lost_credits) == (Phase.FAILED, 8)
    assert replace(TASK, err_code="x").lost_credits == 0


def test_a_cancelled_task_fails_at_once_and_costs_nothing() -> None:
    cancelled = TASK.cancelled(5)
    assert (cancelled.phase(5), cancelled.err_code) == (Phase.FAILED, "UserCancelled")
    assert cancelled.lost_credits == 0


@pytest.mark.parametrize("name", ["images", "videos", "sounds"])
def test_a_record_gives_the_same_task(name: str) -> None:
    video = Reference(name="videos[0]", creation="2", task_id="1", seconds=4.5)
    media = {name: (IMAGE, video)}
    task = replace(TASK, order=emulated_order(**media, details={name: ["images[0]"]}))
    assert from_record(json.loads(json.dumps(asdict(task)))) == task


@pytest.mark.parametrize("record", [{}, {"order": {}}, {**asdict(TASK), "unknown": 1}])
def test_another_record_is_an_error(record: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError)):
        from_record(record)
