"""Observers: pass what happens in a run on to an object of the caller's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from runner.api.plans import Plan
from runner.model import events, plans


class Observer(Protocol):
    """Whoever watches a run. It is called in the run's own thread, and must not block there."""

    def start(self, plan: Plan, /) -> None:
        """Get the plan that is about to be carried out."""

    def event(self, event: events.Event, /) -> None:
        """Get one event."""

    def stop(self) -> None:
        """There are no more events."""


class Watcher(events.Observer):
    """Passes everything to the caller's observer until that raises an exception."""

    def __init__(self, observer: Observer | None, plan: Plan, on_error: Callable[[], None]) -> None:
        """`on_error`: called once, when the observer has raised `error`."""
        self._observer = observer
        self._plan = plan
        self._on_error = on_error
        self.error: BaseException | None = None

    def start(self, plan: plans.Plan) -> None:  # noqa: ARG002 - the caller gets the API's own
        """Pass on."""
        self._pass(lambda observer: observer.start(self._plan))

    def event(self, event: events.Event) -> None:
        """Pass on."""
        self._pass(lambda observer: observer.event(event))

    def stop(self) -> None:
        """Pass on."""
        self._pass(lambda observer: observer.stop())

    def _pass(self, call: Callable[[Observer], None]) -> None:
        if self._observer is None:
            return
        try:
            call(self._observer)
        # Its mistake must not cut submissions whose answers are on their way: the run is
        # interrupted, records everything, and raises this at its end.
        except BaseException as error:  # noqa: BLE001 - the caller's own, of any kind
            self._observer, self.error = None, error
            self._on_error()
