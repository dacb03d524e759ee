"""Notices: chooses what a person reads line by line beside the progress itself."""

from __future__ import annotations

from runner.errors import one_line, plural
from runner.model.events import Event, Step
from runner.model.outcomes import Outcome, State
from runner.model.reasons import ReasonCode

_DETAILS = frozenset({Step.EXCHANGED, Step.PUT_OFF})
"""What is shown only with `-v`: while a provider is out, there is one for each job and try."""
_ALWAYS = frozenset({Step.RETRYING, Step.INTERRUPTED, Step.UNREACHABLE, Step.REACHABLE})
_WORDS = {Step.PUT_OFF: "retrying", Step.REFETCHING: "retrying"}
"""What a step is called where that is not its own name."""


class Notices:
    """Turns events into lines; remembers what was shown once for many jobs."""

    def __init__(self, *, verbose: bool = False) -> None:
        self._verbose = verbose
        self._hosts: set[str] = set()
        self._stops: set[str] = set()

    def line(self, event: Event) -> str:
        """The line of an event other than a job's end; empty where it is not news."""
        if event.step is Step.REFETCHING:
            return self._file_line(event)
        shown = event.step in _ALWAYS or (self._verbose and event.step in _DETAILS)
        return format_event(event) if shown else ""

    def _file_line(self, event: Event) -> str:
        if self._verbose:
            return format_event(event)
        if event.subject in self._hosts:
            return ""
        self._hosts.add(event.subject)
        return one_line(f"files of {event.subject} do not come: {event.text}")

    def end_line(self, outcome: Outcome) -> str:
        """The line of a job's end; empty where the line of another job stands for it."""
        # A provider that is given up ends hundreds of jobs, which have nothing else to show.
        if outcome.reason is not None and outcome.reason.code is ReasonCode.STOPPED:
            if outcome.reason.text in self._stops:
                return ""
            self._stops.add(outcome.reason.text)
        return format_outcome(outcome)


def format_event(event: Event) -> str:
    """The line of an event other than a job's end."""
    match event.step:
        case Step.UNREACHABLE | Step.REACHABLE | Step.EXCHANGED:
            return one_line(event.text)
        case Step.RETRYING if not event.job:
            return one_line(f"warning: {event.text}")
    subject = f"{event.job}: " if event.job else ""
    return one_line(f"{subject}{_WORDS.get(event.step, event.step.value)}: {event.text}")


def format_outcome(outcome: Outcome) -> str:
    """The line of a job's end: state, price and first file, or why it has no result."""
    if outcome.state is State.SUCCEEDED:
        parts = ["reused" if outcome.reused else "done"]
        if outcome.task.credits is not None and not outcome.reused:
            parts.append(plural(outcome.task.credits, "credit"))
        parts += [file.path for file in outcome.files[:1]]
    else:
        parts = [outcome.state.value]
        if outcome.error is not None:
            parts.append(f"{outcome.error.code}: {outcome.error.message}")
        elif outcome.reason:
            parts.append(outcome.reason.text)
    return one_line(f"{outcome.job.id}: {', '.join(parts)}")
