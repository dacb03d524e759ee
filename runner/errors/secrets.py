"""Keys, which no text may show."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Secret:
    """A key whose text appears nowhere by accident: not in repr, str, format or a traceback."""

    __slots__ = ("_text",)

    def __init__(self, text: str):
        self._text = text

    def reveal(self) -> str:
        """The key itself, for the one header that carries it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__


def redact(text: str, secrets: Iterable[Secret]) -> str:
    """`text` with every secret's own text replaced, for crash logs and foreign messages."""
    # The longest first: one key may begin with another.
    for key in sorted((secret.reveal() for secret in secrets), key=len, reverse=True):
        if key:
            text = text.replace(key, "***")
    return text
