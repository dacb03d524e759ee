"""A manifest's value in, its jobs out: drafts, the problems on the way, and where things stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import Problem
from runner.expansion.defaults import Defaults
from runner.expansion.entries import Entries, Sketch
from runner.expansion.linking import link_problems
from runner.expansion.places import PlaceAt, Places
from runner.expansion.references import JobResults
from runner.expansion.variables import Variables, environment
from runner.expansion.variants import Variants
from runner.model import Draft, Operation, PlaceOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """What a manifest comes to."""

    drafts: list[Draft]
    """Every job that could be made out, in the order of the manifest."""
    sketches: list[Sketch]
    """What is known of the others, which may have more faults than those told."""
    problems: list[Problem]
    """What is wrong with the others; not in the order of the file."""
    place_of: PlaceOf


def expand(
    document_value: Mapping[str, Any],
    base: Path,
    operations: Mapping[str, Operation],
    *,
    env: Mapping[str, str],
    place: PlaceAt,
    each: Callable[[Sequence[Any]], Iterable[Any]] = iter,
) -> Expansion:
    """Every job of a manifest, after defaults, variables, matrix, rows and takes.

    `base` is the manifest's folder, `env` the process's environment, of which the manifest sees
    what it lists, `place` gives the place of a path from the manifest's root, `each` goes through
    the entries. Entries of a shape that validation refuses (no mapping, no id) are passed over.
    Reads the files of `foreach`.
    """
    problems: list[Problem] = []
    places = Places(document_value, place)
    names = _names(document_value, env, places, problems)
    entries = Entries(
        defaults=Defaults(document_value.get("defaults")),
        operations=operations,
        base=base,
        variants=Variants(base, names, places, problems.append),
        scope={**names, "jobs": JobResults(), "take": 1},
        places=places,
        problems=problems,
    )
    jobs = document_value.get("jobs")
    for index, entry in enumerate(each(jobs if isinstance(jobs, list) else ())):
        if isinstance(entry, dict) and entry.get("id") and isinstance(entry["id"], str):
            entries.add(index, entry)
        else:
            entries.ids.miss()
    problems += _lost_defaults(document_value, places)
    problems += entries.ids.problems(places, entries.varying)
    linked = [*entries.drafts, *(sketch.draft for sketch in entries.sketches)]
    problems += link_problems(linked, entries.ids, places)
    return Expansion(
        drafts=entries.drafts,
        sketches=entries.sketches,
        problems=problems,
        place_of=places.of_draft,
    )


def _names(
    document: Mapping[str, Any], env: Mapping[str, str], places: Places, problems: list[Problem]
) -> dict[str, Any]:
    """What every expression may use: `vars` and `env`."""
    shown = environment(document, env)
    written = document.get("vars")
    variables = Variables(written if isinstance(written, dict) else {}, shown)
    problems += [
        Problem(message=fault.message, place=places.at_fault(fault), hint=fault.hint)
        for fault in variables.faults
        if fault.message
    ]
    return {"vars": variables.plain(), "env": shown}


def _lost_defaults(document: Mapping[str, Any], places: Places) -> list[Problem]:
    """A job's keys that cannot hang on its operation, for the operation may hang on them."""
    defaults = document.get("defaults")
    return [
        Problem(
            message=f"{key} cannot be a default of one operation",
            place=places.at(("defaults", name, key)),
            hint=f"write {key} under defaults itself, or in each job",
        )
        for name, values in (defaults.items() if isinstance(defaults, dict) else ())
        if "/" in name and not name.startswith("x-") and isinstance(values, dict)
        for key in ("operation", "matrix", "foreach")
        if key in values
    ]
