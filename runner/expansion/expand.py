"""Expansion: turns the entries under `jobs` into drafts, one for each variant and take."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from runner.errors import Diagnostic
from runner.expansion.ids import IdRegistry
from runner.expansion.interpolate import (
    EvaluationError,
    Scope,
    glob_of,
    has_expression,
    interpolate,
    roots,
)
from runner.expansion.job_template import Defaults, JobTemplate, merge_defaults
from runner.expansion.references import JobResults, candidates, check_needs, with_candidates
from runner.expansion.source_map import SourceMap
from runner.expansion.spare_takes import OpenSet
from runner.expansion.takes import TakeSet
from runner.expansion.variables import Variables, environment
from runner.expansion.variants import VARYING, Variant, Variants, varying
from runner.model.jobs import MAX_JOBS, DocumentLocator, Draft, DraftLocator
from runner.model.operations import Operation
from runner.model.values import as_dict, as_list
from runner.operations import suggest_operation

# Of a job's own keys; matrix and foreach are evaluated before.
_KEYS_WITH_EXPRESSIONS = ("id", "operation", "takes", "tags", "description")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialJob:
    """What is known of a job with errors, for validation to find its other errors."""

    draft: Draft
    """Its id may be empty."""
    unknown: frozenset[str]
    """The parameters that are present, but whose values are not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """The jobs of a manifest."""

    drafts: list[Draft] = field(default_factory=list)
    """Every job without errors so far, in the order of the manifest."""
    partial_jobs: list[PartialJob] = field(default_factory=list)
    """The other jobs, which may have more errors than those in `diagnostics`."""
    diagnostics: list[Diagnostic]
    """Not in the order of the file."""
    locate: DraftLocator
    sets: list[TakeSet] = field(default_factory=list)
    """Those of whose takes marks may reject one. Their spare takes are among `drafts`."""
    candidates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What each `.picked` names, to the takes that it may stand for."""
    spare: dict[str, list[Diagnostic]] = field(default_factory=dict)
    """Id of each spare take to its errors, which count only if the take is needed."""


def expand(
    document: Mapping[str, Any],
    base: Path,
    operations: Mapping[str, Operation],
    *,
    env: Mapping[str, str],
    locate: DocumentLocator,
    each: Callable[[Sequence[Any]], Iterable[Any]] = iter,
    rejected: Collection[str] = (),
) -> Expansion:
    """Every job of a manifest, after defaults, variables, matrix, rows and takes.

    `base` is the manifest's folder, `env` the process's environment, of which the manifest sees
    the variables it lists. `each` iterates over the entries (and may show progress). Entries of a
    form that validation rejects (not a mapping, no id) are skipped. Reads the files of `foreach`.
    For each id in `rejected` there is one spare take more of its entry and variant.
    """
    source_map = SourceMap(document, locate)
    visible = environment(document, env)
    variables = Variables(as_dict(document.get("vars")), visible)
    names = {"vars": variables.plain(), "env": visible}
    diagnostics = source_map.document_diagnostics(variables.errors)
    expander = _Expander(
        expansion=Expansion(diagnostics=diagnostics, locate=source_map.of_draft),
        defaults=Defaults(document.get("defaults")),
        operations=operations,
        base=base,
        variants=Variants(base=base, scope=names, source_map=source_map, diagnostics=diagnostics),
        scope={**names, "jobs": JobResults(), "take": 1},
        source_map=source_map,
        rejected=frozenset(rejected),
    )
    for index, entry in enumerate(each(as_list(document.get("jobs")))):
        if isinstance(entry, dict) and entry.get("id") and isinstance(entry["id"], str):
            expander.add_entry(index, entry)
        else:
            expander.ids.add_unknown()  # it may be any id, so no reference can be called wrong
    expander.add_spare_takes()
    diagnostics += _misplaced_defaults(document, source_map)
    diagnostics += expander.ids.diagnostics(locate, expander.varying)
    return _linked(expander)


def _linked(expander: _Expander) -> Expansion:
    """The expansion with the references among its jobs checked."""
    expansion = expander.expansion
    partial_jobs = expansion.partial_jobs
    drafts = [*expansion.drafts, *(partial.draft for partial in partial_jobs)]
    takes = candidates(drafts)
    if takes:
        drafts = [with_candidates(draft, takes) for draft in drafts]
        others = drafts[len(expansion.drafts) :]
        partial_jobs = [replace(p, draft=d) for p, d in zip(partial_jobs, others, strict=True)]
        expansion = replace(
            expansion,
            drafts=drafts[: len(expansion.drafts)],
            partial_jobs=partial_jobs,
            candidates=takes,
        )
    locate = expander.source_map.of_draft
    earlier = {id_: found for each in expansion.sets for id_, found in each.earlier().items()}
    expansion.diagnostics.extend(check_needs(drafts, expander.ids, locate, takes, earlier))
    return expansion


def _misplaced_defaults(document: Mapping[str, Any], source_map: SourceMap) -> list[Diagnostic]:
    """A job's keys that cannot depend on its operation, for the operation may depend on them."""
    return [
        Diagnostic(
            message=f"{key} cannot be a default of one operation",
            location=source_map.at(("defaults", name, key)),
            hint=f"write {key} under defaults itself, or in each job",
        )
        for name, values in as_dict(document.get("defaults")).items()
        if "/" in name and not name.startswith("x-")
        for key in ("operation", *VARYING)
        if key in as_dict(values)
    ]


