"""Reads an earlier results manifest as evidence of what was paid for; warns if it is unreadable."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from runner.errors import Diagnostic
from runner.media.types import EXTENSIONS
from runner.model.file_facts import FileFacts, ResultWarning, in_order
from runner.model.operations import OFF_PEAK, UNITS, Amount
from runner.model.outcomes import State
from runner.model.plans import Evidence
from runner.model.requests import RESULT_GONE, Shortfall
from runner.model.tasks import KIND_OF, StoredFile, TaskFacts
from runner.model.values import as_dict, as_list, is_number
from runner.results.document import read_document
from runner.results.row_filter import SkipRow

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAX_PATH_BYTES = 4096
"""PATH_MAX of Linux; macOS has less."""
_SUREST_FIRST = (State.SUCCEEDED, State.PENDING, State.AMBIGUOUS)


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierResults:
    """The content of an earlier results manifest."""

    rows: tuple[Mapping[str, Any], ...] = ()
    """The rows of jobs, then those of removed jobs, as they are in the file; skipped rows are
    missing."""
    evidence: tuple[Evidence, ...] = ()
    """One for each row that was paid for, is under way, or may be either: the surest first."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """A warning if the file could not be read."""
    recognized: bool = True
    """False where the file is something else than a results manifest."""
    manifest: str | None = None
    """The path of its manifest, relative to its folder; None if there is no file, or no path."""
    manifest_sha256: str | None = None
    """The digest of its manifest at that time; None if it is not known."""

    def removed(self, ids: Collection[str]) -> list[Mapping[str, Any]]:
        """The rows of jobs that are not among `ids`, one for each job."""
        # Reversed, so that the first of several rows of a job wins.
        rows = {row["id"]: row for row in reversed(self.rows) if row["id"] not in ids}
        return list(reversed(rows.values()))

    def with_evidence_of(
        self, other: EarlierResults, to_path: Callable[[str], str]
    ) -> EarlierResults:
        """These results, with what other results prove, or would prove if they were readable.

        `to_path` converts the path of a file in the other results into one of these.
        """
        moved = [
            replace(each, files=tuple(replace(f, path=to_path(f.path)) for f in each.files))
            for each in other.evidence
        ]
        return replace(
            self,
            evidence=_surest_first([*self.evidence, *moved]),
            diagnostics=(*self.diagnostics, *other.diagnostics),
        )


def _surest_first(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    return tuple(sorted(evidence, key=lambda proof: _SUREST_FIRST.index(proof.state)))


def read_results(path: Path, *, skip: SkipRow | None = None) -> EarlierResults:
    """Read the results manifest at `path`, if there is one, without the rows to `skip`."""
    try:
        found = read_document(path, skip)
    except FileNotFoundError:
        return EarlierResults()
    if found.value is None:
        warning = Diagnostic(
            message=f"the results manifest {found.problem}",
            location=found.location,
            hint="it is not used as evidence of what was paid for",
            warning=True,
        )
        return EarlierResults(
            diagnostics=(warning,), recognized=found.recognized, manifest=found.manifest
        )
    rows = (*found.value["jobs"], *found.value["removed"])
    return EarlierResults(
        rows=rows,
        evidence=_surest_first(proof for row in rows if (proof := _evidence(row))),
        manifest=found.manifest,
        manifest_sha256=_text(as_dict(found.value.get("manifest")).get("sha256")),
    )


def _evidence(row: Mapping[str, Any]) -> Evidence | None:
    task_id = _task_id(row.get("task_id"))
    state, fingerprint = _proven_state(row, task_id), _text(row.get("fingerprint"))
    if not fingerprint or state is None:
        return None
    cost = as_dict(row.get("cost"))
    return Evidence(
        job=row["id"],
        fingerprint=fingerprint,
        state=state,
        task=TaskFacts(
            id=task_id,
            seed=_int(row.get("seed")),
            credits=_int(row.get("credits")),
            cost=_amount(cost.get("actual")),
            usage=as_dict(row.get("usage")),
            urls=tuple(url for url in as_list(row.get("urls")) if isinstance(url, str)),
            creation_ids=tuple(map(_task_id, as_list(row.get("creation_ids")))),
            submitted_at=_text(row.get("submitted_at")),
            finished_at=_text(row.get("finished_at")),
        ),
        estimated=_amount(cost.get("estimated")),
        files=_with_findings(_files(as_list(row.get("files"))), row),
        attempts=_int(row.get("attempts")) or 1,  # what is evidence was submitted at least once
        shortfall=_shortfall(row) if state is State.SUCCEEDED else None,
        off_peak=as_dict(row.get("parameters")).get(OFF_PEAK) is True,
    )


def _shortfall(row: Mapping[str, Any]) -> Shortfall | None:
    """That of the first warning which is one; the others are about files."""
    found = (Shortfall.named(each.code, each.message) for each in _warnings(row))
    return next(filter(None, found), None)


def _warnings(row: Mapping[str, Any]) -> list[ResultWarning]:
    written = [as_dict(each) for each in as_list(row.get("warnings"))]
    return [
        ResultWarning(code=code, message=_text(each.get("message")) or code)
        for each in written
        if (code := _text(each.get("code")))
    ]


def _with_findings(files: tuple[StoredFile, ...], row: Mapping[str, Any]) -> tuple[StoredFile, ...]:
    """The files, the first result with the row's labels and warnings: a row has them for all."""
    warnings = [each for each in _warnings(row) if not Shortfall.named(each.code, each.message)]
    labels = in_order(each for each in as_list(row.get("labels")) if isinstance(each, str))
    first = next((file for file in files if file.kind is None), None)
    if first is None or not (warnings or labels):
        return files
    facts = replace(first.facts or FileFacts(), labels=labels)
    found = replace(first, facts=facts, warnings=tuple(warnings))
    return tuple(found if file is first else file for file in files)


