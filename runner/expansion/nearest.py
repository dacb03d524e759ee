"""A name that is not known in, a hint at what may have been meant out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_SHOWN = 12


def meant(name: str, known: Iterable[str]) -> str | None:
    """The nearest known name as a hint, else the known names; None where there are none."""
    names = list(known)
    if not names:
        return None
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{near[0]}"?'
    more = ", ..." if len(names) > _SHOWN else ""
    return f"known: {', '.join(names[:_SHOWN])}{more}"
