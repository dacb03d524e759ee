"""What can go wrong: problems with a place and a hint, exit codes, and text made safe to show."""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass, replace
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

    def __str__(self) -> str:
        parts = [self.path, *(str(n) for n in (self.line, self.column) if n)]
        return ":".join(parts)


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
        many = f" ({self.jobs} jobs, first: {self.job})" if self.jobs > 1 else ""
        lines = [f"{where}{kind}: {job}{self.message}{many}"]
        if self.place and self.place.text is not None and self.place.column:
            lines += _excerpt(self.place.text, self.place.column)
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(printable(line) for line in lines)


def merged(problems: Iterable[Problem]) -> list[Problem]:
    """The problems with those of one cause (same place, same words) told once, with their number.

    The order is that of first appearance.
    """
    found: dict[tuple[str, str, bool], Problem] = {}
    for problem in problems:
        key = (str(problem.place), problem.message, problem.warning)
        if key in found:
            found[key] = replace(found[key], jobs=found[key].jobs + problem.jobs)
        else:
            found[key] = problem
    return list(found.values())


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


_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def printable(text: str) -> str:
    """`text` without anything a terminal would obey: escapes and controls become visible.

    Newlines and tabs stay; bidirectional overrides do not, for they reorder what is read.
    """
    return _UNSAFE.sub(lambda found: _visible(found[0]), text)


def _visible(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"


def width(text: str) -> int:
    """Columns that `text` takes on a terminal: wide characters take two, marks none."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


_EXCERPT_COLUMNS = 100


def _excerpt(line: str, column: int) -> list[str]:
    """The source line and a caret under `column`; a long line is shown around the caret."""
    start = max(0, column - 1 - _EXCERPT_COLUMNS // 2) if len(line) > _EXCERPT_COLUMNS else 0
    shown = printable(line[start : start + _EXCERPT_COLUMNS].replace("\t", " "))
    before = printable(line[start : column - 1].replace("\t", " "))
    lead, tail = ("…" if start else ""), ("…" if start + _EXCERPT_COLUMNS < len(line) else "")
    return [f"    {lead}{shown}{tail}", "    " + " " * (width(lead) + width(before)) + "^"]
