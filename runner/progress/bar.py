"""Progress bars for a terminal: one for a run, and the narrow bar that all of them use."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, cast

from tqdm import tqdm

from runner.errors import fold, plural, terminal_columns
from runner.model.events import Event, Observer, Step
from runner.model.outcomes import Outcome, State
from runner.model.plans import Plan
from runner.progress.notices import Notices
from runner.progress.observers import active_jobs
from runner.streams import Lasting

if TYPE_CHECKING:
    _Bar = tqdm[NoReturn]
else:
    _Bar = tqdm  # generic for type checkers only

ERASE_LINE = "\r\x1b[2K"
"""Erases the terminal's line."""

TICK_S = 1.0

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
    """Shows a bar over the jobs that need something done; what is news is written above it."""

    def __init__(self, err: TextIO, *, verbose: bool = False) -> None:
        self._err = cast("TextIO", Lasting(err))
        self._notices = Notices(verbose=verbose)
        self._in_flight: set[str] = set()
        self._out: set[str] = set()
        """The providers that cannot be reached."""
        self._ended: Counter[str] = Counter()
        """State to the number of jobs, of those without a result."""
        self._put_off: dict[str, str] = {}
        """Job to provider, of those whose submission was not taken and is tried again."""
        self._made: set[str] = set()
        """Jobs whose files are to be fetched."""
        self._late: set[str] = set()
        """Those of them with a file that did not come and is asked for again."""

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
        self._ticking = Ticker(self._bar)

    def event(self, event: Event) -> None:
        """Move the bar, or write a line above it."""
        if event.step is Step.ENDED and event.outcome is not None:
            self._end(event.job, event.outcome)
        elif event.step is Step.INTERRUPTED:
            self._err.write(ERASE_LINE)  # the terminal has put ^C behind the bar
        if line := self._notices.line(event):
            self._write_above(line)
        if event.step in _COUNTED:
            self._count(event)
            # Drawn with the bar's next move or the ticker's, as often as tqdm allows.
            self._bar.set_postfix_str(", ".join(self._counts()), refresh=False)

    def stop(self) -> None:
        """Leave the bar as it is and end its line."""
        self._ticking.stop()
        self._bar.close()

    def _count(self, event: Event) -> None:
        match event.step:
            case Step.PUT_OFF:
                self._put_off[event.job] = self._active.get(event.job, "the provider")
            case Step.REFETCHING:
                self._late.add(event.job)
            case Step.SUBMITTED:
                self._in_flight.add(event.job)
                self._put_off.pop(event.job, None)
            case Step.NOTICED:
                self._in_flight.discard(event.job)
                self._made.add(event.job)
            case Step.UNREACHABLE:
                self._out.add(event.subject)
            case Step.REACHABLE:
                self._out.discard(event.subject)
            case _:
                self._put_off.pop(event.job, None)
                for jobs in (self._in_flight, self._made, self._late):
                    jobs.discard(event.job)

    def _counts(self) -> Iterator[str]:
        waiting = Counter(self._put_off.values())
        for provider in sorted(self._out | waiting.keys()):
            what = f"{provider} out" if provider in self._out else provider
            yield f"{what}: {waiting[provider]} waiting" if waiting[provider] else what
        if self._in_flight:
            yield f"{len(self._in_flight)} in flight"
        if self._late:
            yield f"{len(self._late)} of {plural(len(self._made | self._late), 'file')} late"
        for state, count in self._ended.items():
            yield f"{count} {state}"

    def _end(self, job: str, outcome: Outcome) -> None:
        if job not in self._active:  # reused or skipped: not in the total either
            return
        self._bar.update(1)
        if outcome.state is not State.SUCCEEDED:  # the bar itself shows success
            self._ended[outcome.state.value] += 1
            if line := self._notices.end_line(outcome):
                self._write_above(line)

    def _write_above(self, text: str) -> None:
        for line in fold(text, terminal_columns(self._err)):
            self._bar.write(line, file=self._err)


_COUNTED = frozenset(Step) - {Step.EXCHANGED, Step.RETRYING, Step.INTERRUPTED}


class Ticker:
    """Draws a bar each second, from a thread: its time shows that the run is alive."""

    def __init__(self, bar: NarrowBar) -> None:
        self._bar = bar
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="progress bar", daemon=True)
        if not bar.disable:
            self._thread.start()

    def stop(self) -> None:
        """Draw no more."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _tick(self) -> None:
        # A closed terminal is noticed by the observer, with its next line.
        with suppress(OSError, ValueError):
            while not self._stopped.wait(TICK_S):
                self._bar.refresh()
