"""Every id of a manifest in, those that came out equal, as problems, out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from runner.errors import Diagnostic
from runner.errors.diagnostics import suggest
from runner.expansion.interpolate import stand_in
from runner.expansion.references import cycles, references
from runner.expansion.source_map import SourceMap
from runner.model import Draft

MOST_BYTES = 100
"""In UTF-8, after expansion."""

_COMMON = re.compile(r"[^\W_][\w.-]*", re.ASCII)
_SPEECH = ("L", "N")
"""Unicode categories of letters and digits; marks ("M") go with the letters they stand on."""


class IdError(Exception):
    """An id that cannot be used."""

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(message)
        self.message = message
        self.hint = hint


def checked(text: str) -> str:
    """The id in NFC; raises `IdError` when it has a character it may not have, or too many."""
    if len(text) <= MOST_BYTES and _COMMON.fullmatch(text):
        return text
    found = unicodedata.normalize("NFC", text)
    if not found:
        raise IdError("the id is empty")
    for index, character in enumerate(found):
        if not _allowed(character, first=index == 0):
            raise IdError(*_objection(found, character))
    size = len(found.encode())
    if size > MOST_BYTES:
        raise IdError(f"the id has {size} bytes in UTF-8, at most {MOST_BYTES} are allowed")
    return found


def folded(checked_id: str) -> str:
    """What two ids must not share: the id as a file system that ignores case sees it."""
    if checked_id.isascii():
        return checked_id.lower()
    return unicodedata.normalize("NFC", checked_id.casefold())


def _allowed(character: str, *, first: bool) -> bool:
    kind = unicodedata.category(character)[0]
    return kind in _SPEECH or (not first and (kind == "M" or character in "._-"))


def _objection(found: str, character: str) -> tuple[str, str]:
    if character in "._-":
        return f'id "{found}" starts with "{character}"', "start it with a letter or a digit"
    hint = 'letters and digits of any script, ".", "_" and "-" are allowed; try | slug'
    return f'id "{found}" has the character "{character}", which a file name may not', hint


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


class IdRegistry:
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
        self._missed.add("*" if written is None else stand_in(written))

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

    def diagnostics(
        self, places: SourceMap, varying: Callable[[int], Sequence[str]]
    ) -> list[Diagnostic]:
        """One problem for each entry whose jobs lack ids of their own.

        `varying` tells the names whose values differ among an entry's jobs.
        """
        return [
            _problem(clash, places, _hint(varying(clash.entry))) for clash in self._clashes.values()
        ]


def _problem(clash: _Clash, places: SourceMap, hint: str | None) -> Diagnostic:
    place = places.at(("jobs", clash.entry, "id"))
    if clash.entry == clash.first.entry:
        message = f'{clash.jobs + 1} jobs of this entry come out with the id "{clash.id}"'
        return Diagnostic(message=message, location=place, hint=hint)
    first = places.at(("jobs", clash.first.entry, "id"))
    message = f'the id "{clash.id}" is taken by the job at {first}'
    if clash.id != clash.first.id:
        message += f' as "{clash.first.id}" (ids must differ in more than case)'
    return Diagnostic(message=message, location=place, hint=hint)


def _hint(varying: Sequence[str]) -> str | None:
    if not varying:
        return None
    names = " and ".join(f"${{{{ {name} }}}}" for name in varying)
    return f"put {names} into the id"


def check_references(
    drafts: Sequence[Draft], ids: IdRegistry, places: SourceMap
) -> list[Diagnostic]:
    """What is wrong with references among `drafts`, also of jobs that could not be made out.

    Nobody is told that an id is unknown which may be one of those that could not be made out.
    """
    linking = [draft for draft in drafts if draft.needs]
    problems: list[Diagnostic] = []
    for draft in linking:
        problems += _unknown(draft, ids, places)
    linked: dict[str, Draft] = {}
    for draft in linking:  # of several with one id (told elsewhere) the first is meant
        linked.setdefault(draft.id, draft)
    for ring in cycles({id_: draft.needs for id_, draft in linked.items()}):
        draft = linked[ring[0]]
        path = next(p for p, part in references(draft.parameters) if part.job == ring[1])
        message = f"jobs wait for each other in a circle: {' -> '.join(ring)}"
        problems.append(
            Diagnostic(message=message, location=places.of_draft(draft, path), job=draft.id)
        )
    return problems


def _unknown(draft: Draft, ids: IdRegistry, places: SourceMap) -> Iterator[Diagnostic]:
    told = set()
    for path, part in references(draft.parameters):
        if part.job in ids.known or part.job in told or ids.missed(part.job):
            continue
        told.add(part.job)
        yield Diagnostic(
            message=f'there is no job "{part.job}"',
            location=places.of_draft(draft, path),
            job=draft.id,
            hint=_reference_hint(part.job, ids.known),
        )


def _reference_hint(job: str, known: Mapping[str, int]) -> str | None:
    if f"{job}.1" in known:
        return f"it has takes: name one of them, as in jobs['{job}.1'].output"
    longer = next((id_ for id_ in known if id_.startswith(f"{job}-")), None)
    return f"did you mean jobs['{longer}']?" if longer else suggest(job, known)
