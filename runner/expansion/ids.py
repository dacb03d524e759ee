"""Job ids: which characters they may have, and that each belongs to one job of a manifest."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from runner.errors import Diagnostic, HintedError
from runner.model.jobs import DocumentLocator

MOST_BYTES = 100
"""In UTF-8, after expansion: ids serve as file names."""

_COMMON = re.compile(r"[^\W_][\w.-]*", re.ASCII)


class IdError(HintedError):
    """An id that cannot be used."""


def normalize(text: str) -> str:
    """The id in NFC; raises IdError where it is empty, too long or has a forbidden character."""
    # Most ids are plain ASCII, for which the rest is slow.
    if len(text) <= MOST_BYTES and _COMMON.fullmatch(text):
        return text
    id_ = unicodedata.normalize("NFC", text)
    if not id_:
        raise IdError("the id is empty")
    for index, character in enumerate(id_):
        if not _is_allowed(character, first=index == 0):
            raise _forbidden(id_, character)
    size = len(id_.encode())  # file systems count bytes
    if size > MOST_BYTES:
        raise IdError(f"the id has {size} bytes in UTF-8, but at most {MOST_BYTES} are allowed")
    return id_


def fold(id_: str) -> str:
    """A normalized id as a file system that ignores case sees it: no two ids may share it."""
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
_MOST_GLOBS = 100


class IdRegistry:
    """The ids of a manifest's jobs so far, and what is known of those that have errors."""

    def __init__(self) -> None:
        self.entries: dict[str, int] = {}
        """Id to the index of its entry."""
        self._globs: set[str] = set()
        """What the ids look like that could not be evaluated."""
        self._owners: dict[str, str] = {}
        """Folded id to the first id that has it."""
        self._duplicates: dict[tuple[str, int], list[str]] = {}
        """Folded id and index of an entry to the ids of its jobs that belong to other jobs."""

    def add_unknown(self, glob: str = "*") -> None:
        """Remember a job whose id could not be evaluated; `glob` matches what it may be."""
        self._globs.add(glob)

    def may_exist(self, id_: str) -> bool:
        """Whether the id may be one that could not be evaluated, or a take of such a job."""
        if len(self._globs) > _MOST_GLOBS:
            return True
        # A reference names a take, the glob is of the id without it.
        names = {id_, _TAKE.sub("", id_)}
        return any(fnmatchcase(name, glob) for glob in self._globs for name in names)

    def add(self, id_: str, entry: int) -> bool:
        """Give a job of an entry its id; False where another job has it already."""
        key = fold(id_)
        # The owner is the id itself when it is new, and then it has no entry yet.
        if self._owners.setdefault(key, id_) in self.entries:
            self._duplicates.setdefault((key, entry), []).append(id_)
            return False
        self.entries[id_] = entry
        return True

    def diagnostics(
        self, locate: DocumentLocator, varying: Callable[[int], Sequence[str]]
    ) -> list[Diagnostic]:
        """One error for each entry with jobs whose ids are taken.

        `varying` returns the names whose values differ among an entry's jobs.
        """
        found = []
        for (key, entry), ids in self._duplicates.items():
            owner = self._owners[key]
            message = f'{len(ids) + 1:,} jobs of this entry have the same id "{ids[0]}"'
            if entry != self.entries[owner]:
                first = locate(("jobs", self.entries[owner], "id"))
                message = f'the id "{ids[0]}" is taken by the job at {first}'
                if ids[0] != owner:
                    message += f' as "{owner}" (ids must differ in more than case)'
            names = " and ".join(f"${{{{ {name} }}}}" for name in varying(entry))
            hint = f"put {names} into the id" if names else None
            location = locate(("jobs", entry, "id"))
            found.append(Diagnostic(message=message, location=location, hint=hint))
        return found
