"""Progress bars for a terminal: one for a run, and the narrow bar that all of them use."""

from __future__ import annotations

from collections import Counter
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from tqdm import tqdm

from runner.model.events import Event, Observer, Step
from runner.model.outcomes import Outcome, State
from runner.model.plans import Plan
from runner.progress.observers import active_jobs, format_event, format_outcome

if TYPE_CHECKING:
    _Bar = tqdm[NoReturn]
else:
    _Bar = tqdm  # generic for type checkers only

ERASE_LINE = "\r\x1b[2K"
"""Erases the terminal's line."""

_CTRL_C_COLUMNS = len("^C")


class NarrowBar(_Bar):
    """A bar that leaves room for `^C` at the end of its line."""

    # Behind a bar of full width `^C` wraps into the next line: erasing that one leaves the bar
    # itself on the screen, and the next one is drawn below it.

    @property
    def format_dict(self) -> MutableMapping[str, Any]:
        """What tqdm formats the bar from."""
        fields: MutableMapping[str, Any] = super().format_dict
        if fields.get("ncols"):  # absent off a terminal, and when disabled
            fields["ncols"] = max(1, fields["ncols"] - _CTRL_C_COLUMNS)
        return fields


class BarObserver(Observer):
    """Shows a bar over the jobs that need something done; failures are written above it."""

    def __init__(self, err: TextIO) -> None:
        self._err = err
        self._counts: Counter[str] = Counter()

    def start(self, plan: Plan) -> None:
        """Draw the empty bar."""
        self._active = active_jobs(plan)
        self._bar = NarrowBar(
            total=len(self._active),
            file=self._err,
            unit="job",
            dynamic_ncols=True,
            bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}]{postfix}",
            disable=not self._active,  # a bar from 0 to 0 would look like a failure
        )

    def event(self, event: Event) -> None:
        """Move the bar, or write a line above it."""
        if event.step is Step.ENDED and event.outcome is not None:
            self._end(event.job, event.outcome)
        elif event.step is Step.INTERRUPTED:
            self._err.write(ERASE_LINE)  # the terminal has put ^C behind the bar
            self._write_above(format_event(event))
        elif event.step is Step.RETRYING:
            self._write_above(format_event(event))
        elif event.step in (Step.SUBMITTED, Step.NOTICED):
            self._counts["in flight"] += 1 if event.step is Step.SUBMITTED else -1
            self._show_counts()

    def stop(self) -> None:
        """Leave the bar as it is and end its line."""
        self._bar.close()

    def _end(self, job: str, outcome: Outcome) -> None:
        if job not in self._active:  # reused or skipped: not in the total either
            return
        self._bar.update(1)
        if outcome.state is not State.SUCCEEDED:  # the bar itself shows success
            self._counts[outcome.state.value] += 1
            self._write_above(format_outcome(outcome))
        self._show_counts()

    def _show_counts(self) -> None:
        counts = [f"{count} {name}" for name, count in self._counts.items() if count > 0]
        # Drawn with the bar's next move, as often as tqdm allows.
        self._bar.set_postfix_str(", ".join(counts), refresh=False)

    def _write_above(self, text: str) -> None:
        self._bar.write(text, file=self._err)
