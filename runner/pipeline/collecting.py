"""Reading and planning, which make millions of records that stay, without looks for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the collector still, and what has been made by the end out of its sight for good.

    It looks for cycles, of which records have none, by going through all of them again and again:
    a fifth of the time that planning 100,000 jobs takes. And during a run each of its rounds
    would hold up the event loop for as long as it takes to look at the whole plan.
    """
    if not gc.isenabled():  # within another such block
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
