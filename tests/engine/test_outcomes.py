"""Outcomes: what a results manifest shows of jobs that a run left alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runner.engine.outcomes import blocked, interruption, settled, shared, unstarted
from runner.model.jobs import Draft, Job
from runner.model.outcomes import Outcome, State
from runner.model.plans import Action, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.model.tasks import Attempt, AttemptState, Intent, TaskFacts

UNSELECTED = Reason(ReasonCode.NOT_SELECTED, "not selected")
NOT_STARTED = interruption("not started")
JOB = Job(
    draft=Draft(entry=0, id="a", operation="vidu/reference2image", parameters={}, base=Path()),
    parameters={},
    media={},
    fingerprint="f",
)


def attempt(state: AttemptState, **task: str | int) -> Attempt:
    intent = Intent(
        manifest="m.yaml",
        job="a",
        operation="vidu/reference2image",
        fingerprint="f",
        request={"prompt": "a cat"},
        seed=7,
        provider="vidu",
        base_url="https://api.vidu.cn",
        key_env="VIDU_API_KEY",
        tag="t",
        estimate=None,
        at="2026-11-20T12:00:00.000Z",
    )
    facts = replace(TaskFacts(), **task)  # type: ignore[arg-type]
    return Attempt(number=1, run="r", state=state, intent=intent, task=facts)


def entry(action: Action, known: Attempt | None = None) -> PlanEntry:
    return PlanEntry(job=JOB, action=action, reason=UNSELECTED, attempt=known)


@pytest.mark.parametrize(
    ("known", "state"),
    [
        (None, State.SKIPPED),
        (AttemptState.SUCCEEDED, State.SUCCEEDED),
        (AttemptState.FAILED, State.FAILED),
        (AttemptState.NOT_SENT, State.PENDING),
    ],
)
def test_an_unselected_job_keeps_its_state_when_a_run_is_cut(
    known: AttemptState | None, state: State
) -> None:
    skipped = entry(Action.SKIP, attempt(known) if known else None)
    outcome = unstarted(skipped, NOT_STARTED)
    assert (outcome.state, outcome.reason) == (state, UNSELECTED)
    assert outcome == settled(skipped)


def test_a_new_job_that_never_started_is_pending() -> None:
    outcome = unstarted(entry(Action.SUBMIT), NOT_STARTED)
    assert (outcome.state, outcome.reason, outcome.paid) == (State.PENDING, NOT_STARTED, False)


def test_a_task_under_way_stays_known_when_its_job_never_started() -> None:
    known = attempt(AttemptState.SUBMITTED, id="911")
    outcome = unstarted(entry(Action.ATTACH, known), NOT_STARTED)
    assert (outcome.state, outcome.task.id) == (State.PENDING, "911")


def test_the_seed_that_was_sent_counts_where_no_other_is_known() -> None:
    outcome = settled(entry(Action.SKIP, attempt(AttemptState.SUCCEEDED)))
    assert outcome.task.seed == 7
    outcome = settled(entry(Action.SKIP, attempt(AttemptState.SUCCEEDED, seed=8)))
    assert outcome.task.seed == 8


def test_a_shared_result_costs_nothing_the_second_time() -> None:
    original = settled(entry(Action.SKIP, attempt(AttemptState.SUCCEEDED, id="911", credits=6)))
    outcome = shared(entry(Action.SHARE), original, ())
    assert (outcome.task.id, outcome.task.credits, outcome.task.actual) == ("911", None, None)
    assert outcome.reused


@pytest.mark.parametrize(
    ("upstream", "state"),
    [
        (State.FAILED, State.SKIPPED),
        (State.SKIPPED, State.SKIPPED),
        (State.PENDING, State.PENDING),
        (State.AMBIGUOUS, State.PENDING),
    ],
)
def test_a_job_is_lost_or_waits_with_what_it_needs(upstream: State, state: State) -> None:
    outcome = blocked(entry(Action.SUBMIT), Outcome(job=JOB, state=upstream))
    assert outcome.state is state
    assert outcome.reason == Reason(ReasonCode.NEEDS_JOB, f'needs "a", which is {upstream.value}')
