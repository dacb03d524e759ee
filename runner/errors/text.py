"""Text for people: redaction of keys, what cannot be seen, plurals, terminal width, excerpts."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Secret:
    """A key that repr, str, format and tracebacks do not show."""

    __slots__ = ("_text",)

    def __init__(self, text: str):
        self._text = text

    def reveal(self) -> str:
        """The key itself, for the one header that carries it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__


_SECRET_WORDS = ("KEY", "TOKEN", "SECRET", "PASSWORD")


def looks_secret(name: str, *, anywhere: bool = False) -> bool:
    """Whether an environment variable holds a secret by the end of its name: `VIDU_API_KEY`.

    With `anywhere` the word may be anywhere in the name: for redaction, where a wrong "yes" costs
    nothing; `KEY_VISUAL` must stay usable in manifests.
    """
    upper = name.upper()
    if anywhere:
        return any(word in upper for word in _SECRET_WORDS)
    return upper.endswith(_SECRET_WORDS)


def redact(text: str, secrets: Iterable[Secret]) -> str:
    """`text` with every secret's own text replaced, for crash logs and foreign messages."""
    # The longest first: one key may begin with another.
    for key in sorted((secret.reveal() for secret in secrets), key=len, reverse=True):
        if key:
            text = text.replace(key, "***")
    return text


# ----------------------------------------------------------------------------- what cannot be seen

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


_NOTHING = re.compile(rf"(?:\s|{INVISIBLE.pattern})*")


def is_blank(text: str) -> bool:
    """Whether nothing in the text can be seen."""
    return not text.strip() or (not text.isascii() and _NOTHING.fullmatch(text) is not None)


def name_character(character: str) -> str:
    """The number and name of a character: `U+200B (zero width space)`."""
    name = unicodedata.name(character, "").lower()
    return f"U+{ord(character):04X}" + (f" ({name})" if name else "")


def name_invisible(*texts: str | None) -> str | None:
    """A hint that names the invisible characters in the texts; None without any."""
    found = dict.fromkeys(c for text in texts if text for c in INVISIBLE.findall(text))
    return f"remove what cannot be seen: {', '.join(map(name_character, found))}" if found else None


_UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)


def printable(text: str) -> str:
    """`text` with control characters as visible escapes; newlines and tabs stay.

    For whole messages of our own; text that others wrote goes through `one_line` first.
    """
    # Among them bidirectional overrides, which would reorder what is read.
    return _UNSAFE.sub(lambda found: _visible(found[0]), text)


def one_line(text: str) -> str:
    """The same on one line, so that text of others cannot imitate lines of ours."""
    return printable(text.replace("\r\n", "\\n").replace("\n", "\\n"))


def visible(text: str) -> str:
    """`one_line` with all that cannot be seen as escapes, also blanks other than the space.

    For errors, where such a character may be the cause; a prompt may contain it on purpose.
    """
    return INVISIBLE.sub(lambda found: _visible(found[0]), one_line(text))


def _visible(character: str) -> str:
    code = ord(character)
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"


_PASSWORD = re.compile(r"(://[^\s:/@]*:)[^\s/@]+@")


def without_passwords(text: str) -> str:
    """The text with `***` in place of the passwords of URLs in it."""
    return _PASSWORD.sub(r"\1***@", text)


def plural(count: int, noun: str) -> str:
    """The count with its noun: `1 job`, `2 jobs`, `12,000 jobs`."""
    return f"{count:,} {noun if count == 1 else f'{noun}s'}"


def width(text: str) -> int:
    """Columns that `text` takes on a terminal: two for a wide character, none for a mark."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


_EXCERPT_COLUMNS = 74
"""Of 80 columns, less the indentation and an ellipsis at each end."""


def excerpt(line: str, column: int) -> list[str]:
    """The source line and a caret under `column`; of a long line, the part around the caret."""
    at = min(column - 1, len(line))  # what is missing is missing behind the last character
    indexes = range(len(line))
    behind = _fitting(line, indexes[at:], _EXCERPT_COLUMNS)
    # Half of the columns are before the caret, or more if the line ends soon after it.
    columns_before = _EXCERPT_COLUMNS - min(width("".join(behind)), _EXCERPT_COLUMNS // 2)
    before = _fitting(line, indexes[:at][::-1], columns_before)[::-1]
    behind = _fitting(line, indexes[at:], _EXCERPT_COLUMNS - width("".join(before)))
    lead = "…" if len(before) < at else ""
    tail = "…" if len(behind) < len(line) - at else ""
    caret = " " * (4 + width(lead + "".join(before))) + "^"
    return [f"    {lead}{''.join([*before, *behind])}{tail}", caret]


def _fitting(line: str, indexes: Iterable[int], columns: int) -> list[str]:
    """The first of the characters at `indexes`, escaped, that fit into `columns`."""
    fitting: list[str] = []
    # One by one: an escape takes several columns, and half of it would be another character.
    for index in indexes:
        character = line[index].replace("\t", " ")
        # Its neighbours decide whether it is a part of an emoji.
        hidden = INVISIBLE.match(line, index)
        shown = _visible(character) if hidden else one_line(character)
        columns -= width(shown)
        if columns < 0:
            break
        fitting.append(shown)
    return fitting
