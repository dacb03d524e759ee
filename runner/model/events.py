"""Events: what a run reports to observers while it goes on."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from runner.model.outcomes import Outcome
from runner.model.plans import Plan


class Step(enum.StrEnum):
    """What an event reports."""

    SUBMITTED = "submitted"
    RETRYING = "retrying"
    NOTICED = "noticed"
    """The end of a task was noticed; its place in flight is free."""
    FETCHED = "fetched"
    ENDED = "ended"
    INTERRUPTED = "interrupted"
    """The run was asked to stop; an event of no job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened, to one job unless `job` is empty."""

    step: Step
    job: str
    text: str = ""
    outcome: Outcome | None = None
    """With `Step.ENDED`."""


class Observer:
    """Shows a run while it goes on: as a bar, plain lines or NDJSON; this one shows nothing."""

    def start(self, plan: Plan) -> None:
        """Get the plan that is about to be carried out."""

    def event(self, event: Event) -> None:
        """Get one event; must not block."""

    def stop(self) -> None:
        """There are no more events."""
