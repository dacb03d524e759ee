"""Text errors: what is wrong or odd in a text, with its index; `files` adds line and column."""

from __future__ import annotations

from dataclasses import dataclass

from runner.model.values import ValuePath


@dataclass(frozen=True, slots=True, kw_only=True)
class TextError:
    """One thing that is wrong (or, with `warning`, odd) in a YAML or JSON text."""

    index: int
    """Characters of the text before it."""
    message: str
    hint: str | None = None
    warning: bool = False
    first_key: ValuePath | None = None
    """For a duplicate key: the path of the first one, whose location is added to the message."""


class DocumentError(Exception):
    """An error after which the rest of the text cannot be read."""

    def __init__(self, error: TextError):
        super().__init__(error.message)
        self.error = error


def fatal(index: int, message: str, hint: str | None = None) -> DocumentError:
    """An error after which the rest of the text is not read."""
    return DocumentError(TextError(index=index, message=message, hint=hint))
