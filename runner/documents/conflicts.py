"""Merge conflicts: finds the markers that git leaves in a file."""

from __future__ import annotations

import re

from runner.documents.text_errors import TextError

# The line `=======` between the two versions counts only below one of these: it may be a text.
_MARKER = re.compile(r"^(?:<{7}|>{7}|\|{7})(?: .*)?\r?$", re.MULTILINE)
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
