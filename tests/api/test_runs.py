"""Running manifests from Python: blocking, awaited, interrupted, watched."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
import sys
import threading
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner import Event, Exit, ProviderError, Step, UsageError, arun, load, plan, run
from runner.documents.files import load as read
from runner.emulator.options import EmulatorOptions
from runner.emulator.server import run_emulator
from runner.results.document import read_document
from tests.api.conftest import Recorder

REHEARSAL: dict[str, Any] = {"emulate": True, "time_scale": 0}


def rows_of(folder: Path) -> Any:
    return read((folder / "spring.emulated.results.yaml").read_text(encoding="utf-8"))


def test_a_run_writes_the_rows_that_it_returns(spring: Path, folder: Path) -> None:
    results = run(load(spring), **REHEARSAL)
    assert (results.ok, results.exit, results.stopped, results.problems) == (True, 0, [], [])
    written = rows_of(folder)
    assert [*results] == written["jobs"]
    assert results.totals == written["totals"]
    assert written["run"]["exit_code"] == 0


def test_what_was_paid_for_is_not_paid_for_again(spring: Path) -> None:
    manifest, watcher = load(spring), Recorder()
    run(manifest, **REHEARSAL)
    again = run(manifest, observer=watcher, **REHEARSAL)
    assert again.totals["reused"] == 2
    assert watcher.count(Step.SUBMITTED) == 0


def test_a_run_leaves_the_process_as_it_was(
    spring: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def state() -> tuple[object, ...]:
        handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        collected = gc.isenabled(), gc.get_freeze_count()
        names = sorted(thread.name for thread in threading.enumerate())
        streams = sys.stdout, sys.stderr
        return handlers, limits, collected, names, streams, dict(os.environ), Path.cwd()

    before = state()
    run(spring, **REHEARSAL)
    assert state() == before
    assert capfd.readouterr() == ("", "")


def test_it_runs_inside_a_running_loop_as_in_a_notebook(spring: Path) -> None:
    async def cell() -> int:
        return len(run(spring, **REHEARSAL))

    assert asyncio.run(cell()) == 2


def test_the_loop_goes_on_while_a_run_is_awaited(spring: Path) -> None:
    async def both() -> tuple[int, int]:
        turns = 0
        running = asyncio.create_task(arun(spring, **REHEARSAL))
        while not running.done():
            turns += 1
            await asyncio.sleep(0.001)
        return len(running.result()), turns

    jobs, turns = asyncio.run(both())
    assert jobs == 2
    assert turns > 10


def test_two_runs_at_once_pay_for_each_job_once(spring: Path) -> None:
    one, two, manifest = Recorder(), Recorder(), load(spring)

    async def both() -> list[Any]:
        return await asyncio.gather(
            *(arun(manifest, observer=each, **REHEARSAL) for each in (one, two))
        )

    first, second = asyncio.run(both())
    assert first.ok
    assert second.ok
    assert one.count(Step.SUBMITTED) + two.count(Step.SUBMITTED) == 2


def test_a_cancelled_run_records_what_is_under_way(spring: Path, folder: Path) -> None:
    async def cancelled() -> None:
        loop, submitted = asyncio.get_running_loop(), asyncio.Event()

        def react(event: Event) -> None:
            if event.step is Step.SUBMITTED:
                loop.call_soon_threadsafe(submitted.set)

        slow = {"emulate": True, "time_scale": 10, "concurrency": 1}
        task = asyncio.create_task(arun(spring, observer=Recorder(react), **slow))  # type: ignore[arg-type]
        await submitted.wait()
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    interrupted_once_and_collected(spring, folder)


def test_ctrl_c_in_a_run_records_what_is_under_way(
    spring: Path, folder: Path, ctrl_c: Callable[[], None]
) -> None:
    def react(event: Event) -> None:
        if event.step is Step.SUBMITTED:
            ctrl_c()

    with pytest.raises(KeyboardInterrupt):
        run(spring, observer=Recorder(react), emulate=True, time_scale=10, concurrency=1)
    interrupted_once_and_collected(spring, folder)


@pytest.fixture
def ctrl_c() -> Any:
    """Sends SIGINT to the main thread, where Python handles it as in an interactive session."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    main = threading.main_thread().ident
    assert main == threading.get_ident()
    yield lambda: signal.pthread_kill(main, signal.SIGINT)
    signal.signal(signal.SIGINT, before)