@dataclass(slots=True, kw_only=True)
class _Expander:
    """The results so far, and what expanding one more entry takes."""

    expansion: Expansion
    defaults: Defaults
    operations: Mapping[str, Operation]
    base: Path
    variants: Variants
    scope: Scope
    """The names of a job with neither matrix nor row."""
    source_map: SourceMap
    ids: IdRegistry = field(default_factory=IdRegistry)
    several: dict[int, tuple[str, Sequence[Variant]]] = field(default_factory=dict)
    """Id as written and variants of entries that have several."""
    full: bool = False
    """There are more jobs than allowed; no further one is expanded."""
    rejected: frozenset[str] = frozenset()
    open_sets: list[OpenSet] = field(default_factory=list)
    """Those with a rejected take, which may need further ones."""

    def add_entry(self, index: int, entry: Mapping[str, Any]) -> None:
        """Expand one entry, which has an id that is text."""
        variants = self.variants.of_entry(index, entry, self.defaults.general)
        if not variants:
            self._add_partial_entry(index, entry)
        if len(variants) > 1:
            self.several[index] = (entry["id"], variants)
        # One template per operation: merging the defaults for each variant would be slow.
        templates: dict[str, JobTemplate] = {}
        for variant in variants:
            if not self.full:
                self._add_variant(index, entry, variant, templates)

    def varying(self, index: int) -> list[str]:
        """Names by which the jobs of an entry differ and that are not in its id yet."""
        id_, variants = self.several.get(index, ("", ()))
        return [name for name in varying(variants) if name not in id_] or (
            ["row.number"] if variants and variants[0].row else []
        )

    def _add_variant(
        self,
        index: int,
        entry: Mapping[str, Any],
        variant: Variant,
        templates: dict[str, JobTemplate],
    ) -> None:
        scope = self._scope(variant)
        errors: list[EvaluationError] = []
        operation = self._operation(entry, scope, errors)
        if operation not in templates:
            templates[operation] = self._template(index, operation, entry)
        template = templates[operation]
        takes = template.number_of_takes(scope, errors)
        if len(self.expansion.drafts) + (takes or 1) > MAX_JOBS:
            message = f"the manifest has more than {MAX_JOBS:,} jobs"
            location = self.source_map.at(("jobs", index))
            self.expansion.diagnostics.append(Diagnostic(message=message, location=location))
            self.ids.add_unknown()  # the remaining jobs may have any id
            self.full = True
            return
        before = len(self.expansion.drafts)
        for take in (None,) if takes is None else range(1, takes + 1):
            names = scope if take is None else {**scope, "take": take}
            # A copy: errors of one take must not be reported for the next.
            self._add_job(template, variant, take, names, errors.copy())
        made = self.expansion.drafts[before:]
        # Of a set with errors nothing more is made, for the manifest is wrong.
        if self.rejected and len(made) == (takes or 1):
            ids = tuple(draft.id for draft in made)
            if not self.rejected.isdisjoint(ids):
                self.open_sets.append(
                    OpenSet(template=template, variant=variant, scope=scope, ids=ids)
                )

    def add_spare_takes(self) -> None:
        """Add what may stand in for rejected takes, each after the takes of its set.

        Only now that every other id is known: a spare take must not keep it from its owner.
        """
        following: dict[str, list[Draft]] = {}
        for each in self.open_sets:
            takes, spare = each.with_spare_takes(self.rejected, self.ids, self.source_map)
            self.expansion.sets.append(takes)
            self.expansion.spare.update({draft.id: errors for draft, errors in spare})
            following[each.ids[-1]] = [draft for draft, errors in spare if not errors]
        if following:
            drafts = self.expansion.drafts
            drafts[:] = [each for draft in drafts for each in (draft, *following.get(draft.id, ()))]

    def _add_job(
        self,
        template: JobTemplate,
        variant: Variant,
        take: int | None,
        scope: Scope,
        errors: list[EvaluationError],
    ) -> None:
        draft = template.draft(variant.matrix, variant.row, take, scope, errors)
        if not draft.id:
            self.ids.add_unknown(glob_of(template.written["id"]))
        # A job whose id is taken is dropped here; the registry reports it.
        is_free = draft.id and self.ids.add(draft.id, draft.entry, draft.row)
        if errors:
            unknown = {error.path[0] for error in errors if error.path}
            self._add_partial_job(draft, template, unknown, errors)
        elif is_free:
            self.expansion.drafts.append(draft)

    def _add_partial_entry(self, index: int, entry: Mapping[str, Any]) -> None:
        """Keep what all jobs of an entry have in common whose matrix or rows are wrong."""
        self.ids.add_unknown(glob_of(entry["id"]))
        general = self.defaults.general
        unknown = {name for key, name in VARYING.items() if key in entry or key in general}
        # Its errors are among those of the keys below.
        operation = self._operation(entry, self.scope, [])
        template = self._template(index, operation, entry)
        varied = {name for name in template.dynamic if roots(template.parameters[name]) & unknown}
        errors: list[EvaluationError] = []
        for key in _KEYS_WITH_EXPRESSIONS:
            interpolate(entry.get(key, general.get(key)), self.scope, errors, (key,), unknown)
        parameters = template.interpolate_parameters(self.scope, errors, unknown)
        draft = Draft(
            entry=index,
            id="" if has_expression(entry["id"]) else entry["id"],
            operation=operation,
            parameters=parameters,
            base=self.base,
            needs=template.needs(parameters),
        )
        wrong = {str(error.path[0]) for error in errors}
        self._add_partial_job(draft, template, varied | wrong, errors)

    def _template(self, index: int, name: str, entry: Mapping[str, Any]) -> JobTemplate:
        merged = merge_defaults(self.defaults.of(name), entry)
        seed_name = self.operations[name].seed if name else None
        return JobTemplate.of(merged, entry=index, operation=name, seed=seed_name, base=self.base)

    def _add_partial_job(
        self,
        draft: Draft,
        template: JobTemplate,
        unknown: Collection[str | int],
        errors: Sequence[EvaluationError],
    ) -> None:
        self.expansion.diagnostics.extend(self.source_map.draft_diagnostics(draft, errors))
        names = frozenset(name for name in template.dynamic if name in unknown)
        if draft.take == 1:  # later takes have the same errors
            self.expansion.partial_jobs.append(PartialJob(draft=draft, unknown=names))

    def _scope(self, variant: Variant) -> Scope:
        # `matrix` and `row` are unknown names, not empty ones, where a job has neither.
        if variant.matrix is None and variant.row is None:
            return self.scope
        scope = dict(self.scope)
        if variant.matrix is not None:
            scope["matrix"] = variant.matrix
        if variant.row is not None:
            # A column of that name comes first: it is what the file's author means.
            scope["row"] = {"number": variant.row.number, **variant.row.values}
        return scope

    def _operation(
        self, entry: Mapping[str, Any], scope: Scope, errors: list[EvaluationError]
    ) -> str:
        """The name of the operation; empty, with an error, where it is missing or unknown."""
        is_own = "operation" in entry
        written = entry["operation"] if is_own else self.defaults.general.get("operation")
        name = interpolate(written, scope, errors, ("operation",))
        if isinstance(name, str) and name in self.operations:
            return name
        if not errors:  # otherwise its expression failed, which is reported already
            wrong = "no operation is named" if name is None else f'unknown operation "{name}"'
            # Validation reports a wrong name, or a missing one, that is not an expression.
            is_reported = not has_expression(written) and not (is_own and written is None)
            message = None if is_reported else wrong
            hint = suggest_operation(str(name or ""), self.operations)
            errors.append(EvaluationError(path=("operation",), message=message, hint=hint))
        return ""
