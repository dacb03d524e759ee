"""Every id of a manifest in, those that came out equal, as problems, out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from runner.errors import Problem
from runner.expansion.filling import likeness
from runner.expansion.ids import folded
from runner.expansion.places import Places

_TAKE = re.compile(r"\.[0-9]+\Z")
_MOST_COMPARED = 100
"""Comparing takes time: where more ids could not be made out, any may be one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """The first owner of an id."""

    entry: int
    id: str


@dataclass(slots=True, kw_only=True)
class _Clash:
    """Jobs of one entry whose id belongs to another job."""

    first: _Taken
    entry: int
    id: str
    jobs: int = 0


class Registry:
    """The ids so far, each with the entry it belongs to."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}
        """Id to the index of its entry."""
        self._missed: set[str] = set()
        """What the ids look like that could not be made out, as globs."""
        self._first: dict[str, _Taken] = {}
        self._clashes: dict[tuple[str, int], _Clash] = {}

    def miss(self, written: str | None = None) -> None:
        """Remember that an id could not be made out, which is written so; None for any id."""
        self._missed.add("*" if written is None else likeness(written))

    def missed(self, id_: str) -> bool:
        """Whether that may be an id that could not be made out, or the id of a take of it."""
        if len(self._missed) > _MOST_COMPARED:
            return True
        names = {id_, _TAKE.sub("", id_)}
        return any(fnmatchcase(name, like) for like in self._missed for name in names)

    def add(self, id_: str, entry: int) -> bool:
        """Take an id for a job of an entry; False where another job has it."""
        key = folded(id_)
        first = self._first.get(key)
        if first is None:
            self._first[key] = _Taken(entry=entry, id=id_)
            self.known[id_] = entry
            return True
        clash = self._clashes.get((key, entry))
        if clash is None:
            clash = self._clashes[key, entry] = _Clash(first=first, entry=entry, id=id_)
        clash.jobs += 1
        return False

    def problems(self, places: Places, varying: Callable[[int], Sequence[str]]) -> list[Problem]:
        """One problem for each entry whose jobs lack ids of their own.

        `varying` tells the names whose values differ among an entry's jobs.
        """
        return [
            _problem(clash, places, _hint(varying(clash.entry))) for clash in self._clashes.values()
        ]


def _problem(clash: _Clash, places: Places, hint: str | None) -> Problem:
    place = places.at(("jobs", clash.entry, "id"))
    if clash.entry == clash.first.entry:
        message = f'{clash.jobs + 1} jobs of this entry come out with the id "{clash.id}"'
        return Problem(message=message, place=place, hint=hint)
    first = places.at(("jobs", clash.first.entry, "id"))
    message = f'the id "{clash.id}" is taken by the job at {first}'
    if clash.id != clash.first.id:
        message += f' as "{clash.first.id}" (ids must differ in more than case)'
    return Problem(message=message, place=place, hint=hint)


def _hint(varying: Sequence[str]) -> str | None:
    if not varying:
        return None
    names = " and ".join(f"${{{{ {name} }}}}" for name in varying)
    return f"put {names} into the id"
