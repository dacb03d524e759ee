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
    """Something is tried again, or given up for something else: news for whoever watches."""
    PUT_OFF = "put off"
    """A submission was not taken and is tried again: one of many while a provider is out."""
    REFETCHING = "refetching"
    """A file did not come and is asked for again."""
    UNREACHABLE = "unreachable"
    """A provider went out; an event of no job."""
    REACHABLE = "reachable"
    """It is back."""
    EXCHANGED = "exchanged"
    """A request was answered or failed; an event of no job, reported with `-v` only."""
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
    subject: str = ""
    """The file's host with `Step.REFETCHING`, the provider where an event is about one."""


class Observer:
    """Shows a run while it goes on: as a bar, plain lines or NDJSON; this one shows nothing."""

    def start(self, plan: Plan) -> None:
        """Get the plan that is about to be carried out."""

    def event(self, event: Event) -> None:
        """Get one event; must not block."""

    def stop(self) -> None:
        """There are no more events."""
