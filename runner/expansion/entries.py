"""The entries under `jobs` in, one after the other; the drafts of their jobs out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.errors import Problem
from runner.expansion.defaults import Defaults
from runner.expansion.filling import Fault, Scope, filled, is_open, roots
from runner.expansion.limits import MOST_JOBS
from runner.expansion.nearest import meant
from runner.expansion.places import Origin, Places
from runner.expansion.recipes import (
    Recipe,
    described,
    filled_id,
    filled_parameters,
    filled_tags,
    needs,
    recipe,
)
from runner.expansion.registry import Registry
from runner.expansion.takes import number_of_takes, parameters_of_take
from runner.expansion.variants import Variant, Variants, varying
from runner.model import Draft, Operation

_VARYING = {"matrix": "matrix", "foreach": "row"}
"""What a job has several variants by, and the name that their values have in expressions."""

_NO_PARAMETERS = ("id", "operation", "takes", "tags", "description")
"""A job's own keys that may hold expressions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What is known of a job that could not be made out, for it may have other faults."""

    draft: Draft
    """Its id may be empty."""
    unsure: frozenset[str]
    """The parameters that would have a value which nobody knows."""


@dataclass(slots=True, kw_only=True)
class Entries:
    """What the entries so far have come to."""

    defaults: Defaults
    operations: Mapping[str, Operation]
    base: Path
    variants: Variants
    scope: Scope
    """The names of a job with neither matrix nor row."""
    places: Places
    problems: list[Problem]
    drafts: list[Draft] = field(default_factory=list)
    sketches: list[Sketch] = field(default_factory=list)
    ids: Registry = field(default_factory=Registry)
    of_entry: dict[int, Sequence[Variant]] = field(default_factory=dict)
    """The variants of entries that have several."""
    full: bool = False
    """There are more jobs than allowed; no further one is made out."""

    def add(self, index: int, entry: Mapping[str, Any]) -> None:
        """Expand one entry, which has an id that is text."""
        variants = self.variants.of_entry(index, entry, self.defaults.general)
        if not variants:
            self._sketch_entry(index, entry)
        if len(variants) > 1:
            self.of_entry[index] = variants
        recipes: dict[str, Recipe] = {}
        for variant in variants:
            if not self.full:
                self._add_variant(index, entry, variant, recipes)

    def varying(self, index: int) -> list[str]:
        """The names that tell the jobs of an entry apart, as expressions spell them."""
        return varying(self.of_entry.get(index, ()))

    def _add_variant(
        self, index: int, entry: Mapping[str, Any], variant: Variant, recipes: dict[str, Recipe]
    ) -> None:
        scope = self._scope(variant)
        faults: list[Fault] = []
        operation = self._operation(entry, scope, faults)
        if operation not in recipes:
            recipes[operation] = recipe(self.defaults.under(operation), entry)
        found = recipes[operation]
        origin = Origin(entry=index, operation=operation, matrix=variant.matrix, row=variant.row)
        takes = number_of_takes(found.takes, scope, faults)
        if len(self.drafts) + (takes or 1) > MOST_JOBS:
            message = f"the manifest has more than {MOST_JOBS:,} jobs"
            self._tell(origin, None, [Fault(path=(), text="", message=message)])
            self.ids.miss()
            self.full = True
            return
        if takes is None:
            self._add_job(origin, found, None, scope, faults)
            return
        for take in range(1, takes + 1):
            self._add_job(origin, found, take, {**scope, "take": take}, faults.copy())

    def _add_job(
        self,
        origin: Origin,
        found: Recipe,
        take: int | None,
        scope: Scope,
        faults: list[Fault],
    ) -> None:
        id_ = filled_id(found, take, scope, faults)
        parameters = filled_parameters(found, scope, faults)
        operation = self.operations.get(origin.operation)
        if take and take > 1 and operation:
            parameters = parameters_of_take(parameters, operation.seed, take, faults)
        tags = filled_tags(found, scope, faults)
        description = described(found, scope, faults)
        if id_ is None:
            self.ids.miss(found.id)
        free = id_ is not None and self.ids.add(id_, origin.entry)
        draft = Draft(
            entry=origin.entry,
            id=id_ or "",
            operation=origin.operation,
            parameters=parameters,
            base=self.base,
            needs=needs(found, parameters),
            take=take or 1,
            tags=tags,
            description=description,
            matrix=origin.matrix,
            row=origin.row,
        )
        if faults:
            self._tell(origin, id_, faults)
            self._sketch(draft, found, frozenset(fault.path[0] for fault in faults if fault.path))
        elif free:
            self.drafts.append(draft)

    def _sketch_entry(self, index: int, entry: Mapping[str, Any]) -> None:
        """Keep what an entry whose matrix or rows are wrong says of all its jobs alike."""
        self.ids.miss(entry["id"])
        general = self.defaults.general
        unknown = {name for key, name in _VARYING.items() if key in entry or key in general}
        operation = self._operation(entry, self.scope, [])
        found = recipe(self.defaults.under(operation), entry)
        varied = {name for name in found.open if roots(found.parameters[name]) & unknown}
        faults: list[Fault] = []
        for key in _NO_PARAMETERS:
            filled(entry.get(key, general.get(key)), self.scope, faults, (key,), unknown)
        parameters = filled_parameters(found, self.scope, faults, unknown)
        draft = Draft(
            entry=index,
            id="" if is_open(entry["id"]) else entry["id"],
            operation=operation,
            parameters=parameters,
            base=self.base,
            needs=needs(found, parameters),
        )
        self._tell(Origin(entry=index, operation=operation), draft.id or None, faults)
        self._sketch(draft, found, varied.union(fault.path[0] for fault in faults))

    def _sketch(self, draft: Draft, found: Recipe, unsure: Collection[str | int]) -> None:
        names = frozenset(name for name in found.open if name in unsure)
        if draft.take == 1:  # the others are like it
            self.sketches.append(Sketch(draft=draft, unsure=names))

    def _scope(self, variant: Variant) -> Scope:
        if variant.matrix is None and variant.row is None:
            return self.scope
        scope = dict(self.scope)
        if variant.matrix is not None:
            scope["matrix"] = variant.matrix
        if variant.row is not None:
            scope["row"] = variant.row.values
        return scope

    def _operation(self, entry: Mapping[str, Any], scope: Scope, faults: list[Fault]) -> str:
        """The name of the operation; empty where none is named, which then is among the faults."""
        own = "operation" in entry
        written = entry["operation"] if own else self.defaults.general.get("operation")
        name = filled(written, scope, faults, ("operation",))
        if isinstance(name, str) and name in self.operations:
            return name
        if not faults:
            message = "no operation is named" if name is None else f'unknown operation "{name}"'
            # A wrong name, or none, that stands there as such is told by validation.
            told = not is_open(written) and not (own and written is None)
            hint = meant(str(name), self.operations)
            at = ("operation",)
            faults.append(Fault(path=at, text="", message=None if told else message, hint=hint))
        return ""

    def _tell(self, origin: Origin, id_: str | None, faults: Sequence[Fault]) -> None:
        for fault in faults:
            if fault.message is not None:
                place = self.places.of_fault(origin, fault)
                problem = Problem(message=fault.message, place=place, job=id_, hint=fault.hint)
                self.problems.append(problem)
