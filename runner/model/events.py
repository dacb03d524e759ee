"""What onlookers are told while a run goes on."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol

from runner.model.outcomes import Outcome
from runner.model.plans import Plan


class Step(enum.StrEnum):
    """What an event tells."""

    SUBMITTED = "submitted"
    RETRYING = "retrying"
    NOTICED = "noticed"
    """The end of a task was noticed; its place is free."""
    FETCHED = "fetched"
    ENDED = "ended"
    INTERRUPTED = "interrupted"
    """The run was asked to stop; no job's event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something an onlooker may want to see."""

    step: Step
    job: str
    text: str = ""
    outcome: Outcome | None = None
    """With `Step.ENDED`."""


class Observer(Protocol):
    """Anything that looks on at a run: a bar, plain lines, NDJSON, a recorder."""

    def start(self, plan: Plan) -> None:
        """Take note of what is about to happen."""

    def event(self, event: Event) -> None:
        """Take note of one event; must not block."""

    def stop(self) -> None:
        """Take note that there will be no more events."""
