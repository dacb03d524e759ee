"""A manifest's places in; a block out within which no file is read that has not changed."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.digests import backed_by
from runner.ledger import Digests
from runner.pipeline.options import Options
from runner.pipeline.places import Places


@contextmanager
def remembering(options: Options, places: Places) -> Iterator[None]:
    """What is read within is remembered beside the ledger, where that has a folder.

    A verb that writes nothing only looks at what others have remembered.
    """
    cache = _cache(places.digests.absolute(), trusted=not options.afresh, writable=not options.dry)
    try:
        with backed_by(cache):
            yield
    finally:
        cache.close()


@functools.cache
def _cache(path: Path, *, trusted: bool, writable: bool) -> Digests:
    """One for the life of the process: what was read before there was a folder waits in it."""
    return Digests(path, trusted=trusted, writable=writable)
