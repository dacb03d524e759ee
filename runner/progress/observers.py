"""Observers of a run: lines for a log, or NDJSON for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TextIO

from runner.errors import fold, terminal_columns
from runner.model.events import Event, Observer, Step
from runner.model.outcomes import Outcome
from runner.model.plans import Plan
from runner.progress.notices import Notices, format_event
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

    def __init__(self, err: TextIO, *, verbose: bool = False) -> None:
        self._err = err
        self._done = 0
        self._notices = Notices(verbose=verbose)

    def start(self, plan: Plan) -> None:
        """Note the jobs that need something done."""
        self._active = active_jobs(plan)

    def event(self, event: Event) -> None:
        """Write the event's line; steps between submission and end are not news in a log."""
        if event.step is Step.ENDED and event.outcome is not None:
            if event.job in self._active:  # 100,000 reused jobs are no news
                self._done += 1
                if line := self._notices.end_line(event.outcome):
                    self._write(f"[{self._done}/{len(self._active)}] {line}")
        elif event.step is Step.SUBMITTED:
            self._write(format_event(event))
        elif line := self._notices.line(event):
            self._write(line)

    def _write(self, text: str) -> None:
        for line in fold(text, terminal_columns(self._err)):
            print(line, file=self._err, flush=True)  # a log is followed while it grows


class RequestObserver(UntilClosed):
    """Writes a line for each request to `err`, beside another observer that shows none."""

    def __init__(self, observer: Observer, err: TextIO) -> None:
        super().__init__(observer)
        self._err = err

    def event(self, event: Event) -> None:
        """Write the request, or pass on what is none."""
        if event.step is not Step.EXCHANGED:
            super().event(event)
            return
        with suppress(OSError, ValueError):  # one stream may be closed before the other
            print(format_event(event), file=self._err, flush=True)


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
        name = _JSON_NAMES.get(event.step, event.step.value)
        if not name:
            return
        record: dict[str, Any] = {"event": name, "job": event.job}
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


_JSON_NAMES = {
    Step.PUT_OFF: "retrying",
    Step.REFETCHING: "retrying",
    Step.UNREACHABLE: "retrying",
    # Programs see it by what succeeds next, and requests are for people who look for a fault.
    Step.REACHABLE: "",
    Step.EXCHANGED: "",
}
"""The events that programs know under another name; empty for those that are not written."""


def active_jobs(plan: Plan) -> Mapping[str, str]:
    """The id of each job for which something is to be done, to its provider."""
    return {each.job.id: each.job.provider for each in plan.entries if not each.is_idle}


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
