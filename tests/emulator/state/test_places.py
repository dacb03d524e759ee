"""How many tasks are worked on at a time, and in which order, whatever is cancelled."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from runner.emulator.options import EmulatorOptions
from runner.emulator.state.store import Store
from runner.emulator.state.tasks import Phase, Task
from tests.builders import emulated_order
from tests.emulator.conftest import Clock

ORDER = emulated_order()
WAITING = {Phase.CREATED, Phase.QUEUEING}
STEPS = st.lists(
    st.one_of(st.integers(1, 10**6), st.floats(0.1, 5.0), st.just("cancel"), st.just("restart")),
    min_size=10,
    max_size=40,
)
"""A seed is a new task with it, a float so many seconds."""


def check(tasks: list[Task], places: int, now: int) -> None:
    """At every moment from now on, no more are worked on than there are places, in order."""
    living = [task for task in tasks if not task.err_code]
    moments = [now, *(task.started_ns for task in living)]
    for moment in moments:
        assert sum(task.phase(moment) is Phase.PROCESSING for task in living) <= places
    queued = [task for task in living if task.started_ns > max(now, task.ready_ns)]
    assert queued == sorted(queued, key=lambda task: task.started_ns)
    ends = {task.done_ns for task in living}
    cancelled = {task.done_ns for task in tasks if task.err_code}
    # Nobody waits while a place is free.
    assert all(task.started_ns in ends | cancelled for task in queued)


@given(steps=STEPS, places=st.integers(1, 4))
def test_places_are_never_exceeded_and_never_left_empty(
    steps: list[int | float | str], places: int
) -> None:
    clock = Clock()
    with TemporaryDirectory() as folder:
        options = EmulatorOptions(now_ns=clock, concurrency=places)
        store = Store(Path(folder), options)
        for step in steps:
            tasks = list(store.tasks.values())
            match step:
                case int():
                    store.create(replace(ORDER, seed=step), "")
                case float():
                    clock.forward(step)
                case "cancel":
                    able = [task for task in tasks if task.phase(clock()) in WAITING]
                    if able:
                        store.cancel(able[len(able) // 2].id)
                case _:
                    store.close()
                    store = Store(Path(folder), options)
            check(list(store.tasks.values()), places, clock())
        store.close()


def test_processes_on_one_folder_share_the_places(tmp_path: Path) -> None:
    options = EmulatorOptions(now_ns=Clock(), concurrency=1)
    with closing(Store(tmp_path, options)) as one, closing(Store(tmp_path, options)) as other:
        first, second = one.create(ORDER, ""), other.create(ORDER, "")
        third = one.create(ORDER, "")
        assert (second.started_ns, third.started_ns) == (first.done_ns, second.done_ns)
        assert one.cancel(second.id) == [second.id, third.id]
        other.refresh()
        assert other.tasks[third.id].started_ns == first.done_ns


def test_off_peak_tasks_wait_and_keep_nobody_waiting(tmp_path: Path) -> None:
    options = EmulatorOptions(now_ns=Clock(), concurrency=1, over_limit="refuse")
    off_peak = replace(ORDER, details={"off_peak": True})
    with closing(Store(tmp_path, options)) as store:
        waiting = [store.create(off_peak, "") for _ in range(3)]
        ordinary = store.create(ORDER, "")
        assert ordinary.started_ns == ordinary.ready_ns
        assert all(task.started_ns > ordinary.done_ns for task in waiting)
        assert all(task.is_queued(ordinary.done_ns) for task in waiting)
        assert store.cancel(waiting[0].id) == [waiting[0].id]