def interrupted_once_and_collected(spring: Path, folder: Path) -> None:
    """One task was submitted and is on record; the next run submits only the other one."""
    written = rows_of(folder)
    assert written["run"]["exit_code"] == Exit.INTERRUPTED
    assert [row["state"] for row in written["jobs"]] == ["pending", "pending"]
    (task,) = [row["task_id"] for row in written["jobs"] if row["task_id"]]
    watcher = Recorder()
    results = run(spring, observer=watcher, timeout=1, emulate=True, time_scale=0, concurrency=2)
    assert watcher.count(Step.SUBMITTED) == 1
    assert task in {row["task_id"] for row in results}


def test_a_run_interrupted_while_it_is_planned_sends_nothing(spring: Path, folder: Path) -> None:
    watcher = Recorder()

    async def cancelled() -> None:
        task = asyncio.create_task(arun(spring, observer=watcher, **REHEARSAL))
        await asyncio.sleep(0)  # it has started, and reads the manifest
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert watcher.calls == []
    assert not (folder / "spring.emulated.results.yaml").exists()


def test_an_observer_gets_the_plan_the_events_and_the_end(spring: Path) -> None:
    watcher = Recorder()
    run(spring, observer=watcher, **REHEARSAL)
    assert watcher.calls == [f"start <Plan {spring}: 2 submit>", "stop"]
    ended = [event for event in watcher.events if event.step is Step.ENDED]
    assert {event.job for event in ended} == {"a", "b"}
    assert all(event.outcome and event.outcome.files for event in ended)


def test_an_observer_that_raises_ends_the_run_with_its_error(spring: Path, folder: Path) -> None:
    def react(event: Event) -> None:
        if event.step is Step.SUBMITTED:
            raise ZeroDivisionError("of the observer")

    slow = {"emulate": True, "time_scale": 10, "concurrency": 1}
    with pytest.raises(ZeroDivisionError, match="of the observer"):
        run(spring, observer=Recorder(react), **slow)  # type: ignore[arg-type]
    interrupted_once_and_collected(spring, folder)


def test_nothing_is_asked_about_what_costs_more(spring: Path) -> None:
    with pytest.raises(UsageError) as caught:
        run(spring, confirm_above={"credits": 10}, **REHEARSAL)
    (problem,) = caught.value.problems
    assert problem.message.startswith("submit 2 jobs for about 12 credits? confirm_above is 10")
    assert problem.hint == "look at `plan`, then confirm with yes=True"
    assert run(spring, confirm_above={"credits": 10}, yes=True, **REHEARSAL).ok


def test_everything_is_not_made_again_without_a_word(spring: Path) -> None:
    run(spring, **REHEARSAL)
    with pytest.raises(UsageError, match="pays again"):
        run(spring, force=True, **REHEARSAL)
    assert run(spring, force=True, select="a", **REHEARSAL)["a"]["reused"] is False


def test_without_a_key_nothing_is_sent(spring: Path) -> None:
    with pytest.raises(ProviderError) as caught:
        run(spring, environ={})
    assert caught.value.exit == 4
    assert caught.value.problems[0].message == "VIDU_API_KEY is not set"


def test_a_key_and_an_address_need_not_be_in_the_environment(spring: Path) -> None:
    with run_emulator(EmulatorOptions(time_scale=0, keys=frozenset({"secret-key-7351"}))) as url:
        results = run(spring, base_url={"vidu": url}, environ={"VIDU_API_KEY": "secret-key-7351"})
    assert results.ok
    assert results.file.name == "spring.results.yaml"
    assert b"secret-key" not in results.file.read_bytes()


@pytest.mark.parametrize("function", [load, plan, run, arun])
def test_types_are_there_for_tools_that_read_them(function: Callable[..., object]) -> None:
    hints = typing.get_type_hints(function)
    assert {"return", "settings"} <= hints.keys()


def test_a_budget_stops_a_run_without_an_exception(spring: Path) -> None:
    results = run(spring, budget={"credits": 6}, **REHEARSAL)
    assert (results.exit, results.ok) == (Exit.BUDGET, False)
    assert [row["state"] for row in results] == ["succeeded", "pending"]


def test_results_may_be_written_elsewhere(spring: Path, folder: Path) -> None:
    results = run(spring, results="out/r.json", **REHEARSAL)
    assert results.file == folder / "out" / "r.json"
    document = read_document(results.file, None)
    assert document.value is not None
    assert document.value["jobs"] == [*results]
