"""Takes: decides from marks which takes are replaced by further ones, and which one is picked.

A mark counts only for a result with its fingerprint, so this is decided while the fingerprints
are computed, each job after those it needs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from runner.errors import Diagnostic, plural
from runner.model.jobs import Draft, DraftLocator, JobMedia
from runner.model.marks import TakeMarks
from runner.model.values import (
    Deferred,
    JobOutput,
    Parameters,
    ValuePath,
    map_references,
    references,
)

_MAX_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeSet:
    """The takes of one entry and variant, of which marks may reject some."""

    number: int
    """How many of them there are to be."""
    ids: tuple[str, ...]
    """In the order of their numbers. Those after `number` are spare: each stands in for one that
    is rejected."""

    def living(self, rejected: Collection[str]) -> tuple[str, ...]:
        """The first of them that are not rejected: always `number`."""
        return tuple([id_ for id_ in self.ids if id_ not in rejected][: self.number])

    def earlier(self) -> dict[str, tuple[str, ...]]:
        """Id of each spare take to the takes about which all has to be known before it."""
        pairs = enumerate(self.ids)
        return {id_: self.ids[:index] for index, id_ in pairs if index >= self.number}

    def replaced(self, rejected: Collection[str]) -> dict[str, str]:
        """Id of each spare take that is used to the id of the rejected take before it.

        The rejected ones are replaced in the order of their numbers, so that the order of the
        marks has no effect.
        """
        spare = self.ids[self.number :]
        return dict(zip(spare, (id_ for id_ in self.ids if id_ in rejected), strict=False))


class TakeChoices:
    """What is decided about takes so far; each job is added as soon as it has a fingerprint."""

    def __init__(
        self,
        marks: TakeMarks | None = None,
        sets: Iterable[TakeSet] = (),
        candidates: Mapping[str, tuple[str, ...]] | None = None,
        locate: DraftLocator | None = None,
    ) -> None:
        """`candidates`: what `.picked` names, to the ids it may stand for, spare ones included."""
        self.fingerprints: dict[str, str] = {}
        """Of every job so far, rejected takes included."""
        self.rejected: set[str] = set()
        """Ids of the takes that are replaced."""
        self.missing: list[Diagnostic] = []
        """Errors about references to spare takes that replace nothing."""
        self._marks = marks or TakeMarks()
        self._sets = tuple(sets)
        self._candidates = candidates or {}
        self._locate = locate
        self._undecided: dict[str, tuple[Draft, ValuePath, JobOutput]] = {}
        self._spare = {
            id_: (each, index)
            for each in self._sets
            for index, id_ in enumerate(each.ids)
            if index >= each.number
        }

    @property
    def replaced(self) -> dict[str, str]:
        """Id of each take that stands in for a rejected one, to the id of that one."""
        return {
            new: old for each in self._sets for new, old in each.replaced(self.rejected).items()
        }

    @property
    def earlier(self) -> dict[str, tuple[str, ...]]:
        """Id of each spare take to the takes about which all has to be known before it."""
        return {id_: found for each in self._sets for id_, found in each.earlier().items()}

    def is_used(self, id_: str) -> bool:
        """Whether the job is made at all: a spare take is as soon as it stands in for another."""
        found = self._spare.get(id_)
        if found is None:
            return True
        takes, index = found
        rejected = sum(each in self.rejected for each in takes.ids[:index])
        return rejected > index - takes.number

    def wrong(self, errors: Mapping[str, Iterable[Diagnostic]]) -> list[Diagnostic]:
        """Of the errors of spare takes, by id, those of the takes that are used."""
        used = (id_ for each in self._sets for id_ in each.living(self.rejected))
        return [problem for id_ in used for problem in errors.get(id_, ())]

    def add(self, id_: str, fingerprint: str) -> bool:
        """Record a job's fingerprint; False if marks reject the job."""
        self.fingerprints[id_] = fingerprint
        if self._marks.rejected.get(id_) != fingerprint:
            return True
        self.rejected.add(id_)
        return False

    def has_all(self, draft: Draft) -> bool:
        """Whether every job it refers to is made; reports a spare take that replaces nothing."""
        if not self._sets:  # most manifests: only a spare take may be missing
            return True
        absent = [
            (path, part.job)
            for path, part in references(draft.parameters)
            if part.attribute != "picked" and part.job not in self.fingerprints
        ]
        for path, job in absent:
            if not self.is_used(job):
                self._report_missing(draft, path, job)
        return not absent

    def decided(self, draft: Draft, media: JobMedia) -> tuple[Draft, JobMedia]:
        """The draft with the takes that are picked in the place of `.picked`."""
        if not self._candidates and not self.rejected:
            return draft, media

        def chosen(part: JobOutput) -> JobOutput:
            if part.attribute != "picked":
                return part
            found = self._picked(part.job)
            return replace(part, job=found[0], attribute="output") if len(found) == 1 else part

        parameters: Parameters = map_references(draft.parameters, chosen)
        for path, part in references(parameters):
            if part.attribute == "picked" or part.job in self.rejected:
                self._undecided.setdefault(draft.id, (draft, path, part))
        needs = tuple(dict.fromkeys(self._needs(parameters)))
        pictures = {
            path: map_references(each, chosen) if isinstance(each, Deferred) else each
            for path, each in media.items()
        }
        return replace(draft, parameters=parameters, needs=needs), pictures

    def undecided(self, id_: str) -> Diagnostic | None:
        """What has to be decided before the job may be submitted; known when all are added."""
        if id_ not in self._undecided:
            return None
        draft, path, part = self._undecided[id_]
        picks = part.attribute == "picked"
        message, hint = self._unpicked(part.job) if picks else self._of_rejected(part.job)
        return self._diagnostic(draft, path, message, hint)

    def _needs(self, parameters: Parameters) -> Iterator[str]:
        """Ids of the jobs that are made and referred to, or may be."""
        for _, part in references(parameters):
            ids = self._living(part.job) if part.attribute == "picked" else (part.job,)
            yield from (id_ for id_ in ids if id_ not in self.rejected)

    def _living(self, name: str) -> list[str]:
        """The takes that `.picked` of this name may stand for."""
        made = (id_ for id_ in self._candidates.get(name, ()) if id_ in self.fingerprints)
        return [id_ for id_ in made if id_ not in self.rejected]

    def _picked(self, name: str) -> list[str]:
        marks = self._marks.picked
        return [id_ for id_ in self._living(name) if marks.get(id_) == self.fingerprints[id_]]

    def _unpicked(self, name: str) -> tuple[str, str]:
        """Message and hint."""
        picked, living = self._picked(name), self._living(name)
        if picked:
            message = f'{len(picked)} takes of "{name}" are picked ({_named(picked)})'
            return message, f"leave one of them picked in {self._marks.source}"
        message = f'no take of "{name}" is picked ({_named(living)})'
        pattern = living[0] if len(living) == 1 else f"{name}.*"
        hint = f"mark one of them as picked in {self._marks.source}"
        return message, f"{hint}; --select '{pattern}' makes them first"

    def _of_rejected(self, id_: str) -> tuple[str, str]:
        """Message and hint."""
        message = f'it uses "{id_}", which is rejected in {self._marks.source}'
        # Not replaced silently: nobody has seen the other take, and this job may cost far more.
        following, other = {old: new for new, old in self.replaced.items()}, id_
        while other in self.rejected:
            other = following[other]
        stem = other.rpartition(".")[0]
        hint = f"{other} stands in for it: write jobs['{other}'], or jobs['{stem}'].picked"
        return message, hint

    def _report_missing(self, draft: Draft, path: ValuePath, id_: str) -> None:
        takes = self._spare[id_][0]
        message = f'there is no job "{id_}"'
        hint = f"it would stand in for a rejected one of {_named(takes.ids[: takes.number])}"
        self.missing.append(self._diagnostic(draft, path, message, hint))

    def _diagnostic(self, draft: Draft, path: ValuePath, message: str, hint: str) -> Diagnostic:
        location = self._locate(draft, path) if self._locate else None
        return Diagnostic(message=message, location=location, job=draft.id, hint=hint)


def _named(ids: Collection[str]) -> str:
    shown = list(ids)[:_MAX_NAMED]
    more = len(ids) - len(shown)
    return ", ".join([*shown, plural(more, "more")] if more else shown)
