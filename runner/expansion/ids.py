"""Job ids: which characters they may have, and that each belongs to one job of a manifest."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from itertools import islice

from runner.errors import Diagnostic, HintedError, plural
from runner.model.jobs import DocumentLocator, Draft, DraftLocator, Row

MAX_BYTES = 100
"""In UTF-8, after expansion: ids serve as file names."""

_COMMON = re.compile(r"[^\W_][\w.-]*", re.ASCII)


class IdError(HintedError):
    """An id that cannot be used."""


def normalize(text: str) -> str:
    """The id in NFC; raises IdError where it is empty, too long or has a forbidden character."""
    # Most ids are plain ASCII, for which the rest is slow.
    if len(text) <= MAX_BYTES and _COMMON.fullmatch(text):
        return text
    id_ = unicodedata.normalize("NFC", text)
    if not id_:
        raise IdError("the id is empty")
    for index, character in enumerate(id_):
        if not _is_allowed(character, first=index == 0):
            raise _forbidden(id_, character)
    size = len(id_.encode())  # file systems count bytes
    if size > MAX_BYTES:
        raise IdError(
            f"the id has {size} bytes in UTF-8, but at most {MAX_BYTES} are allowed",
            "shorten its parts with | slug(40), and tell them apart with | digest",
        )
    return id_


def fold_case(id_: str) -> str:
    """The id as a file system that ignores case sees it: no two ids may share it."""
    if id_.isascii():
        return id_.lower()
    return unicodedata.normalize("NFC", id_.casefold())  # folding may decompose


def _is_allowed(character: str, *, first: bool) -> bool:
    # Unicode's letters (L) and digits (N) of any script; marks (M) go with the letter before.
    kind = unicodedata.category(character)[0]
    return kind in "LN" or (not first and (kind == "M" or character in "._-"))


def _forbidden(id_: str, character: str) -> IdError:
    if character in "._-":
        return IdError(f'id "{id_}" starts with "{character}"', "start it with a letter or a digit")
    return IdError(
        f'id "{id_}" contains "{character}", which is not allowed in a file name',
        'letters and digits of any script, ".", "_" and "-" are allowed; try | slug',
    )


_TAKE = re.compile(r"\.[0-9]+\Z")

# Comparing takes time: with more unknown ids than this, any id may be one of them.
_MAX_GLOBS = 100


_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|\Z)")
"""https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file"""


def reserved_warnings(drafts: Iterable[Draft], locate: DraftLocator) -> list[Diagnostic]:
    """A warning for each entry with an id that no file may have on Windows."""
    found: dict[int, Diagnostic] = {}
    for draft in drafts:
        if draft.entry not in found and _RESERVED.match(draft.id.lower()):
            found[draft.entry] = Diagnostic(
                message=f'no file can be called "{draft.id}" on Windows and its disks',
                location=locate(draft, ("id",)),
                job=draft.id,
                hint="give the job another id if its files are to be copied there",
                warning=True,
            )
    return list(found.values())


class IdRegistry:
    """The ids of a manifest's jobs so far, and what is known of those that have errors."""

    def __init__(self) -> None:
        self.entries: dict[str, int] = {}
        """Id to the index of its entry."""
        self._globs: set[str] = set()
        """What the ids look like that could not be evaluated."""
        self._owners: dict[str, str] = {}
        """Folded id to the first id that has it."""
        self._rows: dict[str, Row] = {}
        """Id to its row, where it has one."""
        self._duplicates: dict[int, dict[str, list[tuple[str, Row | None]]]] = {}
        """Entry to folded ids to its jobs with that id, which belongs to another job."""

    def add_unknown(self, glob: str = "*") -> None:
        """Remember a job whose id could not be evaluated; `glob` matches what it may be."""
        self._globs.add(glob)

    def may_exist(self, id_: str) -> bool:
        """Whether the id may be one that could not be evaluated, or a take of such a job."""
        if len(self._globs) > _MAX_GLOBS:
            return True
        # A reference names a take, the glob is of the id without it.
        names = {id_, _TAKE.sub("", id_)}
        return any(fnmatchcase(name, glob) for glob in self._globs for name in names)

    def owner(self, id_: str) -> str | None:
        """The id of the job that keeps others from having this one; None where it is free."""
        owner = self._owners.get(fold_case(id_))
        return owner if owner in self.entries else None

    def add(self, id_: str, entry: int, row: Row | None = None) -> bool:
        """Give a job of an entry its id; False where another job has it already."""
        key = fold_case(id_)
        # The owner is the id itself when it is new, and then it has no entry yet.
        if self._owners.setdefault(key, id_) in self.entries:
            self._duplicates.setdefault(entry, {}).setdefault(key, []).append((id_, row))
            return False
        self.entries[id_] = entry
        if row is not None:
            self._rows[id_] = row
        return True

    def diagnostics(
        self, locate: DocumentLocator, varying: Callable[[int], Sequence[str]]
    ) -> list[Diagnostic]:
        """An error for each id of an entry that is taken, up to a few an entry.

        `varying` returns the names whose values differ among an entry's jobs.
        """
        found = []
        for entry, taken in self._duplicates.items():
            location = locate(("jobs", entry, "id"))
            messages = [
                self._message(key, entry, jobs, locate)
                for key, jobs in islice(taken.items(), _MAX_TAKEN)
            ]
            if more := len(taken) - len(messages):
                messages.append(f"{plural(more, 'more id')} of this entry are taken as well")
            names = " and ".join(f"${{{{ {name} }}}}" for name in varying(entry))
            hint = f"put {names} into the id" if names else None
            found += [Diagnostic(message=text, location=location, hint=hint) for text in messages]
        return found

    def _message(
        self, key: str, entry: int, jobs: Sequence[tuple[str, Row | None]], locate: DocumentLocator
    ) -> str:
        """Which jobs of an entry have an id that is taken, by what."""
        owner, id_ = self._owners[key], jobs[0][0]
        own, others = [row for _, row in jobs], self._rows.get(owner)
        if entry == self.entries[owner]:
            lines = _lines([others, *own])
            message = f'{len(jobs) + 1:,} jobs of this entry have the same id "{id_}"'
            return f"{message}: {lines}" if lines else message
        of, by = _lines(own), _lines([others])
        message = f'the id "{id_}"' + (f" ({of})" if of else "")
        message += f" is taken by the job at {locate(('jobs', self.entries[owner], 'id'))}"
        message += f" ({by})" if by else ""
        # Ids that differ in case only would share a file on many machines.
        return message if id_ == owner else f'{message} as "{owner}" ({_CASE})'


_CASE = "ids must differ in more than case"
_MAX_TAKEN = 5
_MAX_LINES = 5


def _lines(rows: Sequence[Row | None]) -> str:
    """`lines 1 and 4 of p.txt`; empty where a job has no row."""
    known = [row for row in rows if row is not None]
    if len(known) < len(rows):
        return ""
    lines = [f"{line:,}" for line in sorted({row.line for row in known})]
    shown = lines[:_MAX_LINES]
    if len(lines) > len(shown):
        shown.append(f"{len(lines) - len(shown):,} more")
    *first, last = shown
    listed = f"lines {', '.join(first)} and {last}" if first else f"line {last}"
    return f"{listed} of {known[0].path}"
