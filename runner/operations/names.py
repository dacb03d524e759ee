"""Operation names: suggests operations for a name that is none."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from runner.errors import did_you_mean, nearest

MOST = 5
"""Names that are proposed: nobody reads the whole list."""
_TYPING_ERROR = 0.85
"""How similar a name is that can only have been meant."""
_LISTS_ALL = "(vidu-run operations lists all)"


def suggest_operation(name: str, known: Iterable[str]) -> str:
    """A hint with the nearest operations, and the command that lists all."""
    names = list(known)
    # Of a name without its provider, or only a part of it, several may be meant.
    parts = [each for each in names if name and name.casefold() in each]
    near = nearest(name, names, cutoff=_TYPING_ERROR) if len(parts) < 2 else None
    if near is not None:
        return f"{did_you_mean(name, near)} {_LISTS_ALL}"
    similar = difflib.get_close_matches(name, names, n=MOST, cutoff=0.5)
    listed = [*dict.fromkeys([*parts, *similar])][:MOST]
    return (
        f"nearest: {', '.join(listed)} {_LISTS_ALL}" if listed else "vidu-run operations lists all"
    )
