"""Folding: breaks long lines for a terminal, between words and between ideographs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TextIO

from runner.errors.text import width

_INDENT = 6
LEAST_COLUMNS = 24
"""Text in fewer columns reads worse than text on a line of its own."""

_NOT_FIRST = frozenset(",.;:!?)]}，。、；：！？）》」』】〉”’…")
_NOT_LAST = frozenset("([{（《「『【〈“‘")
_ZERO_WIDTH_JOINER = "\u200d"


def terminal_columns(stream: TextIO) -> int | None:
    """The columns of the terminal that `stream` is; None where it is none, or hides its width."""
    if not stream.isatty():
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):  # ValueError: a stream without a descriptor
        return None


def fold(text: str, columns: int | None) -> list[str]:
    """Lines of at most `columns`; only a word that is longer than a line is broken itself.

    None: no line is broken.
    """
    lines: list[str] = []
    while columns is not None and width(text) > columns:
        end = _line_end(text, max(2, columns))
        lines.append(text[:end].rstrip(" "))
        text = text[end:].lstrip(" ")
    return [*lines, text] if text or not lines else lines


def hang(head: str, text: str, columns: int | None) -> list[str]:
    """`head` with `text` behind it, folded below its own beginning.

    Where `head` leaves little room, `text` begins on the next line, behind a few blanks.
    """
    start = width(head)
    if not text:
        return [head.rstrip()]
    if columns is None or start + width(text) <= columns:
        return [head + text]
    if columns - start >= LEAST_COLUMNS:
        first, *others = fold(text, columns - start)
        return [head + first, *(" " * start + line for line in others)]
    return [head.rstrip(), *(" " * _INDENT + line for line in fold(text, columns - _INDENT))]


def table_row(cells: Iterable[str], text: str, columns: int | None) -> list[str]:
    """A row of padded `cells` with `text` behind them; folded between cells where they are wide."""
    lines, head = [], ""
    for cell in cells:
        if columns is not None and head.strip() and width((head + cell).rstrip()) > columns:
            lines.append(head.rstrip())
            head = " " * _INDENT
        head += cell
    return lines + hang(head, text, columns)


def _line_end(text: str, columns: int) -> int:
    """How many characters the first line has; at least 1."""
    end = used = 0
    for character in text:
        used += width(character)
        if used > columns:
            break
        end += 1
    return next((at for at in range(end, 0, -1) if _may_break(text, at)), max(1, end))


def _may_break(text: str, at: int) -> bool:
    """Whether a line may end before the character at that index, which is not the first."""
    before, after = text[at - 1], text[at]
    if " " in (before, after):
        return True
    if after in _NOT_FIRST or before in _NOT_LAST:
        return False
    # A mark or a joined emoji belongs to what is before it.
    is_joined = before == _ZERO_WIDTH_JOINER or not width(after)
    return not is_joined and 2 in (width(before), width(after))
