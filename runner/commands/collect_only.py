"""A plan in; the same plan for a verb that asks once and submits nothing out."""

from __future__ import annotations

from dataclasses import replace

from runner.commands.load import manifests_of
from runner.commands.options import Options
from runner.commands.plan import plan_manifest
from runner.commands.session import Planned
from runner.engine.context import StopReason
from runner.errors import Exit
from runner.model import Action, PlanEntry, Reason, ReasonCode
from runner.terminal.summary import RunSummary

NOTHING_SUBMITTED = StopReason(
    reason=Reason(ReasonCode.COLLECT_ONLY, "only a run submits"), exit=Exit.OK
)


def plan_all(options: Options) -> list[Planned]:
    """A plan for each manifest, of a verb that submits nothing. Raises every known error."""
    options.check()
    manifests = manifests_of(options)
    return [plan_manifest(manifest, options, submit=False) for manifest in manifests]


def asking_once(ready: Planned) -> Planned:
    """The plan by which every task is asked for until an answer tells, and no end waited for."""
    return replace(ready, once=True, settings=replace(ready.settings, on_ambiguous="ask"))


def on_its_own(entry: PlanEntry) -> PlanEntry:
    """The entry as it is collected: what is paid for needs no other job any more.

    What became of a submission of unknown fate is a run's business.
    """
    if entry.action is Action.SUBMIT:
        return entry
    job = replace(entry.job, draft=replace(entry.job.draft, needs=()))
    action = Action.SKIP if entry.action is Action.DECIDE else entry.action
    return replace(entry, job=job, action=action)


def other_stops(told: RunSummary) -> list[Reason]:
    """Why nothing more was submitted, but for the reason that nothing was to be."""
    return [why for why in told.stopped if why.code is not ReasonCode.COLLECT_ONLY]
