"""Prefetcher: builds the next requests with local images before a place in flight is free.

Reading and encoding megabytes would leave the place empty for a while. Only a few requests are
held; all others are built when their turn comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from runner.engine.context import Context
from runner.engine.submit.prepare import Prepared, UnusableResult, prepare
from runner.media.sources import data_uri_length
from runner.model import Action, Media, PlanEntry

MAX_REQUESTS = 4
MAX_BYTES = 64 * 1024 * 1024
"""Of encoded images in them; a request with more is not built ahead."""


class Prefetcher:
    """Holds requests that are built, or being built."""

    def __init__(self, context: Context, upcoming: Callable[[int], Iterable[PlanEntry]]) -> None:
        """`upcoming`: returns at most so many of the jobs that are next in line."""
        self._context = context
        self._upcoming = upcoming
        self._building: dict[str, asyncio.Future[Prepared | None]] = {}
        """Job id to request; None where it cannot be built, which is reported at its turn."""
        self._bytes: dict[str, int] = {}
        self._moved = asyncio.Event()

    @property
    def ready(self) -> list[str]:
        """The jobs whose requests are held."""
        return list(self._building)

    @property
    def held_bytes(self) -> int:
        """Bytes of encoded images in all of them."""
        return sum(self._bytes.values())

    @property
    def idle(self) -> bool:
        """Whether nothing is being or about to be built."""
        return not self._moved.is_set() and all(one.done() for one in self._building.values())

    async def take(self, entry: PlanEntry) -> Prepared | None:
        """Hand over the job's request; None where the caller has to build it."""
        self._bytes.pop(entry.job.id, None)
        future = self._building.pop(entry.job.id, None)
        self._moved.set()
        return None if future is None else await asyncio.shield(future)

    async def keep_building(self) -> None:
        """Build what is next in line, one request at a time, whenever a job was taken from it."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            while (entry := self._next()) is not None:
                await self._build(entry)

    def _next(self) -> PlanEntry | None:
        """The first in line that has images and is not built yet, if there is room for it."""
        for entry in self._upcoming(MAX_REQUESTS):
            size = size_of(entry)
            if not size or entry.job.id in self._building:
                continue
            room = len(self._building) < MAX_REQUESTS and self.held_bytes + size <= MAX_BYTES
            return entry if room else None
        return None

    async def _build(self, entry: PlanEntry) -> None:
        future = asyncio.get_running_loop().create_future()
        self._building[entry.job.id], self._bytes[entry.job.id] = future, size_of(entry)
        operation = self._context.operations[entry.job.operation]
        prepared = None
        try:
            prepared = await prepare(self._context, entry, operation, {})
        except UnusableResult:
            pass  # reported at its turn, when it is built again
        finally:
            if not future.done():
                future.set_result(prepared)


def size_of(entry: PlanEntry) -> int:
    """Bytes of the job's images within its request; 0 if it is not to be built ahead."""
    job = entry.job
    if entry.action is not Action.SUBMIT or job.draft.needs:
        return 0
    images = (image for some in job.media.values() for image in some)
    return sum(
        data_uri_length(image) for image in images if isinstance(image, Media) and image.sha256
    )
