"""Messages about the keys of a mapping: unknown, missing, and which go together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from runner.errors import suggest
from runner.model.jobs import JOB_KEYS
from runner.model.values import as_dict
from runner.validation.diagnostics import Finding, dotted, shown
from runner.validation.schema import Violation, mappings_inside, required_only, required_sets


def describe_unknown(violation: Violation) -> Iterator[Finding]:
    """`unknown parameter "promt" of vidu/reference2image`; `unknown key "x" in run`."""
    known = list(violation.schema.get("properties", ()))
    patterns = violation.schema.get("patternProperties", ())
    is_parameter = violation.subject.noun == "parameter" and not violation.path
    noun, preposition = ("parameter", "of") if is_parameter else ("key", "in")
    for key in violation.value:
        if key not in known and not any(re.search(pattern, key) for pattern in patterns):
            yield Finding(
                path=(*violation.path, key),
                message=f"unknown {noun} {shown(key)} {preposition} {violation.name}",
                hint=_unknown_hint(violation, key, known),
                key=True,
                by_form=is_parameter,
            )


def _unknown_hint(violation: Violation, key: str, known: Sequence[str]) -> str | None:
    if own := as_dict(violation.schema.get("x-unknown")).get(key):
        return str(own)
    if violation.subject.noun != "parameter":
        return suggest(key, known, rest="docs/manifest.md has all")
    # A parameter of an expanded job may be a misspelt key of the job itself.
    names = known if violation.path else [*known, *JOB_KEYS]
    rest = f"vidu-run operations {violation.subject.owner} shows all"
    return _other_place(violation, key) or suggest(key, names, rest=rest)


def _other_place(violation: Violation, key: str) -> str | None:
    """Where the key belongs, if it is one of another level of the parameters."""
    parameters = as_dict(violation.subject.schema.get("properties"))
    if violation.path:
        beside = f"{key} is a parameter of the job: write it beside {violation.path[0]}"
        return beside if key in parameters else None
    inside = [place for place, keys in mappings_inside(parameters).items() if key in keys]
    return f"it is a key inside {inside[0]}" if inside else None


def describe_required(violation: Violation) -> Iterator[Finding]:
    """`prompt is missing (vidu/reference2image needs it)`; `subjects[0].name is missing`."""
    who = violation.condition or (violation.name if not violation.path else None)
    by = f" ({who} needs it)" if who else ""
    for name in violation.limit:
        if name not in violation.value:
            rule = violation.schema.get("properties", {}).get(name, {})
            yield Finding(
                path=violation.path,
                message=f"{dotted((*violation.path, name))} is missing{by}",
                hint=as_dict(rule).get("x-hints", {}).get("required"),
                missing=() if violation.path else (name,),
                by_form=violation.subject.noun == "parameter" and not violation.path,
            )


def describe_dependent(violation: Violation) -> Iterator[Finding]:
    """`end is missing (start needs it)`."""
    for name, needed in violation.limit.items():
        for other in needed if name in violation.value else ():
            if other not in violation.value:
                missing = dotted((*violation.path, other))
                yield violation.finding(f"{missing} is missing ({name} needs it)")


def describe_alternatives(violation: Violation) -> Iterator[Finding]:
    """`exactly one of video_url, video_creation_id is required; both are given`.

    Of alternatives that may be given together: `at least one of audio_url, text is required`.
    """
    sets = required_sets(violation.limit) or []
    given = [names for names in sets if all(name in violation.value for name in names)]
    listed = ", ".join(" with ".join(names) for names in sets)
    where = f" in {violation.name}" if violation.path else ""
    by = f" {by}" if (by := violation.by_condition) else ""
    if not given:
        number = "exactly" if violation.keyword == "oneOf" else "at least"
        message = f"{number} one of {listed} is required{where}{by}"
        # Those that are not there at all: a set may be there in part.
        missing = [name for names in sets for name in names if name not in violation.value]
        yield replace(violation.finding(message), missing=() if violation.path else tuple(missing))
        return
    present = "both" if len(sets) == 2 else _listed([" with ".join(names) for names in given])
    message = f"exactly one of {listed} is required{where}{by}; {present} are given"
    yield _conflict(violation, message, [names[0] for names in given])


def describe_exclusion(violation: Violation) -> Iterator[Finding]:
    """`videos and subjects exclude each other (viduq2-pro)`."""
    names = required_only(violation.limit) or ()
    where = f" in {violation.name}" if violation.path else ""
    by = f" ({violation.condition})" if violation.condition else ""
    if len(names) == 1:
        message = f"{dotted((*violation.path, *names))} is not allowed{by}"
    else:
        message = f"{_listed(names)} exclude each other{where}{by}"
    yield _conflict(violation, message, names)


def _conflict(violation: Violation, message: str, names: Sequence[str]) -> Finding:
    """The error about keys that are all there, at the one that is written last."""
    last = max(names, key=list(violation.value).index)
    rivals = () if violation.path else tuple(names)
    finding = violation.finding(message)
    return replace(finding, path=(*violation.path, last), key=True, rivals=rivals)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
