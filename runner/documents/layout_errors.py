"""Layout errors: tabs, blanks that are none, odd line ends and markers of a merge conflict.

The parsers' own messages for them lead astray.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import yaml

from runner.documents.surprises import ODD_BREAK, odd_break_error, odd_indent_error
from runner.documents.text_errors import TextError, conflict_error
from runner.errors import INVISIBLE, ODD_INDENT, name_character

_SIGNS = (":", "-", ",")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Where the parser stopped, and the text around it."""

    text: str
    index: int
    """Characters before the place where it stopped."""
    opened: int
    """Characters before the construct that it was reading."""
    opening: str
    """The first character of that construct."""
    before: str
    """The line up to `index`."""
    after: str
    """The line from `index` on."""

    def error(self, message: str, hint: str | None = None, *, at: int | None = None) -> TextError:
        """An error where the parser stopped, or `at` an index."""
        return TextError(index=self.index if at is None else at, message=message, hint=hint)


def stop_of(error: yaml.MarkedYAMLError, text: str) -> Stop:
    """Where the error stopped the parser."""
    mark, context = error.problem_mark, error.context_mark
    index = min(mark.index if mark else 0, len(text))
    opened = context.index if context else index
    return Stop(
        text=text,
        index=index,
        opened=opened,
        opening=text[opened : opened + 1],
        before=text[text.rfind("\n", 0, index) + 1 : index],
        after=text[index:].split("\n", 1)[0].rstrip("\r"),
    )


def layout_error(stop: Stop) -> TextError | None:
    """What is wrong with the layout at the place, if anything is."""
    return _tab(stop) or _odd_indent(stop) or _odd_break(stop) or _divider(stop)


def with_names(error: TextError, stop: Stop) -> TextError:
    """The error with the name of what looks like the blank behind a colon or dash."""
    start = line_start(stop.text, error.index)
    if odd := _odd_space(stop.text, start):
        name = f"{name_character(stop.text[odd])} is no space: replace it"
        return replace(error, hint=f"{error.hint}; {name}" if error.hint else name)
    # `id:` without its space is a text, which the parser goes on reading on the next line.
    if odd := start and _odd_space(stop.text, line_start(stop.text, start - 1)):
        message = f"{name_character(stop.text[odd])} is no space, so this is not a key and a value"
        return replace(error, index=odd, message=message, hint="replace it by a space")
    return error


def _odd_space(text: str, start: int) -> int:
    """The index of what looks like the blank behind a colon or dash of a line; 0 without any."""
    line = text[start:].split("\n", 1)[0]
    found = (c.start() for c in INVISIBLE.finditer(line) if line[: c.start()].endswith(_SIGNS))
    return next((start + at for at in found), 0)


def _tab(stop: Stop) -> TextError | None:
    """A tab in the indentation, before the index or at it."""
    line = stop.before + stop.after
    indentation = line[: len(line) - len(line.lstrip(" \t"))]
    if "\t" not in indentation or len(stop.before) > len(indentation):
        return None
    at = stop.index - len(stop.before) + indentation.index("\t")
    hint = "YAML does not allow tabs for indentation: use spaces"
    return stop.error("a tab in the indentation", hint, at=at)


def _odd_indent(stop: Stop) -> TextError | None:
    """What looks like indentation, on the line where it stopped or where the construct began."""
    for start in {line_start(stop.text, index): None for index in (stop.index, stop.opened)}:
        if found := ODD_INDENT.match(stop.text, start):
            return odd_indent_error(found.end() - 1, found[0][-1])
    return None


def _odd_break(stop: Stop) -> TextError | None:
    """A line that only YAML ends before the place where it stopped."""
    breaks = [
        found.start()
        for index in (stop.opened, stop.index)
        for found in ODD_BREAK.finditer(stop.text, line_start(stop.text, index), index + 1)
    ]
    return replace(odd_break_error(breaks[-1], stop.text), warning=False) if breaks else None


def _divider(stop: Stop) -> TextError | None:
    """The line between two versions, left over where the other markers of a conflict are gone."""
    for index in (stop.index, stop.opened):
        start = line_start(stop.text, index)
        if stop.text[start:].split("\n", 1)[0].rstrip() == "=======":
            return conflict_error(start)
    return None


def line_start(text: str, index: int) -> int:
    """The index of the first character on the line of `index`."""
    return text.rfind("\n", 0, index) + 1
