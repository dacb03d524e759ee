"""Background: does work in a thread of its own, which its caller can interrupt but not cut off."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import Generic, TypeVar

from runner.commands.carry_out import SignalHandler

T = TypeVar("T")


class EarlyEndError(Exception):
    """A run was interrupted while it was still being prepared; the cause of what is raised."""


class Interruption:
    """Requests to end a run early: each counts as one Ctrl-C. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._deliver: Callable[[], object] | None = None
        self.requests = 0

    def request(self) -> None:
        """Submit nothing more and record everything; the second time, do not wait for answers."""
        with self._lock:
            self.requests += 1
            if self._deliver is not None:
                self._deliver()

    def check(self) -> None:
        """Raise EarlyEndError if the end was requested before anything was sent."""
        if self.requests:
            raise EarlyEndError("interrupted: nothing was sent")

    @contextmanager
    def connected(self, handle: SignalHandler, handle_late: SignalHandler) -> Iterator[None]:
        """Pass requests to the run on this event loop, those of before included.

        After it everything is on record, so that there is nothing to pass to `handle_late`.
        """
        del handle_late
        loop = asyncio.get_running_loop()
        with self._lock:
            self._deliver = lambda: loop.call_soon_threadsafe(handle, signal.SIGINT)
            for _ in range(self.requests):
                self._deliver()
        try:
            yield
        finally:
            with self._lock:
                self._deliver = None


class Background(Generic[T]):
    """Work in a thread, so that it has an event loop of its own also where one is running."""

    def __init__(self, work: Callable[[Interruption], T]) -> None:
        self._interruption = Interruption()
        self._future: Future[T] = Future()
        # No daemon: a program that ends does not cut it off.
        self._thread = threading.Thread(target=self._do, args=(work,), name="vidu-run")

    def _do(self, work: Callable[[Interruption], T]) -> None:
        self._future.set_running_or_notify_cancel()
        try:
            self._future.set_result(work(self._interruption))
        except BaseException as error:  # noqa: BLE001 - raised in the caller's thread
            self._future.set_exception(error)

    def result(self) -> T:
        """Wait for the end. A KeyboardInterrupt interrupts the work, and is raised at its end."""
        interrupted: KeyboardInterrupt | None = None
        self._thread.start()
        while not self._future.done():
            try:
                wait([self._future])
            except KeyboardInterrupt as error:
                interrupted = error
                self._interruption.request()
        if interrupted is not None:
            raise interrupted from self._future.exception()
        return self._future.result()

    async def aresult(self) -> T:
        """Await the end. A cancellation interrupts the work, and is raised at its end."""
        cancelled: asyncio.CancelledError | None = None
        self._thread.start()
        future = asyncio.wrap_future(self._future)
        while not future.done():
            try:
                await asyncio.wait([future])  # which does not cancel it
            except asyncio.CancelledError as error:
                cancelled = error
                self._interruption.request()
        if cancelled is not None:
            raise cancelled from future.exception()
        return future.result()
