"""What can go wrong: problems with a place and a hint, exit codes, and text made safe to show."""

from __future__ import annotations

import enum
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class Exit(enum.IntEnum):
    """The exit codes users and scripts rely on."""

    OK = 0
    JOBS_FAILED = 1
    USAGE = 2
    INVALID = 3
    PROVIDER = 4
    BUDGET = 5
    INCOMPLETE = 6
    DECISION = 7
    LEDGER = 8
    TO_SUBMIT = 10
    DEFECT = 70
    INTERRUPTED = 130
    TERMINATED = 143


PRECEDENCE = (
    Exit.DEFECT,
    Exit.INTERRUPTED,
    Exit.TERMINATED,
    Exit.LEDGER,
    Exit.PROVIDER,
    Exit.DECISION,
    Exit.BUDGET,
    Exit.INCOMPLETE,
    Exit.JOBS_FAILED,
)


def worst(codes: Iterable[Exit]) -> Exit:
    """The code to exit with when several apply; `Exit.OK` for none.

    Codes outside the precedence table (usage, invalid, to submit) end a program before any
    job runs, so they win over everything.
    """
    seen = set(codes) - {Exit.OK}
    early = sorted(seen - set(PRECEDENCE))
    return next((code for code in (*early, *PRECEDENCE) if code in seen), Exit.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in a text file. Lines and columns count characters from 1; 0 means unknown."""

    path: str
    line: int = 0
    column: int = 0
    text: str | None = None
    """The source line without its end, for the caret; None where there is none to show."""
    via: Place | None = field(default=None, compare=False)
    """For a value that comes from a row: the expression in the manifest that brings it."""

    def __str__(self) -> str:
        # White space at an end would look like a gap in the message.
        path = self.path if self.path == self.path.strip() else f'"{self.path}"'
        return ":".join([path, *(str(n) for n in (self.line, self.column) if n)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong (or, with `warning`, odd) in what the user wrote."""

    message: str
    place: Place | None = None
    job: str | None = None
    hint: str | None = None
    warning: bool = False
    jobs: int = 1
    """How many jobs this one cause hits."""

    def __str__(self) -> str:
        """Compiler style: `FILE:LINE:COLUMN: error: job "a": what`, the line, a caret, a hint."""
        where = f"{self.place}: " if self.place else ""
        kind = "warning" if self.warning else "error"
        job = f'job "{self.job}": ' if self.job and self.jobs == 1 else ""
        first = f", first: {self.job}" if self.job else ""
        many = f" ({self.jobs} jobs{first})" if self.jobs > 1 else ""
        lines = [f"{where}{kind}: {job}{self.message}{many}"]
        if self.place and self.place.text is not None and self.place.column:
            lines += _excerpt(self.place.text, self.place.column)
        if self.place and self.place.via:
            lines.append(f"  asked for at {self.place.via}")
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(one_line(line) for line in lines)


def merged(problems: Iterable[Problem]) -> list[Problem]:
    """The problems with those of one cause (same place, same words) told once, with their number.

    The order is that of first appearance.
    """
    found: dict[tuple[str, str, bool], Problem] = {}
    for problem in problems:
        key = (str(problem.place), problem.message, problem.warning)
        if key in found:
            known = found[key]
            found[key] = replace(
                known, jobs=known.jobs + problem.jobs, job=known.job or problem.job
            )
        else:
            found[key] = problem
    return list(found.values())


_MOST_TOLD = 50
"""Errors, and warnings, that are printed one by one; nobody reads more."""

_MOST_ALIKE = 5
"""The same for those of one expression that takes its values from rows."""


def told(problems: Iterable[Problem]) -> list[str]:
    """The problems as texts to print, in order: those of one cause, and all of them, up to a limit.

    What is left out is counted.
    """
    shown: list[str] = []
    alike: Counter[tuple[str, bool]] = Counter()
    kinds: Counter[bool] = Counter()
    left: Counter[tuple[str, bool]] = Counter()
    for problem in problems:
        via = problem.place.via if problem.place else None
        cause = (str(via) if via else "", problem.warning)
        alike[cause] += 1
        if via and alike[cause] > _MOST_ALIKE:
            left[cause] += 1
        elif kinds[problem.warning] >= _MOST_TOLD:
            left["", problem.warning] += 1
        else:
            kinds[problem.warning] += 1
            shown.append(str(problem))
    return shown + [one_line(_more(*cause, number)) for cause, number in left.items()]


def _more(cause: str, warning: bool, number: int) -> str:
    kind = "warning" if warning else "error"
    where = f" about what is asked for at {cause}" if cause else ""
    return f"... and {number:,} more {kind}{'s' * (number != 1)}{where}"


class Failure(Exception):  # noqa: N818 - the family's name; its members end in Error
    """A known end of the program: shown without a traceback, with its exit code."""

    exit: ClassVar[Exit] = Exit.DEFECT

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        place: Place | None = None,
        others: Iterable[Problem] = (),
    ):
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.place = place
        self.others = list(others)
        """Further problems of the same kind, told after this one."""

    def __str__(self) -> str:
        first = Problem(message=self.message, hint=self.hint, place=self.place)
        return "\n".join(str(problem) for problem in (first, *self.others))


