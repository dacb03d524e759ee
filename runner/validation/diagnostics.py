"""Findings: what a check found at a path, how messages write values, and where users see them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from runner.errors import Diagnostic, Location, merge
from runner.model.jobs import DocumentLocator, Draft, DraftLocator
from runner.model.values import ValuePath, as_dict, as_list

# Characters of a value in a message.
_LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An error or a warning at a path inside the value that was checked."""

    path: ValuePath
    message: str
    hint: str | None = None
    warning: bool = False
    key: bool = False
    """It is about the key at the path, not its value."""
    missing: tuple[str, ...] = ()
    """The parameters that are missing, or of which one is needed."""
    rivals: tuple[str, ...] = ()
    """The parameters that cannot be given together."""
    by_form: bool = False
    """It is about which parameters there are, or how many items they have, which differ from one
    operation to the next."""

    def below(self, path: ValuePath) -> Finding:
        """The finding in the value that has the checked one at `path`."""
        return replace(self, path=(*path, *self.path))

    def diagnostic(self, location: Location | None, job: str | None) -> Diagnostic:
        """The finding as users see it."""
        return Diagnostic(
            message=self.message, location=location, job=job, hint=self.hint, warning=self.warning
        )


class DeferredText(str):
    """Stands in for a text that another job's result will give."""

    __slots__ = ()


class DeferredNumber(int):
    """Stands in for a number that another job's result will give."""

    __slots__ = ()


def shown(value: Any) -> str:
    """The value in YAML's flow style, shortened."""
    if isinstance(value, (DeferredText, DeferredNumber)):
        return "(another job's result)"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"


def dotted(path: Iterable[str | int]) -> str:
    """`("providers", "vidu", "auth")` as `providers.vidu.auth`, indices as `images[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def in_order_of(value: Any, findings: Iterable[Finding]) -> list[Finding]:
    """The findings in the order of the value's parts; those about a whole come before its parts."""
    return sorted(findings, key=lambda finding: _position(value, finding.path))


def _position(value: Any, path: ValuePath) -> tuple[int, ...]:
    """The number of each step of the path among its siblings; -1 for what is not there."""
    found = []
    for step in path:
        keys: Sequence[Any] = list(value) if isinstance(value, dict) else range(len(as_list(value)))
        found.append(keys.index(step) if step in keys else -1)
        value = value[step] if step in keys else None
    return tuple(found)


def document_diagnostics(
    findings: Iterable[Finding], document: Any, locate: DocumentLocator
) -> list[Diagnostic]:
    """The findings about a manifest's own form, in the order given."""
    return merge(
        finding.diagnostic(locate(finding.path, key=finding.key), _job_at(document, finding.path))
        for finding in findings
    )


def _job_at(document: Any, path: ValuePath) -> str | None:
    """The id, as written, of the job that contains the path."""
    match path:
        case ("jobs", int() as index, *_):
            name = as_dict(document["jobs"][index]).get("id")
            return name if isinstance(name, str) and name else None
    return None


def job_diagnostics(
    checked: Iterable[tuple[Draft, Sequence[Finding]]],
    locate: DraftLocator,
    document: Mapping[str, Any] | None = None,
) -> list[Diagnostic]:
    """The findings about drafts, explained from the manifest's `document` if it is given."""
    pairs = ((draft, finding) for draft, findings in checked for finding in findings)
    if document is not None:
        pairs = ((draft, _explained(finding, draft, document)) for draft, finding in pairs)
    return merge(
        finding.diagnostic(locate(draft, finding.path, key=finding.key), draft.id or None)
        for draft, finding in pairs
    )


def _explained(finding: Finding, draft: Draft, document: Mapping[str, Any]) -> Finding:
    entry = document["jobs"][draft.entry]
    defaults = as_dict(document.get("defaults"))
    # Null unsets a parameter, so an expression that gives null looks like a missing one.
    layers = (entry, as_dict(defaults.get(draft.operation)), defaults)
    for name in finding.missing:
        written = next((layer[name] for layer in layers if name in layer), None)
        if isinstance(written, str):
            message = f"{finding.message}: {written} gives null"
            return replace(finding, path=(name,), message=message)
    # General defaults go to every job, also to one whose operation lacks the parameter.
    is_parameter = finding.key and len(finding.path) == 1
    if is_parameter and finding.path[0] in defaults and finding.path[0] not in entry:
        hint = (
            "a default that only one operation has goes under that operation's name,"
            f" as in defaults: {{{draft.operation}: {{...}}}}"
        )
        return replace(finding, hint=f"{finding.hint} {hint}" if finding.hint else hint)
    return finding


def not_yet_reported(
    diagnostics: Iterable[Diagnostic], reported: Iterable[Diagnostic]
) -> list[Diagnostic]:
    """Those of `diagnostics` at locations where `reported` has no error."""
    # The expansion fails at values of a wrong form as well: one mistake is reported once, by the
    # check that describes it best.
    locations = {str(each.location) for each in reported if not each.warning}
    return [each for each in diagnostics if str(each.location) not in locations]
