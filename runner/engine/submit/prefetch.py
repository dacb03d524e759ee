"""The next requests with local images, built before there is a place in flight for them.

Reading and encoding megabytes takes longer than noticing an end; a place would be empty meanwhile.
Only a few are held: the others are encoded when their turn comes, and let go once they are sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from runner import media
from runner.engine.context import Context
from runner.engine.submit.prepare import Prepared, UnusableResult, prepare
from runner.model import Action, Media, PlanEntry

MOST = 4
"""Requests held at most."""
MOST_BYTES = 64 * 1024 * 1024
"""Of encoded images in them; a single larger one is not built ahead."""


class Prefetcher:
    """Requests that are ready, or about to be."""

    def __init__(self, context: Context, upcoming: Callable[[int], Iterable[PlanEntry]]) -> None:
        """`upcoming`: the jobs that are next in line, as many as asked for at most."""
        self._context = context
        self._upcoming = upcoming
        self._building: dict[str, asyncio.Future[Prepared | None]] = {}
        """Job id to its request; None where its own turn will tell what is wrong with it."""
        self._bytes: dict[str, int] = {}
        self._moved = asyncio.Event()

    @property
    def ready(self) -> list[str]:
        """The jobs whose requests are held."""
        return list(self._building)

    @property
    def held_bytes(self) -> int:
        """Of encoded images, in all of them."""
        return sum(self._bytes.values())

    @property
    def idle(self) -> bool:
        """Whether nothing is being built, nor about to be."""
        return not self._moved.is_set() and all(one.done() for one in self._building.values())

    async def take(self, entry: PlanEntry) -> Prepared | None:
        """The job's request, which is held no longer; None when it is to be built now."""
        self._bytes.pop(entry.job.id, None)
        future = self._building.pop(entry.job.id, None)
        self._moved.set()
        return None if future is None else await asyncio.shield(future)

    async def keep_building(self) -> None:
        """Build what is next in line, one request at a time, whenever the line has moved."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            while (entry := self._next()) is not None:
                await self._build(entry)

    def _next(self) -> PlanEntry | None:
        """The first in line that is worth building ahead, if there is room for it."""
        for entry in self._upcoming(MOST):
            size = size_of(entry)
            if not size or entry.job.id in self._building:
                continue
            room = len(self._building) < MOST and self.held_bytes + size <= MOST_BYTES
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
            pass  # told at its turn, when it is built again
        finally:
            if not future.done():
                future.set_result(prepared)


def size_of(entry: PlanEntry) -> int:
    """Bytes of the job's images within its request; 0 where it is not to be built ahead."""
    job = entry.job
    if entry.action is not Action.SUBMIT or job.draft.needs:
        return 0
    images = (image for some in job.media.values() for image in some)
    return sum(
        media.data_uri_length(image)
        for image in images
        if isinstance(image, Media) and image.sha256
    )
