"""Invisible characters: names what cannot be seen in a text, such as U+200B (zero width space)."""

from __future__ import annotations

import re
import unicodedata

_EMOJI = (
    r"\xa9\xae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299"
    r"\U0001f000-\U0001faff"
)
# Joiners are needed inside emoji and in the scripts of the Near East and India.
_IN_PLACE = (
    rf"(?<=[{_EMOJI}])[\ufe0e\ufe0f]",
    r"\ufe0f(?=\u20e3)",
    rf"(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])",
    r"(?<=[\U0001f3f4\U000e0020-\U000e007f])[\U000e0020-\U000e007f]",
    r"(?<=[\u0600-\u0dff])[\u200c\u200d]",
)
_BLANK = r"\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u2800\u3164\uffa0"
_WITHOUT_WIDTH = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)

INVISIBLE = re.compile(f"(?!{'|'.join(_IN_PLACE)})[{_BLANK}{_WITHOUT_WIDTH}]")
"""A character that looks like a blank or like nothing, where no script needs it."""

ODD_INDENT = re.compile(rf"[ \t-]*[{_BLANK}{_WITHOUT_WIDTH}]")
"""The start of a line up to a character that looks like indentation, but is none."""


def name_character(character: str) -> str:
    """The number and name of a character: `U+200B (zero width space)`."""
    name = unicodedata.name(character, "").lower()
    return f"U+{ord(character):04X}" + (f" ({name})" if name else "")


def name_invisible(*texts: str | None) -> str | None:
    """A hint that names the invisible characters in the texts; None without any."""
    found = dict.fromkeys(c for text in texts if text for c in INVISIBLE.findall(text))
    return f"remove what cannot be seen: {', '.join(map(name_character, found))}" if found else None
