"""Spare takes: makes the further takes of an entry that may stand in for rejected ones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from runner.errors import Diagnostic
from runner.expansion.ids import IdRegistry
from runner.expansion.interpolate import EvaluationError, Scope
from runner.expansion.job_template import JobTemplate
from runner.expansion.source_map import SourceMap
from runner.expansion.takes import TakeSet
from runner.expansion.variants import Variant
from runner.model.jobs import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSet:
    """The takes of one variant, and what making one more of them takes."""

    template: JobTemplate
    variant: Variant
    scope: Scope
    ids: tuple[str, ...]
    """Of all its takes; of the one job of an entry without takes."""

    def with_spare_takes(
        self, rejected: Collection[str], registry: IdRegistry, source_map: SourceMap
    ) -> tuple[TakeSet, list[tuple[Draft, list[Diagnostic]]]]:
        """The set with a spare take for each that is rejected, spare ones included.

        Each spare take comes with its errors: they count only if the take is needed, for a mark
        may be about another request.
        """
        ids, spare = [*self.ids], []
        while sum(id_ not in rejected for id_ in ids) < len(self.ids):
            found = self._spare_take(len(ids) + 1, registry, source_map)
            ids.append(found[0].id)
            spare.append(found)
        return TakeSet(number=len(self.ids), ids=tuple(ids)), spare

    def _spare_take(
        self, take: int, registry: IdRegistry, source_map: SourceMap
    ) -> tuple[Draft, list[Diagnostic]]:
        errors: list[EvaluationError] = []
        matrix, row, scope = self.variant.matrix, self.variant.row, {**self.scope, "take": take}
        draft = self.template.draft(matrix, row, take, scope, errors)
        found = source_map.draft_diagnostics(draft, errors)
        if not draft.id:  # it is too long, but the set needs a name for it
            return replace(draft, id=f"{self.ids[0].removesuffix('.1')}.{take}"), found
        if owner := registry.owner(draft.id):
            message = f'"{draft.id}", which is to replace a rejected take, is the id of another job'
            location = source_map.of_draft(draft, ("id",))
            if owner != draft.id:
                message += f' as "{owner}" (ids must differ in more than case)'
            found.append(Diagnostic(message=message, location=location, job=self.ids[0]))
            # No job has this id, so that it is not taken for the other job.
            return replace(draft, id=f"{draft.id}?"), found
        registry.add(draft.id, draft.entry, draft.row)
        return draft, found
