"""Observers of a run: lines for a log, or NDJSON for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from runner.errors import one_line, plural
from runner.model.events import Event, Observer, Step
from runner.model.outcomes import Outcome, State
from runner.model.plans import Action, Plan
from runner.streams import json_text


def is_interactive(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether the stream is a terminal that can redraw a line, and no CI service reads it."""
    return stream.isatty() and not environ.get("CI") and environ.get("TERM") != "dumb"


class UntilClosed(Observer):
    """Passes everything to another observer until its stream is closed."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def start(self, plan: Plan) -> None:
        """Pass on."""
        self._try(lambda: self._observer.start(plan))

    def event(self, event: Event) -> None:
        """Pass on."""
        self._try(lambda: self._observer.event(event))

    def stop(self) -> None:
        """Pass on."""
        self._try(self._observer.stop)

    def _try(self, show: Callable[[], None]) -> None:
        try:
            show()
        # A closed pipe must not end a run that has paid for tasks.
        except (OSError, ValueError):  # ValueError: the stream is closed on our side
            self._observer = Observer()


class LineObserver(Observer):
    """Writes a line for each event that matters in a log."""

    def __init__(self, err: TextIO) -> None:
        self._err = err
        self._done = 0

    def start(self, plan: Plan) -> None:
        """Note the jobs that need something done."""
        self._active = active_jobs(plan)

    def event(self, event: Event) -> None:
        """Write the event's line; steps between submission and end are not news in a log."""
        if event.step is Step.ENDED and event.outcome is not None:
            if event.job in self._active:  # 100,000 reused jobs are no news
                self._done += 1
                self._write(f"[{self._done}/{len(self._active)}] {format_outcome(event.outcome)}")
        elif event.step in (Step.SUBMITTED, Step.RETRYING, Step.INTERRUPTED):
            self._write(format_event(event))

    def _write(self, text: str) -> None:
        print(text, file=self._err, flush=True)  # a log is followed while it grows


class JsonObserver(Observer):
    """Writes one JSON object a line: `start`, every event, `done`."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._states: Counter[str] = Counter()

    def start(self, plan: Plan) -> None:
        """Write the number of jobs for each action."""
        actions = Counter(entry.action.value for entry in plan.entries)
        self._write({"event": "start", "jobs": len(plan.entries), "actions": dict(actions)})

    def event(self, event: Event) -> None:
        """Write one event."""
        record: dict[str, Any] = {"event": event.step.value, "job": event.job}
        if event.text:
            record["text"] = event.text
        if event.outcome is not None:
            record |= _outcome_fields(event.outcome)
            self._states[event.outcome.state.value] += 1
        self._write(record)

    def stop(self) -> None:
        """Write the last record."""
        self._write({"event": "done", "states": dict(self._states)})

    def _write(self, record: Mapping[str, Any]) -> None:
        # Line by line: whoever reads the pipe acts on each record as it comes.
        print(json_text(record, self._out), file=self._out, flush=True)


def active_jobs(plan: Plan) -> frozenset[str]:
    """Ids of the jobs for which something is to be done."""
    idle = (Action.REUSE, Action.SKIP)
    return frozenset(entry.job.id for entry in plan.entries if entry.action not in idle)


def format_event(event: Event) -> str:
    """The line of an event other than a job's end."""
    subject = f"{event.job}: " if event.job else ""
    return one_line(f"{subject}{event.step.value}: {event.text}")


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


def _outcome_fields(outcome: Outcome) -> dict[str, Any]:
    error = outcome.error
    return {
        "state": outcome.state.value,
        "task_id": outcome.task.id,
        "seed": outcome.task.seed,
        "credits": outcome.task.credits,
        "reused": outcome.reused,
        "urls": list(outcome.task.urls),
        "files": [file.path for file in outcome.files],
        "error": error and {"code": error.code, "message": error.message, "class": error.class_},
    }
