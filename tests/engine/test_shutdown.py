"""Shutdown: which failures stop a provider or the run, and whose answers are waited for."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace
from pathlib import Path

from runner.engine.job_run import JobRun, StopReason
from runner.engine.shutdown import SHARED_LIMIT, Shutdown, StopConditions
from runner.errors import Exit
from runner.model import (
    Billed,
    ErrorClass,
    Event,
    JobError,
    Outcome,
    Plan,
    Reason,
    ReasonCode,
    State,
)
from tests.engine.builders import PICTURE, attempt_of, live_run, plan_entry

NOWHERE = "http://127.0.0.1:9"
BUDGET = StopReason(reason=Reason(ReasonCode.OVER_BUDGET, "the budget is spent"), exit=Exit.BUDGET)


def failed(job: str, code: str = "odd", class_: ErrorClass = ErrorClass.INPUT) -> Outcome:
    error = JobError(code=code, message="m", class_=class_, billed=Billed.NO)
    return Outcome(job=plan_entry(job).job, state=State.FAILED, error=error)


def test_a_provider_is_stopped_for_its_first_reason() -> None:
    stops = StopConditions()
    stops.note("vidu", failed("a"), BUDGET)
    stops.note("vidu", failed("b"), replace(BUDGET, exit=Exit.PROVIDER))
    assert stops.of("vidu") == BUDGET
    assert stops.of("modelverse") is None
    assert [str(reason) for reason in stops.reasons()] == ["vidu: the budget is spent"]


def test_as_many_failures_as_allowed_stop_the_run() -> None:
    stops = StopConditions(max_failures=2)
    stops.note("vidu", failed("a"), None)
    assert stops.of("modelverse") is None
    stops.note("vidu", failed("b"), None)
    stop = stops.of("modelverse")
    assert stop is not None
    assert (stop.exit, stop.reason.text) == (Exit.JOBS_FAILED, "2 jobs failed")


def test_one_refusal_of_many_requests_stops_the_provider() -> None:
    stops = StopConditions()
    for number in range(SHARED_LIMIT):
        assert stops.of("vidu") is None
        stops.note("vidu", failed(f"job-{number}", "Forbidden"), None)
    stop = stops.of("vidu")
    assert stop is not None
    assert stop.reason.text == "Forbidden for 3 different requests: m"


def test_one_request_refused_often_stops_nothing() -> None:
    stops = StopConditions()
    for _ in range(SHARED_LIMIT + 1):
        stops.note("vidu", failed("a", "Forbidden"), None)
    assert stops.of("vidu") is None


class Recorder:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def start(self, plan: Plan) -> None: ...

    def event(self, event: Event) -> None:
        self.texts.append(event.text)

    def stop(self) -> None: ...


def test_an_interruption_spares_only_workers_that_wait_for_an_answer(tmp_path: Path) -> None:
    async def scene() -> None:
        async with live_run(NOWHERE, tmp_path) as run:
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