def _proven_state(row: Mapping[str, Any], task_id: str | None) -> State | None:
    """What a row proves of its request: paid for, under way, or perhaps one of these."""
    match row.get("state"):
        case State.SUCCEEDED:
            return State.SUCCEEDED
        # Made: its file was not here, or a Git LFS pointer to it.
        case State.PENDING if as_list(row.get("files")):
            return State.SUCCEEDED
        # The result was paid for, though it can no longer be fetched.
        case State.FAILED if as_dict(row.get("error")).get("code") == RESULT_GONE:
            return State.SUCCEEDED
        case State.PENDING | State.AMBIGUOUS if task_id:
            return State.PENDING  # even a task that the provider had lost is asked for again
        case State.AMBIGUOUS:
            return State.AMBIGUOUS
    return None


def _files(values: list[Any]) -> tuple[StoredFile, ...]:
    """All files of a row; empty unless every one of them is valid."""
    # A partial list would look like all files of the job.
    files = [file for value in values if (file := _file(as_dict(value)))]
    return tuple(files) if len(files) == len(values) else ()


def _file(value: Mapping[str, Any]) -> StoredFile | None:
    path, size = _text(value.get("path")), _int(value.get("bytes"))
    sha256, media_type = _text(value.get("sha256")) or "", value.get("media_type")
    if path is None or not _is_path(path) or size is None or not _SHA256.fullmatch(sha256):
        return None
    if not isinstance(media_type, str) or media_type not in EXTENSIONS:
        return None
    kind = value.get("kind")
    if kind not in KIND_OF.values():
        return None
    return StoredFile(
        path=path,
        sha256=sha256,
        bytes=size,
        media_type=media_type,
        kind=kind,
        facts=_facts(value),
    )


def _facts(value: Mapping[str, Any]) -> FileFacts | None:
    """The facts about a file in a row; None where it has none."""
    seconds = value.get("duration")
    facts = FileFacts(
        width=_int(value.get("width")),
        height=_int(value.get("height")),
        seconds=seconds if is_number(seconds) else None,
    )
    return None if facts == FileFacts() else facts


def _is_path(text: str) -> bool:
    """Whether the system accepts it as a path at all."""
    try:
        return "\0" not in text and len(os.fsencode(text)) < _MAX_PATH_BYTES
    except UnicodeEncodeError:
        return False


def _amount(value: Any) -> Amount | None:
    for unit in UNITS:
        number = as_dict(value).get(unit)
        if is_number(number):
            return Amount(unit=unit, value=Decimal(str(number)))  # the decimal as written
    return None


def _text(value: Any) -> str | None:
    return value or None if isinstance(value, str) else None


def _task_id(value: Any) -> str | None:
    return str(value) if type(value) is int else _text(value)  # an editor may remove quotes


def _int(value: Any) -> int | None:
    """A whole number, if the ledger can hold it."""
    is_whole = type(value) is int and abs(value) < 1 << 63  # not a boolean
    return value if is_whole else None
