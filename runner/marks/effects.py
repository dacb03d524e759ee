"""Warns about the marks of a file that have no effect on a manifest, with the reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from runner.errors import Diagnostic
from runner.marks.document import MarksFile
from runner.model.marks import Choice, Mark

_DIGITS = 8


def idle_marks(
    file: MarksFile, fingerprints: Mapping[str, str], rejected: Collection[str], *, redo: bool
) -> list[Diagnostic]:
    """A warning for each mark whose job is not there, or has another fingerprint.

    `fingerprints`: job id to fingerprint. `rejected` takes are none of the jobs any more, and
    their marks are the reason. Without `redo` only picks are looked at.
    """
    found = []
    for mark in file.marks:
        if mark.id in rejected or not (redo or mark.choice is Choice.PICKED):
            continue
        if message := _why_idle(mark, fingerprints.get(mark.id)):
            found.append(
                Diagnostic(
                    message=f"{message}: the mark has no effect",
                    location=file.locate(mark),
                    job=mark.id,
                    warning=True,
                )
            )
    return found


def _why_idle(mark: Mark, fingerprint: str | None) -> str | None:
    if fingerprint is None:
        return "the manifest has no such job"
    if fingerprint == mark.fingerprint:
        return None
    was, now = mark.fingerprint[:_DIGITS], fingerprint[:_DIGITS]
    return f"its request has changed since (fingerprint {was}, now {now})"
