"""What is wrong with an expression, and where in its text."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ExpressionError(ValueError):
    """An expression that cannot be read, or not be evaluated where it stands."""

    def __init__(
        self,
        message: str,
        *,
        offset: int,
        length: int = 1,
        hint: str | None = None,
        data: bool = False,
    ):
        super().__init__(message)
        self.message = message
        self.offset = offset
        """Characters of the text before the part that is wrong."""
        self.length = length
        self.hint = hint
        self.data = data
        """The value that was found is to blame, rather than what was written."""


class AbsentError(LookupError):
    """A name that is missing for a reason of its own, raised by what an expression looks into."""

    def __init__(self, message: str, hint: str):
        super().__init__(message)
        self.message = message
        self.hint = hint


_LISTED = 12
_COMPARED = 1000
"""Comparing takes time: of more names, only those that start alike are looked at."""


def known(name: str, names: Iterable[str]) -> str:
    """A hint: the known name nearest to `name`, and the first of those there are."""
    choices = list(names)
    if not choices:
        return "there are none"
    compared = choices
    if len(choices) > _COMPARED:
        compared = [choice for choice in choices if choice.startswith(name[:2])][:_COMPARED]
    nearest = difflib.get_close_matches(name, compared, n=1)
    listed = ", ".join(choices[:_LISTED]) + (", ..." if len(choices) > _LISTED else "")
    return f'did you mean "{nearest[0]}"? (known: {listed})' if nearest else f"known: {listed}"
