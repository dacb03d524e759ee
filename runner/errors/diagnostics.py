"""Diagnostics: errors and warnings about a file, printed in compiler style."""

from __future__ import annotations

import difflib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from runner.errors.text import (
    excerpt,
    name_character,
    name_invisible,
    one_line,
    plural,
    visible,
    without_passwords,
)

_SHOWN = 12
_COMPARED = 1000
"""Comparing is slow: of more names, only those with the same first two characters are compared."""


def nearest(name: str, known: Sequence[str], *, cutoff: float = 0.6) -> str | None:
    """The known name most similar to `name` (1 is equal); None where none reaches `cutoff`.

    What differs in case, width or punctuation only (`2k`, `aspectRatio`, `16-9`) always counts.
    """
    plain = _plain(name)
    same = next((candidate for candidate in known if plain and _plain(candidate) == plain), None)
    if same is not None:
        return same
    if len(known) > _COMPARED:
        known = [candidate for candidate in known if candidate.startswith(name[:2])][:_COMPARED]
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=cutoff)), None)


def _plain(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())


def did_you_mean(name: str, near: str) -> str:
    """A hint with a near name, and how the two differ where they look alike."""
    hint = f'did you mean "{near}"?'
    if name != near and unicodedata.normalize("NFC", name) == unicodedata.normalize("NFC", near):
        # One with é as a character, the other as e and an accent.
        return f"{hint} the two only look alike, it is written {_escaped(near)}"
    if len(name) != len(near):
        return hint
    pairs = dict.fromkeys(zip(name, near, strict=True))
    odd = [f'{name_character(a)} is not "{b}"' for a, b in pairs if _is_foreign(a, b)]
    return f"{hint} {', '.join(odd)}" if odd else hint


def _escaped(text: str) -> str:
    return text.encode("unicode_escape").decode()


def _is_foreign(character: str, wanted: str) -> bool:
    """Whether a letter of another script, such as Cyrillic, stands in the place of a Latin one."""
    return wanted.isascii() and not character.isascii() and character.isalpha()


def suggest(name: str, known: Iterable[str], *, rest: str | None = None) -> str | None:
    """A hint with the nearest known name, else with the first known names; None without any.

    `rest`: where all of them are, if that is not plain from the manifest itself.
    """
    names = list(known)
    if not names:
        return None
    near = nearest(name, names)
    if near is not None:
        return did_you_mean(name, near)
    more = f", ... ({rest or f'{len(names)} in all'})" if len(names) > _SHOWN else ""
    return f"known: {', '.join(names[:_SHOWN])}{more}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A location in a text file. Lines and columns count characters from 1; 0 means unknown."""

    path: str
    line: int = 0
    column: int = 0
    text: str | None = None
    """The source line without its line break; None if there is no line to show."""
    via: Location | None = field(default=None, compare=False)
    """For a value from a row: the expression in the manifest that reads it."""

    def __str__(self) -> str:
        # White space at an end would look like a gap in the message.
        path = self.path if self.path == self.path.strip() else f'"{self.path}"'
        return ":".join([path, *(str(n) for n in (self.line, self.column) if n)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One error, or with `warning` one warning, about what the user wrote."""

    message: str
    location: Location | None = None
    job: str | None = None
    hint: str | None = None
    warning: bool = False
    jobs: int = 1
    """The number of jobs that the cause affects."""

    def __str__(self) -> str:
        """`FILE:LINE:COLUMN: error: job "a": message`, the source line, a caret and the hint."""
        where = f"{self.location}: " if self.location else ""
        kind = "warning" if self.warning else "error"
        job = f'job "{self.job}": ' if self.job and self.jobs == 1 else ""
        first = f", first: {self.job}" if self.job else ""
        many = f" ({self.jobs:,} jobs{first})" if self.jobs > 1 else ""
        lines = [f"{where}{kind}: {job}{self.message}{many}"]
        if self.location and self.location.text is not None and self.location.column:
            lines += excerpt(without_passwords(self.location.text), self.location.column)
        if self.location and self.location.via:
            lines.append(f"  used at {self.location.via}")
        if advice := self.advice:
            lines.append(f"  hint: {advice}")
        # The message and the source line contain text of others, which may pretend to be ours.
        return "\n".join(visible(line) for line in lines)

    @property
    def advice(self) -> str | None:
        """The hint, and the names of all characters in the message that cannot be seen."""
        name = name_invisible(self.message, self.hint)
        if self.hint and name:
            return f"{self.hint}{' ' if self.hint.endswith('?') else '; '}{name}"
        return self.hint or name


class HintedError(Exception):
    """An internal error with a message and perhaps a hint; its catcher adds the location."""

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(message)
        self.message = message
        self.hint = hint


def merge(problems: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Combine problems with the same location and message, in the order of first appearance."""
    merged: dict[tuple[str, str, bool], Diagnostic] = {}
    for problem in problems:
        key = (str(problem.location), problem.message, problem.warning)
        if first := merged.get(key):
            jobs, job = first.jobs + problem.jobs, first.job or problem.job
            merged[key] = replace(first, jobs=jobs, job=job)
        else:
            merged[key] = problem
    return list(merged.values())


_MAX_SHOWN = 50
"""Of errors, and of warnings: nobody reads more."""

_MAX_SHOWN_PER_EXPRESSION = 5
"""Of those about values that one expression reads from rows."""


def format_diagnostics(problems: Iterable[Diagnostic]) -> list[str]:
    """The problems as texts to print, in order and up to a limit, then the number left out."""
    shown: list[str] = []
    counts: Counter[tuple[str, bool]] = Counter()
    left_out: Counter[tuple[str, bool]] = Counter()
    for problem in problems:
        # One wrong column can fill the whole limit, and would hide every other problem.
        via = problem.location.via if problem.location else None
        of_all, of_cause = ("", problem.warning), (str(via), problem.warning)
        counts[of_cause] += 1
        if via and counts[of_cause] > _MAX_SHOWN_PER_EXPRESSION:
            left_out[of_cause] += 1
        elif counts[of_all] >= _MAX_SHOWN:
            left_out[of_all] += 1
        else:
            counts[of_all] += 1
            shown.append(str(problem))
    for (cause, warning), count in left_out.items():
        where = f" about values used at {cause}" if cause else ""
        more = plural(count, "more warning" if warning else "more error")
        shown.append(one_line(f"... and {more}{where}"))
    return shown
