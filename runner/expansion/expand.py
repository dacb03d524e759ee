"""The entries under `jobs` in, one after the other; the drafts of their jobs out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.errors import Diagnostic
from runner.errors.diagnostics import suggest
from runner.expansion.defaults import Defaults
from runner.expansion.ids import IdRegistry, check_references
from runner.expansion.interpolate import EvaluationError, Scope, has_expression, interpolate, roots
from runner.expansion.job_template import (
    JobTemplate,
    describe,
    interpolate_id,
    interpolate_parameters,
    interpolate_tags,
    job_template,
    needs,
    number_of_takes,
    parameters_of_take,
)
from runner.expansion.references import JobResults
from runner.expansion.source_map import LocationAt, Origin, SourceMap
from runner.expansion.variables import Variables, environment
from runner.expansion.variants import Variant, Variants, varying
from runner.model import Draft, Operation, PlaceOf
from runner.model.jobs import MOST_JOBS

_VARYING = {"matrix": "matrix", "foreach": "row"}
"""What a job has several variants by, and the name that their values have in expressions."""

_NO_PARAMETERS = ("id", "operation", "takes", "tags", "description")
"""A job's own keys that may hold expressions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialJob:
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
    places: SourceMap
    diagnostics: list[Diagnostic]
    drafts: list[Draft] = field(default_factory=list)
    partial_jobs: list[PartialJob] = field(default_factory=list)
    ids: IdRegistry = field(default_factory=IdRegistry)
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
        recipes: dict[str, JobTemplate] = {}
        for variant in variants:
            if not self.full:
                self._add_variant(index, entry, variant, recipes)

    def varying(self, index: int) -> list[str]:
        """The names that tell the jobs of an entry apart, as expressions spell them."""
        return varying(self.of_entry.get(index, ()))

    def _add_variant(
        self,
        index: int,
        entry: Mapping[str, Any],
        variant: Variant,
        recipes: dict[str, JobTemplate],
    ) -> None:
        scope = self._scope(variant)
        faults: list[EvaluationError] = []
        operation = self._operation(entry, scope, faults)
        if operation not in recipes:
            recipes[operation] = job_template(self.defaults.under(operation), entry)
        found = recipes[operation]
        origin = Origin(entry=index, operation=operation, matrix=variant.matrix, row=variant.row)
        takes = number_of_takes(found.takes, scope, faults)
        if len(self.drafts) + (takes or 1) > MOST_JOBS:
            message = f"the manifest has more than {MOST_JOBS:,} jobs"
            self._tell(origin, None, [EvaluationError(path=(), text="", message=message)])
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
        found: JobTemplate,
        take: int | None,
        scope: Scope,
        faults: list[EvaluationError],
    ) -> None:
        id_ = interpolate_id(found, take, scope, faults)
        parameters = interpolate_parameters(found, scope, faults)
        operation = self.operations.get(origin.operation)
        if take and take > 1 and operation:
            parameters = parameters_of_take(parameters, operation.seed, take, faults)
        tags = interpolate_tags(found, scope, faults)
        description = describe(found, scope, faults)
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
        found = job_template(self.defaults.under(operation), entry)
        varied = {name for name in found.open if roots(found.parameters[name]) & unknown}
        faults: list[EvaluationError] = []
        for key in _NO_PARAMETERS:
            interpolate(entry.get(key, general.get(key)), self.scope, faults, (key,), unknown)
        parameters = interpolate_parameters(found, self.scope, faults, unknown)
        draft = Draft(
            entry=index,
            id="" if has_expression(entry["id"]) else entry["id"],
            operation=operation,
            parameters=parameters,
            base=self.base,
            needs=needs(found, parameters),
        )
        self._tell(Origin(entry=index, operation=operation), draft.id or None, faults)
        self._sketch(draft, found, varied.union(fault.path[0] for fault in faults))

    def _sketch(self, draft: Draft, found: JobTemplate, unsure: Collection[str | int]) -> None:
        names = frozenset(name for name in found.open if name in unsure)
        if draft.take == 1:  # the others are like it
            self.partial_jobs.append(PartialJob(draft=draft, unsure=names))

    def _scope(self, variant: Variant) -> Scope:
        if variant.matrix is None and variant.row is None:
            return self.scope
        scope = dict(self.scope)
        if variant.matrix is not None:
            scope["matrix"] = variant.matrix
        if variant.row is not None:
            scope["row"] = variant.row.values
        return scope

    def _operation(
        self, entry: Mapping[str, Any], scope: Scope, faults: list[EvaluationError]
    ) -> str:
        """The name of the operation; empty where none is named, which then is among the faults."""
        own = "operation" in entry
        written = entry["operation"] if own else self.defaults.general.get("operation")
        name = interpolate(written, scope, faults, ("operation",))
        if isinstance(name, str) and name in self.operations:
            return name
        if not faults:
            message = "no operation is named" if name is None else f'unknown operation "{name}"'
            # A wrong name, or none, that stands there as such is told by validation.
            told = not has_expression(written) and not (own and written is None)
            hint = suggest(str(name), self.operations)
            at = ("operation",)
            faults.append(
                EvaluationError(path=at, text="", message=None if told else message, hint=hint)
            )
        return ""

    def _tell(self, origin: Origin, id_: str | None, faults: Sequence[EvaluationError]) -> None:
        for fault in faults:
            if fault.message is not None:
                place = self.places.of_error(origin, fault)
                problem = Diagnostic(
                    message=fault.message, location=place, job=id_, hint=fault.hint
                )
                self.diagnostics.append(problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """What a manifest comes to."""

    drafts: list[Draft]
    """Every job that could be made out, in the order of the manifest."""
    partial_jobs: list[PartialJob]
    """What is known of the others, which may have more faults than those told."""
    diagnostics: list[Diagnostic]
    """What is wrong with the others; not in the order of the file."""
    locate: PlaceOf


def expand(
    document_value: Mapping[str, Any],
    base: Path,
    operations: Mapping[str, Operation],
    *,
    env: Mapping[str, str],
    place: LocationAt,
    each: Callable[[Sequence[Any]], Iterable[Any]] = iter,
) -> Expansion:
    """Every job of a manifest, after defaults, variables, matrix, rows and takes.

    `base` is the manifest's folder, `env` the process's environment, of which the manifest sees
    what it lists, `place` gives the place of a path from the manifest's root, `each` goes through
    the entries. Entries of a shape that validation refuses (no mapping, no id) are passed over.
    Reads the files of `foreach`.
    """
    problems: list[Diagnostic] = []
    places = SourceMap(document_value, place)
    names = _names(document_value, env, places, problems)
    entries = Entries(
        defaults=Defaults(document_value.get("defaults")),
        operations=operations,
        base=base,
        variants=Variants(base, names, places, problems.append),
        scope={**names, "jobs": JobResults(), "take": 1},
        places=places,
        diagnostics=problems,
    )
    jobs = document_value.get("jobs")
    for index, entry in enumerate(each(jobs if isinstance(jobs, list) else ())):
        if isinstance(entry, dict) and entry.get("id") and isinstance(entry["id"], str):
            entries.add(index, entry)
        else:
            entries.ids.miss()
    problems += _lost_defaults(document_value, places)
    problems += entries.ids.diagnostics(places, entries.varying)
    linked = [*entries.drafts, *(sketch.draft for sketch in entries.partial_jobs)]
    problems += check_references(linked, entries.ids, places)
    return Expansion(
        drafts=entries.drafts,
        partial_jobs=entries.partial_jobs,
        diagnostics=problems,
        locate=places.of_draft,
    )


def _names(
    document: Mapping[str, Any],
    env: Mapping[str, str],
    places: SourceMap,
    problems: list[Diagnostic],
) -> dict[str, Any]:
    """What every expression may use: `vars` and `env`."""
    shown = environment(document, env)
    written = document.get("vars")
    variables = Variables(written if isinstance(written, dict) else {}, shown)
    problems += [
        Diagnostic(message=fault.message, location=places.at_error(fault), hint=fault.hint)
        for fault in variables.faults
        if fault.message
    ]
    return {"vars": variables.plain(), "env": shown}


def _lost_defaults(document: Mapping[str, Any], places: SourceMap) -> list[Diagnostic]:
    """A job's keys that cannot hang on its operation, for the operation may hang on them."""
    defaults = document.get("defaults")
    return [
        Diagnostic(
            message=f"{key} cannot be a default of one operation",
            location=places.at(("defaults", name, key)),
            hint=f"write {key} under defaults itself, or in each job",
        )
        for name, values in (defaults.items() if isinstance(defaults, dict) else ())
        if "/" in name and not name.startswith("x-") and isinstance(values, dict)
        for key in ("operation", "matrix", "foreach")
        if key in values
    ]
