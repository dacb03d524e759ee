"""Every draft's references in; those to jobs that are not there, and circles, as problems out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from runner.errors import Problem
from runner.expansion.nearest import meant
from runner.expansion.places import Places
from runner.expansion.references import cycles, references
from runner.expansion.registry import Registry
from runner.model import Draft


def link_problems(drafts: Sequence[Draft], ids: Registry, places: Places) -> list[Problem]:
    """What is wrong with references among `drafts`, also of jobs that could not be made out.

    Nobody is told that an id is unknown which may be one of those that could not be made out.
    """
    linking = [draft for draft in drafts if draft.needs]
    problems: list[Problem] = []
    for draft in linking:
        problems += _unknown(draft, ids, places)
    linked: dict[str, Draft] = {}
    for draft in linking:  # of several with one id (told elsewhere) the first is meant
        linked.setdefault(draft.id, draft)
    for ring in cycles({id_: draft.needs for id_, draft in linked.items()}):
        draft = linked[ring[0]]
        path = next(p for p, part in references(draft.parameters) if part.job == ring[1])
        message = f"jobs wait for each other in a circle: {' -> '.join(ring)}"
        problems.append(Problem(message=message, place=places.of_draft(draft, path), job=draft.id))
    return problems


def _unknown(draft: Draft, ids: Registry, places: Places) -> Iterator[Problem]:
    told = set()
    for path, part in references(draft.parameters):
        if part.job in ids.known or part.job in told or ids.missed(part.job):
            continue
        told.add(part.job)
        yield Problem(
            message=f'there is no job "{part.job}"',
            place=places.of_draft(draft, path),
            job=draft.id,
            hint=_hint(part.job, ids.known),
        )


def _hint(job: str, known: Mapping[str, int]) -> str | None:
    if f"{job}.1" in known:
        return f"it has takes: name one of them, as in jobs['{job}.1'].output"
    longer = next((id_ for id_ in known if id_.startswith(f"{job}-")), None)
    return f"did you mean jobs['{longer}']?" if longer else meant(job, known)
