"""An id as evaluated in; an id that can serve as a file name out."""

from __future__ import annotations

import re
import unicodedata

MOST_BYTES = 100
"""In UTF-8, after expansion."""

_COMMON = re.compile(r"[^\W_][\w.-]*", re.ASCII)
_SPEECH = ("L", "N")
"""Unicode categories of letters and digits; marks ("M") go with the letters they stand on."""


class IdError(Exception):
    """An id that cannot be used."""

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(message)
        self.message = message
        self.hint = hint


def checked(text: str) -> str:
    """The id in NFC; raises `IdError` when it has a character it may not have, or too many."""
    if len(text) <= MOST_BYTES and _COMMON.fullmatch(text):
        return text
    found = unicodedata.normalize("NFC", text)
    if not found:
        raise IdError("the id is empty")
    for index, character in enumerate(found):
        if not _allowed(character, first=index == 0):
            raise IdError(*_complaint(found, character))
    size = len(found.encode())
    if size > MOST_BYTES:
        raise IdError(f"the id has {size} bytes in UTF-8, at most {MOST_BYTES} are allowed")
    return found


def folded(checked_id: str) -> str:
    """What two ids must not share: the id as a file system that ignores case sees it."""
    if checked_id.isascii():
        return checked_id.lower()
    return unicodedata.normalize("NFC", checked_id.casefold())


def _allowed(character: str, *, first: bool) -> bool:
    kind = unicodedata.category(character)[0]
    return kind in _SPEECH or (not first and (kind == "M" or character in "._-"))


def _complaint(found: str, character: str) -> tuple[str, str]:
    if character in "._-":
        return f'id "{found}" starts with "{character}"', "start it with a letter or a digit"
    hint = 'letters and digits of any script, ".", "_" and "-" are allowed; try | slug'
    return f'id "{found}" has the character "{character}", which a file name may not', hint
