"""Job runner: the way of one job through its steps, by what the plan and the answers are."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from aiohttp import web

from runner.engine.job_run import Ended, Phase, RetryLater, Succeeded
from runner.engine.job_runner import JobRunner
from runner.engine.schedule import Schedule
from runner.engine.stop_conditions import StopConditions, StopReason
from runner.engine.submit.budget import Budget
from runner.engine.submit.prepare import Prefetcher
from runner.errors import Exit
from runner.ledger.changes import Intend
from runner.model.operations import Amount
from runner.model.outcomes import Outcome, State
from runner.model.plans import Action, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.model.tasks import AttemptState, TaskFacts
from tests.engine.builders import FakeVidu, LiveRun, plan_entry, play

URL = "https://example.com/a.png"
PARAMETERS = {"model": "viduq2", "prompt": "a cat", "seed": 7}


def entry(name: str = "a", action: Action = Action.SUBMIT, **known: object) -> PlanEntry:
    plain = plan_entry(name)
    job = replace(plain.job, parameters=PARAMETERS)
    return replace(plain, job=job, action=action, **known)  # type: ignore[arg-type]


def runner(
    run: LiveRun,
    planned: PlanEntry,
    *,
    stops: StopConditions | None = None,
    outcomes: dict[str, Outcome] | None = None,
) -> JobRunner:
    schedule = Schedule([plan_entry("a"), planned], {"vidu": 5, "modelverse": 5})
    prefetcher = Prefetcher(run.context, lambda _: [])
    outcome_of = (outcomes or {}).__getitem__
    return JobRunner(run.context, schedule, stops or StopConditions(), prefetcher, outcome_of)


async def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


def test_a_job_is_submitted_and_watched_to_its_success(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        vidu.statuses["911"] = {"state": "success", "creations": [{"id": "1", "url": URL}]}
        planned = entry(expected_s=0.01)
        jobs = runner(run, planned)
        assert await jobs.run(planned) == Succeeded()
        assert jobs.job_runs["a"].task.urls == (URL,)

    play(tmp_path, scene)


def test_a_submission_without_an_answer_is_looked_for_first(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        async def lose(request: web.Request) -> web.StreamResponse:
            # The task is made all the same, and shows in the list.
            vidu.row("911", payload=vidu.submissions[-1]["payload"])
            vidu.payloads["911"] = ""
            return await hang_up(request)

        vidu.submit = lose
        vidu.statuses["911"] = {"state": "success", "creations": [{"id": "1", "url": URL}]}
        planned = entry(expected_s=0.01)
        assert await runner(run, planned).run(planned) == Succeeded()
        assert len(vidu.submissions) == 1
        assert run.attempt("a").task.id == "911"

    play(tmp_path, scene)


def test_what_never_arrived_is_sent_again_once_that_is_proven(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        vidu.submit = hang_up
        planned = entry()
        jobs = runner(run, planned)
        assert await jobs.run(planned) == RetryLater(delay_s=0.0)
        assert jobs.job_runs["a"].phase is Phase.WAITING
        assert run.attempt("a").state is AttemptState.NOT_SENT
        assert len(vidu.submissions) == 1

    play(tmp_path, scene)


def test_a_job_over_the_budget_is_not_submitted(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        budget = Budget({"credits": Decimal(5)}, {})
        run = replace(run, context=replace(run.context, budget=budget))
        planned = entry(estimate=Amount(unit="credits", value=Decimal(6)))
        end = await runner(run, planned).run(planned)
        assert isinstance(end, Ended)
        assert end.stop is not None
        assert end.stop.exit is Exit.BUDGET
        assert end.outcome.reason is not None
        assert end.outcome.reason.code is ReasonCode.OVER_BUDGET
        assert vidu.submissions == []

    play(tmp_path, scene)


def test_nothing_goes_to_a_provider_that_is_stopped(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        stop = StopReason(reason=Reason(ReasonCode.STOPPED, "no key"), exit=Exit.PROVIDER)
        planned = entry()
        end = await runner(run, planned, stops=StopConditions(everywhere=stop)).run(planned)
        assert isinstance(end, Ended)
        assert (end.outcome.state, str(end.outcome.reason)) == (
            State.PENDING,
            "not submitted: no key",
        )
        assert vidu.submissions == []

    play(tmp_path, scene)


def test_after_max_failures_a_new_job_is_skipped(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        stop = StopReason(reason=Reason(ReasonCode.STOPPED, "1 job failed"), exit=Exit.JOBS_FAILED)
        planned = entry()
        end = await runner(run, planned, stops=StopConditions(everywhere=stop)).run(planned)
        assert isinstance(end, Ended)
        assert end.outcome.state is State.SKIPPED

    play(tmp_path, scene)


def test_a_request_that_a_living_run_submits_is_waited_for(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        await run.write(Intend(run=run.run, intent=run.intent("a")))
        living = replace(run, context=replace(run.context, alive=lambda _: True))
        planned = entry()
        result = await runner(living, planned).run(planned)
        assert isinstance(result, RetryLater)
        assert result.delay_s > 0
        assert vidu.submissions == []

    play(tmp_path, scene)


def test_what_a_dead_run_left_is_settled(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        await run.write(Intend(run=run.run, intent=run.intent("a", ago_s=60)))
        planned = entry()
        assert await runner(run, planned).run(planned) == RetryLater(delay_s=0.0)
        assert run.attempt("a").state is AttemptState.NOT_SENT
        assert vidu.submissions == []

    play(tmp_path, scene)


def test_a_shared_result_is_that_of_the_other_job(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        task = TaskFacts(id="911", credits=6)
        original = Outcome(job=plan_entry("a").job, state=State.SUCCEEDED, task=task)
        planned = plan_entry("b", share="a")
        end = await runner(run, planned, outcomes={"a": original}).run(planned)
        assert isinstance(end, Ended)
        assert (end.outcome.state, end.outcome.task.id) == (State.SUCCEEDED, "911")
        assert end.outcome.task.credits is None
        assert vidu.submissions == []

    play(tmp_path, scene)


def test_a_skipped_job_asks_nobody(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        planned = entry(action=Action.SKIP)
        end = await runner(run, planned).run(planned)
        assert isinstance(end, Ended)
        assert end.outcome.state is State.SKIPPED
        assert vidu.submissions == []

    play(tmp_path, scene)
