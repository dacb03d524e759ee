"""What a check found, by path, in; problems with the places a user can go to, out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from runner.errors import Diagnostic, Location, merge
from runner.model import Draft, DraftLocator


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, or odd, at a path inside what was checked."""

    path: tuple[str | int, ...]
    message: str
    hint: str | None = None
    warning: bool = False
    key: bool = False
    """The key at the path is meant, rather than its value."""
    missing: str | None = None
    """The parameter that is not there."""


class DocumentLocation(Protocol):
    """How a document tells the place of a path (`documents.Document.place`)."""

    def __call__(self, path: tuple[str | int, ...], *, key: bool = False) -> Location:
        """The place of the value, or of its key, at `path`."""


def job_diagnostics(
    checked: Iterable[tuple[Draft, Sequence[Finding]]],
    place_of: DraftLocator,
    document: Mapping[str, Any] | None = None,
) -> list[Diagnostic]:
    """The findings of drafts at their places; one cause that hits many jobs is told once.

    With the manifest's `document`, an unknown parameter that a plain default brings is told
    with the way out: to put it under its own operation's name; and a parameter is not called
    missing whose expression gave null.
    """
    return merge(
        Diagnostic(
            message=finding.message,
            location=place_of(draft, finding.path, key=finding.key),
            job=draft.id or None,
            hint=_from_default(draft, finding, document) or finding.hint,
            warning=finding.warning,
        )
        for draft, findings in checked
        for finding in (_null_reported(draft, found, document) for found in findings)
    )


def _null_reported(draft: Draft, finding: Finding, document: Mapping[str, Any] | None) -> Finding:
    """The finding; where something is missing that an expression was to give, at its place."""
    name = finding.missing
    if name is None or document is None:
        return finding
    defaults = document.get("defaults") or {}
    layers = (document["jobs"][draft.entry], defaults.get(draft.operation) or {}, defaults)
    written = next((layer[name] for layer in layers if name in layer), None)
    if not isinstance(written, str):
        return finding
    return replace(finding, path=(name,), message=f"{finding.message}: {written} gives null")


def _from_default(draft: Draft, finding: Finding, document: Mapping[str, Any] | None) -> str | None:
    if document is None or not finding.key or len(finding.path) != 1:
        return None
    name = finding.path[0]
    defaults = document.get("defaults")
    if name in document["jobs"][draft.entry] or not isinstance(defaults, dict):
        return None
    if name not in defaults:
        return None
    return (
        f"{finding.hint + ' ' if finding.hint else ''}a default that only one operation has goes"
        f" under that operation's name, as in defaults: {{{draft.operation}: {{...}}}}"
    )


def document_diagnostics(
    findings: Iterable[Finding], document: Any, place: DocumentLocation
) -> list[Diagnostic]:
    """The findings of a manifest's own shape at their places, in the order given."""
    return merge(
        Diagnostic(
            message=finding.message,
            location=place(finding.path, key=finding.key),
            job=_job_at(document, finding.path),
            hint=finding.hint,
            warning=finding.warning,
        )
        for finding in findings
    )


def not_yet_reported(more: Iterable[Diagnostic], told: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Those of `more` at places where `told` has no error.

    The expansion stumbles over what the manifest's shape was blamed for already; one mistake is
    told once, by the check that knows it best.
    """
    places = {str(problem.location) for problem in told if not problem.warning}
    return [problem for problem in more if str(problem.location) not in places]


def _job_at(document: Any, path: tuple[str | int, ...]) -> str | None:
    """The id, as written, of the job that the path leads into."""
    if len(path) < 2 or path[0] != "jobs" or not isinstance(path[1], int):
        return None
    job = document["jobs"][path[1]]
    name = job.get("id") if isinstance(job, dict) else None
    return name if isinstance(name, str) and name else None
