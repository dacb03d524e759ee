"""Job ids: which characters they may have, and that each belongs to one job of a manifest."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from runner.errors import Diagnostic, HintedError
from runner.model import DocumentLocator

MOST_BYTES = 100
"""In UTF-8, after expansion: ids serve as file names."""

_COMMON = re.compile(r"[^\W_][\w.-]*", re.ASCII)


class IdError(HintedError):
    """An id that cannot be used."""


def normalize(text: str) -> str:
    """The id in NFC; raises IdError where it is empty, too long or has a forbidden character."""
    if len(text) <= MOST_BYTES and _COMMON.fullmatch(text):
        return text
    id_ = unicodedata.normalize("NFC", text)
    if not id_:
        raise IdError("the id is empty")
    for index, character in enumerate(id_):
        if not _is_allowed(character, first=index == 0):
            raise _forbidden(id_, character)
    size = len(id_.encode())
    if size > MOST_BYTES:
        raise IdError(f"the id has {size} bytes in UTF-8, at most {MOST_BYTES} are allowed")
    return id_


def fold(id_: str) -> str:
    """A normalized id as a file system that ignores case sees it: no two ids may share it."""
    if id_.isascii():
        return id_.lower()
    return unicodedata.normalize("NFC", id_.casefold())


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

_MOST_GLOBS = 100
"""Comparing takes time: with more unknown ids than this, any id may be one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owner:
    """The first job with an id."""

    entry: int
    id: str


@dataclass(slots=True, kw_only=True)
class _Duplicate:
    """Jobs of one entry whose id belongs to another job."""

    owner: _Owner
    entry: int
    id: str
    jobs: int = 0


class IdRegistry:
    """The ids of a manifest's jobs so far, and what is known of those that have errors."""

    def __init__(self) -> None:
        self.entries: dict[str, int] = {}
        """Id to the index of its entry."""
        self._globs: set[str] = set()
        """What the ids look like that could not be evaluated."""
        self._owners: dict[str, _Owner] = {}
        self._duplicates: dict[tuple[str, int], _Duplicate] = {}

    def add_unknown(self, glob: str = "*") -> None:
        """Remember a job whose id could not be evaluated; `glob` matches what it may be."""
        self._globs.add(glob)

    def may_exist(self, id_: str) -> bool:
        """Whether the id may be one that could not be evaluated, or a take of such a job."""
        if len(self._globs) > _MOST_GLOBS:
            return True
        names = {id_, _TAKE.sub("", id_)}
        return any(fnmatchcase(name, glob) for glob in self._globs for name in names)

    def add(self, id_: str, entry: int) -> bool:
        """Give a job of an entry its id; False where another job has it already."""
        key = fold(id_)
        owner = self._owners.get(key)
        if owner is None:
            self._owners[key] = _Owner(entry=entry, id=id_)
            self.entries[id_] = entry
            return True
        duplicate = self._duplicates.get((key, entry))
        if duplicate is None:
            duplicate = _Duplicate(owner=owner, entry=entry, id=id_)
            self._duplicates[key, entry] = duplicate
        duplicate.jobs += 1
        return False

    def diagnostics(
        self, locate: DocumentLocator, varying: Callable[[int], Sequence[str]]
    ) -> list[Diagnostic]:
        """One error for each entry with jobs whose ids are taken.

        `varying` returns the names whose values differ among an entry's jobs.
        """
        return [
            _diagnostic(duplicate, locate, varying(duplicate.entry))
            for duplicate in self._duplicates.values()
        ]


def _diagnostic(
    duplicate: _Duplicate, locate: DocumentLocator, varying: Sequence[str]
) -> Diagnostic:
    location = locate(("jobs", duplicate.entry, "id"))
    names = " and ".join(f"${{{{ {name} }}}}" for name in varying)
    hint = f"put {names} into the id" if names else None
    owner = duplicate.owner
    if duplicate.entry == owner.entry:
        message = f'{duplicate.jobs + 1:,} jobs of this entry have the same id "{duplicate.id}"'
        return Diagnostic(message=message, location=location, hint=hint)
    message = (
        f'the id "{duplicate.id}" is taken by the job at {locate(("jobs", owner.entry, "id"))}'
    )
    if duplicate.id != owner.id:
        message += f' as "{owner.id}" (ids must differ in more than case)'
    return Diagnostic(message=message, location=location, hint=hint)
