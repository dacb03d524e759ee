"""References among jobs: the name `jobs` in expressions, and whether the ids it is given exist."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from runner.errors import Diagnostic, suggest
from runner.expansion.ids import IdRegistry
from runner.model.jobs import Draft, DraftLocator
from runner.model.needs import cycles
from runner.model.values import Attribute, Deferred, JobOutput, ValuePath, references

_MAX_OUTPUTS = 100  # no operation makes as many; which ones a job has is known when it is done


class JobResults(dict[str, "JobResult"]):
    """The name `jobs` in expressions.

    Looking up any id succeeds: which ids exist is known only when every job is expanded.
    """

    def __missing__(self, job: object) -> JobResult:
        if not isinstance(job, str):
            raise KeyError(job)
        # Ids are compared in NFC, however an editor has composed the reference.
        return JobResult(unicodedata.normalize("NFC", job))


class JobResult(dict[str, "Deferred | Outputs"]):
    """One job's future result: its parts by name, and `outputs[n]`."""

    def __init__(self, job: str):
        super().__init__(
            output=_deferred(job, "output"),
            outputs=Outputs(job),
            url=_deferred(job, "url"),
            cover=_deferred(job, "cover"),
            creation_id=_deferred(job, "creation_id"),
            task_id=_deferred(job, "task_id"),
            seed=_deferred(job, "seed"),
            picked=_deferred(job, "picked"),
        )


# A sequence, so that errors about an index are those of a list.
class Outputs(Sequence[Deferred]):
    """The files a job will make; how many there will be is not known yet."""

    def __init__(self, job: str):
        self._job = job

    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, int) or not 0 <= index < _MAX_OUTPUTS:
            raise IndexError(index)
        return _deferred(self._job, "output", index)

    def __len__(self) -> int:
        return _MAX_OUTPUTS


def _deferred(job: str, attribute: Attribute, index: int = 0) -> Deferred:
    return Deferred(parts=(JobOutput(job=job, attribute=attribute, index=index),))


def candidates(drafts: Sequence[Draft]) -> dict[str, tuple[str, ...]]:
    """What each `.picked` names, to the ids of the takes that it may stand for."""
    parts = (part for draft in drafts if draft.needs for _, part in references(draft.parameters))
    found: dict[str, list[str]] = {part.job: [] for part in parts if part.attribute == "picked"}
    for draft in drafts if found else ():
        found.get(draft.stem, []).append(draft.id)
    return {name: tuple(ids) for name, ids in found.items()}


def with_candidates(draft: Draft, ids: Mapping[str, Sequence[str]]) -> Draft:
    """The draft that needs each take which its `.picked` may stand for."""
    if not draft.needs or not ids:
        return draft
    needs: dict[str, None] = {}
    for _, part in references(draft.parameters):
        takes = ids[part.job] if part.attribute == "picked" else ()
        needs |= dict.fromkeys(takes or (part.job,))
    return replace(draft, needs=tuple(needs))


def check_needs(
    drafts: Sequence[Draft],
    ids: IdRegistry,
    locate: DraftLocator,
    takes: Mapping[str, Sequence[str]],
    earlier: Mapping[str, Sequence[str]],
) -> list[Diagnostic]:
    """References to jobs that do not exist, and cycles; `drafts` include those of partial jobs.

    An id that may belong to a job with errors, whose own id is unknown, is not reported. `takes`
    are the candidates of each `.picked`, `earlier` the takes that a spare one waits for.
    """
    linked = [draft for draft in drafts if draft.needs]
    diagnostics = [each for draft in linked for each in _missing(draft, ids, locate, takes)]
    by_id: dict[str, Draft] = {}
    for draft in linked:
        by_id.setdefault(draft.id, draft)  # duplicate ids are reported elsewhere
    needs: dict[str, Sequence[str]] = {id_: draft.needs for id_, draft in by_id.items()}
    # After the others, so that every cycle starts with a job that refers to another one.
    for id_ in earlier:
        needs[id_] = (*needs.get(id_, ()), *earlier[id_])
    for cycle in cycles(needs):
        draft = by_id[cycle[0]]
        paths: Iterator[ValuePath] = (
            path
            for path, part in references(draft.parameters)
            if cycle[1] in (takes[part.job] if part.attribute == "picked" else (part.job,))
        )
        path = next(paths, ("id",))
        message = "the job needs its own output"
        if len(set(cycle)) > 1:
            message = f"jobs wait for each other in a circle: {' -> '.join(cycle)}"
        diagnostics.append(Diagnostic(message=message, location=locate(draft, path), job=draft.id))
    return diagnostics


def _missing(
    draft: Draft, ids: IdRegistry, locate: DraftLocator, takes: Mapping[str, Sequence[str]]
) -> Iterator[Diagnostic]:
    reported = set()
    for path, part in references(draft.parameters):
        picks = part.attribute == "picked"
        is_known = takes[part.job] if picks else part.job in ids.entries
        if is_known or part.job in reported or ids.may_exist(part.job):
            continue
        reported.add(part.job)
        message, hint = f'there is no job "{part.job}"', _hint(part.job, ids.entries)
        if picks and part.job in ids.entries:
            stem = part.job.rpartition(".")[0]
            message = f'"{part.job}" is one take, of which nothing can be picked'
            hint = f"write jobs['{stem}'].picked for one of its takes, or .output for this one"
        elif picks:
            hint = _hint_for_pick(part.job, ids.entries)
        yield Diagnostic(message=message, location=locate(draft, path), job=draft.id, hint=hint)


_TAKE = re.compile(r"\.[0-9]+\Z")


def _hint_for_pick(name: str, known: Mapping[str, int]) -> str | None:
    """The nearest id that may be picked from, without the number of a take."""
    return suggest(name, list(dict.fromkeys(_TAKE.sub("", id_) for id_ in known)))


def _hint(job: str, known: Mapping[str, int]) -> str | None:
    if f"{job}.1" in known:
        return f"it has takes: name one of them, as in jobs['{job}.1'].output"
    # A matrix or rows usually add to the id that the reference has.
    longer = next((id_ for id_ in known if id_.startswith(f"{job}-")), None)
    return f"did you mean jobs['{longer}']?" if longer else suggest(job, known)
