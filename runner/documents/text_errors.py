"""Text errors: what is wrong or odd in a text, with its index; `files` adds line and column."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runner.model.values import ValuePath

SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a pair, which is no character: escapes can spell it, UTF-8 cannot encode it."""


def join_surrogates(text: str) -> str:
    """The text with the halves of surrogate pairs joined; a half without the other one stays."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


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


# -------------------------------------------------------------------------------- merge conflicts

# The line `=======` between the two versions counts only below one of these: it may be a text.
# Git makes longer ones on demand (conflict-marker-size), and for conflicts inside a conflict.
_MARKER = re.compile(
    r"^(?:(?:<{7}|>{7}|\|{7})(?: .*)?|(?:<{8,}|>{8,}|\|{8,}) .*)\r?$", re.MULTILINE
)
_MARKS = ("<<<<<<<", ">>>>>>>", "|||||||")


def find_conflict(text: str) -> TextError | None:
    """The error at the first marker of a merge conflict, None without any."""
    # Finding a substring is far faster than the expression, and most files have none.
    if not any(mark in text for mark in _MARKS):
        return None
    found = _MARKER.search(text)
    return conflict_error(found.start()) if found else None


def conflict_error(index: int) -> TextError:
    """The error for a marker that is at `index`."""
    message = "a merge conflict is not resolved here"
    hint = "keep one of the two versions, and remove the lines <<<<<<<, ======= and >>>>>>>"
    return TextError(index=index, message=message, hint=hint)
