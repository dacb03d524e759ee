"""YAML writer: writes plain values so that YAML 1.1 and 1.2 readers read the same values."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

# What is invisible, reorders text (bidirectional marks) or ends a line for some readers only.
_ESCAPED = (
    r"\x00-\x1f\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\ud800-\udfff"
)
# Unquoted: starts with a letter, and has no ": ", " #", odd spaces or unprintable characters.
_PLAIN = re.compile(rf"(?:[^\W\d]|/)(?:[^\s:{_ESCAPED}]| (?=[^\s#:])|:(?=[^\s]))*")
_UNSEEN = re.compile(f"[{_ESCAPED}]")
_QUOTED_CHARACTER = re.compile(rf'["\\{_ESCAPED}]')
# No line starts with white space, which would be read as indentation.
_BLOCK = re.compile(rf"[^\s{_ESCAPED}][^{_ESCAPED}]*(?:\n+[^\s{_ESCAPED}][^{_ESCAPED}]*)+\n?")
# Not only YAML 1.1's own words: some readers accept these too.
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"])
_NAMED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_PLAIN_TYPES = frozenset((dict, list, str, int, float, bool, type(None)))
# Longer keys are written as `? key`, because readers limit how far they look for the colon.
_MAX_KEY = 800


def dump(value: Any) -> str:
    """Block-style YAML of a plain value, keys in their order, with a newline at the end.

    Accepts mappings with text keys, sequences, str, int, float, bool and None. Lone surrogates,
    which UTF-8 cannot encode, become U+FFFD. Raises TypeError for anything else, ValueError for
    infinity and NaN.
    """
    lines: list[str] = []
    _emit(lines, "", value, 0)
    return "\n".join(lines) + "\n"


def dump_item(value: Any, *, indent: int = 0) -> str:
    """`value` as one item of a list whose dash is indented by `indent` spaces."""
    lines: list[str] = []
    _emit_item(lines, value, indent)
    return "\n".join(lines) + "\n"


def _emit(lines: list[str], head: str, value: Any, indent: int) -> None:
    """Append the lines of `value` at `indent`; a scalar goes on the line of `head`."""
    if not _is_filled(value):
        _emit_scalar(lines, head, value, indent)
        return
    if head:
        lines.append(head)
    if isinstance(value, Mapping):
        for key, item in value.items():
            _emit(lines, _head(lines, key, indent), item, indent + 2)
    else:
        for item in value:
            _emit_item(lines, item, indent)


def _emit_item(lines: list[str], value: Any, indent: int) -> None:
    """Append a list item: its first line after the dash, the others below that line."""
    pad = " " * indent
    if not _is_filled(value):
        _emit_scalar(lines, pad + "-", value, indent + 2)
        return
    first = len(lines)
    _emit(lines, "", value, indent + 2)
    lines[first] = f"{pad}- {lines[first][indent + 2 :]}"


def _emit_scalar(lines: list[str], head: str, value: Any, indent: int) -> None:
    if isinstance(value, str) and head and "\n" in value and _BLOCK.fullmatch(value):
        lines.append(f"{head} |" if value[-1] == "\n" else f"{head} |-")
        lines += (" " * indent + line if line else "" for line in value.rstrip("\n").split("\n"))
    else:
        lines.append(f"{head} {_scalar(value)}" if head else " " * indent + _scalar(value))


def _is_filled(value: Any) -> bool:
    """Whether a value is a mapping or list that is not empty."""
    kind = value.__class__  # first, since asking for an abstract class is slow
    if kind not in _PLAIN_TYPES:
        abstract = isinstance(value, Mapping | Sequence)
        return abstract and not isinstance(value, str | bytes | bytearray) and bool(value)
    return (kind is dict or kind is list) and bool(value)


def _head(lines: list[str], key: Any, indent: int) -> str:
    """The start of a value's line; a key too long for `key:` gets a line of its own."""
    if not isinstance(key, str):
        raise TypeError(f"a key must be text, not {type(key).__name__}")
    written = _cached_text(key)
    if len(written) <= _MAX_KEY:
        return f"{' ' * indent}{written}:"
    lines.append(f"{' ' * indent}? {written}")
    return f"{' ' * indent}:"


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(int(value))  # of an enum with numbers: its value
    if isinstance(value, float):
        return _float(value)
    # Here a container is empty, see `_is_filled`.
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return "[]"
    raise TypeError(f"a {type(value).__name__} cannot be written as YAML")


# Unquoted inside a flow mapping, which the page of the gallery writes by the same rule (`yaml` in
# marks.js): words that start with a letter or a digit, the first with a letter.
_FLOW = re.compile(r"[^\W_](?:[\w.-]| [^\W_])*")


def flow_text(value: str) -> str:
    """`value` as a scalar on one line, which may stand inside `{...}`; in quotes, as in JSON."""
    if value[:1].isalpha() and _FLOW.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return _UNSEEN.sub(_escape_unseen, json.dumps(str(value), ensure_ascii=False))


def _escape_unseen(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{0xFFFD if 0xD800 <= code <= 0xDFFF else code:04x}"


def _text(value: str) -> str:
    value = str.__str__(value)  # of an enum with text values: its value
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return f'"{_QUOTED_CHARACTER.sub(_escape, value)}"'


_cached_text = lru_cache(maxsize=1024)(_text)  # keys are the same in every row


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:  # half of a surrogate pair
        code = 0xFFFD
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be written as JSON or YAML data")
    # YAML 1.1 reads a number with an exponent as text unless it has a decimal point.
    mantissa, e, exponent = repr(float(value)).partition("e")
    return f"{mantissa}.0e{exponent}" if e and "." not in mantissa else mantissa + e + exponent
