"""Onlookers of a run: a bar for a terminal, plain lines for a log, NDJSON for programs."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from tqdm import tqdm

from runner.errors import one_line
from runner.model import Action, Event, Observer, Outcome, Plan, State, Step


def is_interactive(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether it is a terminal that can redraw a line, and not in the hands of a CI service."""
    return stream.isatty() and not environ.get("CI") and environ.get("TERM") != "dumb"


ROOM = len("^C")


if TYPE_CHECKING:
    _Bar = tqdm[NoReturn]
else:
    _Bar = tqdm  # generic for type checkers only


class NarrowBar(_Bar):
    """As wide as the terminal but for that room.

    In a bar of full width `^C` goes on to the next line: whatever takes that line away leaves
    the bar itself on the screen, and the next one is drawn below it.
    """

    @property
    def format_dict(self) -> MutableMapping[str, Any]:
        """What tqdm makes the bar from."""
        known: MutableMapping[str, Any] = super().format_dict
        if known.get("ncols"):  # what is disabled or no terminal has none
            known["ncols"] = max(1, known["ncols"] - ROOM)
        return known


def observer(
    mode: str, environ: Mapping[str, str], *, out: TextIO | None = None, err: TextIO | None = None
) -> Observer:
    """The onlooker that `--progress` asks for; `auto` is a bar on a terminal, else plain lines.

    NDJSON goes to `out` (standard output), everything else to `err`.
    """
    out, err = out or sys.stdout, err or sys.stderr
    if mode == "auto":
        mode = "bar" if is_interactive(err, environ) else "plain"
    match mode:
        case "bar":
            return Unheard(Bar(err))
        case "plain":
            return Unheard(Plain(err))
        case "json":
            return Unheard(Json(out))
        case _:
            return Silent()


class Silent:
    """Looks on and says nothing."""

    def start(self, plan: Plan) -> None:
        """Nothing."""

    def event(self, event: Event) -> None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""


class Unheard:
    """Another onlooker, for as long as anybody listens: a closed pipe must not end a paid run."""

    def __init__(self, teller: Observer) -> None:
        self._teller: Observer = teller

    def start(self, plan: Plan) -> None:
        """Let it start."""
        self._try(lambda: self._teller.start(plan))

    def event(self, event: Event) -> None:
        """Let it know."""
        self._try(lambda: self._teller.event(event))

    def stop(self) -> None:
        """Let it stop."""
        self._try(self._teller.stop)

    def _try(self, tell: Callable[[], None]) -> None:
        try:
            tell()
        except (OSError, ValueError):  # ValueError: the stream is closed on our side
            self._teller = Silent()


ERASED = "\r\x1b[2K"
"""Takes a terminal's line away."""


class Bar:
    """A tqdm bar over the jobs that need something done; troubles are written above it."""

    def __init__(self, err: TextIO) -> None:
        self._err = err
        self._counts: Counter[str] = Counter()

    def start(self, plan: Plan) -> None:
        """Draw the empty bar."""
        # MERGED

        self._moving = moving(plan)
        self._bar = NarrowBar(
            total=len(self._moving),
            file=self._err,
            unit="job",
            dynamic_ncols=True,
            bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}]{postfix}",
            disable=not self._moving,
        )

    def event(self, event: Event) -> None:
        """Move the bar, or write a line above it."""
        if event.step is Step.ENDED and event.outcome is not None:
            self._end(event.job, event.outcome)
        elif event.step is Step.INTERRUPTED:
            self._err.write(ERASED)  # the terminal has put ^C behind the bar
            self._line(line_of(event))
        elif event.step is Step.RETRYING:
            self._line(line_of(event))
        elif event.step in (Step.SUBMITTED, Step.NOTICED):
            self._counts["in flight"] += 1 if event.step is Step.SUBMITTED else -1
            self._show()

    def stop(self) -> None:
        """Leave the bar as it is and end its line."""
        self._bar.close()

    def _end(self, job: str, outcome: Outcome) -> None:
        if job not in self._moving:
            return
        self._bar.update(1)
        if outcome.state is not State.SUCCEEDED:
            self._counts[outcome.state.value] += 1
            self._line(ending_of(outcome))
        self._show()

    def _show(self) -> None:
        told = [f"{count} {name}" for name, count in self._counts.items() if count > 0]
        self._bar.set_postfix_str(", ".join(told), refresh=False)

    def _line(self, text: str) -> None:
        self._bar.write(text, file=self._err)


class Plain:
    """A line for each thing that happens, for logs."""

    def __init__(self, err: TextIO) -> None:
        self._err = err
        self._done = 0

    def start(self, plan: Plan) -> None:
        """Note which jobs there is something to tell of."""
        self._moving = moving(plan)

    def event(self, event: Event) -> None:
        """Write the event's line; steps between submission and end say nothing new to a log."""
        if event.step is Step.ENDED and event.outcome is not None:
            if event.job in self._moving:
                self._done += 1
                self._write(f"[{self._done}/{len(self._moving)}] {ending_of(event.outcome)}")
        elif event.step in (Step.SUBMITTED, Step.RETRYING, Step.INTERRUPTED):
            self._write(line_of(event))

    def stop(self) -> None:
        """Nothing: every line is out."""

    def _write(self, text: str) -> None:
        print(text, file=self._err, flush=True)


class Json:
    """One JSON object a line: start, every event, and `done` as the last."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._states: Counter[str] = Counter()

    def start(self, plan: Plan) -> None:
        """Tell what is planned."""
        actions = Counter(entry.action.value for entry in plan.entries)
        self._write({"event": "start", "jobs": len(plan.entries), "actions": dict(actions)})

    def event(self, event: Event) -> None:
        """Tell one event."""
        record: dict[str, Any] = {"event": event.step.value, "job": event.job}
        if event.text:
            record["text"] = event.text
        if event.outcome is not None:
            record |= _facts(event.outcome)
            self._states[event.outcome.state.value] += 1
        self._write(record)

    def stop(self) -> None:
        """Tell that this was all."""
        self._write({"event": "done", "states": dict(self._states)})

    def _write(self, record: Mapping[str, Any]) -> None:
        print(json.dumps(record, ensure_ascii=False), file=self._out, flush=True)


def moving(plan: Plan) -> frozenset[str]:
    """Ids of the jobs for which something is to be done."""
    still = (Action.REUSE, Action.SKIP)
    return frozenset(entry.job.id for entry in plan.entries if entry.action not in still)


def line_of(event: Event) -> str:
    """The line of an event that is no job's end."""
    subject = f"{event.job}: " if event.job else ""
    return one_line(f"{subject}{event.step.value}: {event.text}")


def ending_of(outcome: Outcome) -> str:
    """The line of a job's end: state, price, first file, or why not."""
    parts: list[str] = []
    if outcome.state is State.SUCCEEDED:
        parts = ["reused" if outcome.reused else "done"]
        if outcome.task.credits is not None and not outcome.reused:
            parts.append(f"{outcome.task.credits} credit{'s' * (outcome.task.credits != 1)}")
        parts += [file.path for file in outcome.files[:1]]
    else:
        parts = [outcome.state.value]
        if outcome.error is not None:
            parts.append(f"{outcome.error.code}: {outcome.error.message}")
        elif outcome.reason:
            parts.append(outcome.reason.text)
    return one_line(f"{outcome.job.id}: {', '.join(parts)}")


def _facts(outcome: Outcome) -> dict[str, Any]:
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