class UsageError(Failure):
    """The command line or the environment asks for something that cannot be."""

    exit = Exit.USAGE


class ManifestError(Failure):
    """One or more manifests are invalid; nothing was sent for any."""

    exit = Exit.INVALID

    def __init__(self, problems: Iterable[Problem]):
        self.problems = list(problems)
        errors = sum(not problem.warning for problem in self.problems)
        super().__init__(f"{errors} error{'s' * (errors != 1)}")

    def __str__(self) -> str:
        """What to print: not everything, where there is very much of it; `problems` has all."""
        return "\n".join(told(self.problems))


class ProviderError(Failure):
    """A key, credit or address trouble that stops a provider."""

    exit = Exit.PROVIDER


class LedgerError(Failure):
    """The ledger cannot be used: locked out, damaged, read-only, newer."""

    exit = Exit.LEDGER


class OutputError(Failure):
    """A file or folder the program has to write cannot be written; a later run continues."""

    exit = Exit.INCOMPLETE


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


_UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)


def printable(text: str) -> str:
    """`text` without anything a terminal would obey: escapes and controls become visible.

    Newlines and tabs stay; bidirectional overrides do not, for they reorder what is read. For
    whole messages of our own; what others wrote goes through `one_line` first.
    """
    return _UNSAFE.sub(lambda found: _visible(found[0]), text)


def one_line(text: str) -> str:
    """The same on one line: what others wrote must not pass for lines of ours."""
    return printable(text.replace("\r\n", "\\n").replace("\n", "\\n"))


def _visible(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"


def width(text: str) -> int:
    """Columns that `text` takes on a terminal: wide characters take two, marks none."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


_EXCERPT_COLUMNS = 74
"""Of a terminal's 80, after the indentation and with a mark at each end."""


def _excerpt(line: str, column: int) -> list[str]:
    """The source line and a caret under `column`; a long line is shown around the caret."""
    at = min(column - 1, len(line))
    behind = _fitting(line[at:], _EXCERPT_COLUMNS)
    # Half of the room lies before the caret, and all that a short rest of the line leaves.
    room = _EXCERPT_COLUMNS - min(width("".join(behind)), _EXCERPT_COLUMNS // 2)
    before = _fitting(line[:at][::-1], room)[::-1]
    behind = _fitting(line[at:], _EXCERPT_COLUMNS - width("".join(before)))
    lead = "…" if len(before) < at else ""
    tail = "…" if len(behind) < len(line) - at else ""
    caret = " " * (4 + width(lead + "".join(before))) + "^"
    return [f"    {lead}{''.join([*before, *behind])}{tail}", caret]


def _fitting(text: str, columns: int) -> list[str]:
    """The first characters of `text`, as they are shown, that take no more than `columns`."""
    found: list[str] = []
    for character in text:
        shown = one_line(character.replace("\t", " "))
        columns -= width(shown)
        if columns < 0:
            break
        found.append(shown)
    return found
