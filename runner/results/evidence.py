"""Reads an earlier results manifest as evidence of what was paid for; warns if it is unreadable."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from runner.documents.files import load
from runner.errors import Diagnostic, Location, ManifestError, plural
from runner.media.types import EXTENSIONS
from runner.model.operations import UNITS, Amount
from runner.model.outcomes import State
from runner.model.plans import Evidence
from runner.model.requests import RESULT_GONE, Shortfall
from runner.model.tasks import StoredFile, TaskFacts
from runner.results.row_filter import JSON, YAML, SkipRow, filter_rows
from runner.results.rows import VERSION

T = TypeVar("T")

_SHA256 = re.compile(r"[0-9a-f]{64}")
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

    def removed(self, ids: Collection[str]) -> list[Mapping[str, Any]]:
        """The rows of jobs that are not among `ids`, one for each job."""
        # Reversed, so that the first of several rows of a job wins.
        rows = {row["id"]: row for row in reversed(self.rows) if row["id"] not in ids}
        return list(reversed(rows.values()))


def read_results(path: Path, *, skip: SkipRow | None = None) -> EarlierResults:
    """Read the results manifest at `path`, if there is one, without the rows to `skip`."""
    location = Location(path=str(path))
    try:
        document, skipped = _read(path, skip)
        reason = _mismatch(document, skipped)
        if reason and skipped:  # only the whole file shows what is wrong with it
            document, _ = _read(path, None)
            reason = _mismatch(document, 0)
    except FileNotFoundError:
        return EarlierResults()
    except (ManifestError, OSError, ValueError, RecursionError) as error:
        document, reason = None, _describe(error)
        if isinstance(error, ManifestError):
            location = error.diagnostics[0].location or location
    if reason:
        warning = Diagnostic(
            message=f"the results manifest {reason}; "
            "it is not used as evidence of what was paid for",
            location=location,
            warning=True,
        )
        return EarlierResults(diagnostics=(warning,))
    found = [*document["jobs"], *_typed(document.get("removed"), list, [])]
    rows = tuple(row for row in found if isinstance(row, dict) and _text(row.get("id")))
    evidence = [proof for row in rows if (proof := _evidence(row))]
    evidence.sort(key=lambda proof: _SUREST_FIRST.index(proof.state))  # of equal fingerprint
    return EarlierResults(rows=rows, evidence=tuple(evidence))


def _read(path: Path, skip: SkipRow | None) -> tuple[Any, int]:
    """The document without the rows to skip, and how many of them were rows of jobs."""
    if skip is None:
        return _parse(path, path.read_bytes()), 0
    with path.open("rb") as file:
        content, skipped = filter_rows(file, JSON if _is_json(path) else YAML, skip)
    try:
        return _parse(path, content), skipped
    except (ManifestError, ValueError, RecursionError):
        # A YAML alias may refer to a row that was left out.
        return _read(path, None)


def _parse(path: Path, content: bytes) -> Any:
    text = content.decode("utf-8-sig")  # editors may add a byte order mark
    return json.loads(text) if _is_json(path) else load(text, path=str(path))


def _is_json(path: Path) -> bool:
    return path.suffix.lower() == ".json"


def _mismatch(document: Any, skipped: int) -> str | None:
    """Why a document is not a whole results manifest of this version; None if it is one.

    `skipped` rows of jobs are missing from it on purpose.
    """
    if not isinstance(document, dict) or not isinstance(document.get("jobs"), list):
        return "was not written by vidu-run"
    if document.get("version") != VERSION:
        return f"has version {document.get('version')}, not {VERSION}"
    # YAML that was cut off between two rows is valid. The list of removed jobs is written last.
    count = len(document["jobs"]) + skipped
    total = _int(_typed(document.get("totals"), dict, {}).get("jobs"))
    if total is not None and count < total:
        return f"is incomplete: {count:,} of {plural(total, 'job')} (see totals.jobs)"
    if total is not None and count > total:
        return f"has {plural(count, 'job')}, but totals.jobs is {total:,}"
    if not isinstance(document.get("removed"), list):
        return "is incomplete: its end, the list `removed`, is missing"
    return None


def _describe(error: Exception) -> str:
    match error:
        case OSError():
            return f"cannot be read: {error.strerror or error}"
        case UnicodeDecodeError():
            return "is not UTF-8 text"
        case ManifestError():
            return f"is damaged: {error.diagnostics[0].message}"
    return f"is damaged: {error}"


def _evidence(row: Mapping[str, Any]) -> Evidence | None:
    task_id = _task_id(row.get("task_id"))
    state, fingerprint = _proven_state(row, task_id), _text(row.get("fingerprint"))
    if not fingerprint or state is None:
        return None
    cost = _typed(row.get("cost"), dict, {})
    return Evidence(
        job=row["id"],
        fingerprint=fingerprint,
        state=state,
        task=TaskFacts(
            id=task_id,
            seed=_int(row.get("seed")),
            credits=_int(row.get("credits")),
            cost=_amount(cost.get("actual")),
            usage=_typed(row.get("usage"), dict, {}),
            urls=tuple(url for url in _typed(row.get("urls"), list, []) if isinstance(url, str)),
            submitted_at=_text(row.get("submitted_at")),
            finished_at=_text(row.get("finished_at")),
        ),
        estimated=_amount(cost.get("estimated")),
        files=_files(_typed(row.get("files"), list, [])),
        attempts=_int(row.get("attempts")) or 1,  # what is evidence was submitted at least once
        shortfall=_shortfall(row) if state is State.SUCCEEDED else None,
    )


def _shortfall(row: Mapping[str, Any]) -> Shortfall | None:
    """That of the first warning which is one; the others are of newer versions."""
    warnings = (_typed(each, dict, {}) for each in _typed(row.get("warnings"), list, []))
    found = (Shortfall.named(_text(w.get("code")), _text(w.get("message"))) for w in warnings)
    return next(filter(None, found), None)


def _proven_state(row: Mapping[str, Any], task_id: str | None) -> State | None:
    """What a row proves of its request: paid for, under way, or perhaps one of these."""
    match row.get("state"):
        case State.SUCCEEDED:
            return State.SUCCEEDED
        # The result was paid for, though it can no longer be fetched.
        case State.FAILED if _typed(row.get("error"), dict, {}).get("code") == RESULT_GONE:
            return State.SUCCEEDED
        case State.PENDING | State.AMBIGUOUS if task_id:
            return State.PENDING  # even a task that the provider had lost is asked for again
        case State.AMBIGUOUS:
            return State.AMBIGUOUS
    return None


def _files(values: list[Any]) -> tuple[StoredFile, ...]:
    """All files of a row; empty unless every one of them is valid."""
    # A partial list would look like all files of the job.
    files = [file for value in values if (file := _file(_typed(value, dict, {})))]
    return tuple(files) if len(files) == len(values) else ()


def _file(value: Mapping[str, Any]) -> StoredFile | None:
    path, size = _text(value.get("path")), _int(value.get("bytes"))
    sha256, media_type = _text(value.get("sha256")) or "", value.get("media_type")
    if path is None or size is None or not _SHA256.fullmatch(sha256):
        return None
    if not isinstance(media_type, str) or media_type not in EXTENSIONS:
        return None
    return StoredFile(path=path, sha256=sha256, bytes=size, media_type=media_type)


def _amount(value: Any) -> Amount | None:
    for unit in UNITS:
        match _typed(value, dict, {}).get(unit):
            case int() | float() as number:
                return Amount(unit=unit, value=Decimal(str(number)))  # the decimal as written
    return None


def _typed(value: Any, kind: type[T], default: T) -> T:
    """`value` if it is of that type; the file may have been edited."""
    return value if isinstance(value, kind) else default


def _text(value: Any) -> str | None:
    return _typed(value, str, "") or None


def _task_id(value: Any) -> str | None:
    # An editor may have removed the quotes of a number.
    number = _int(value)
    return _text(value) if number is None else str(number)


def _int(value: Any) -> int | None:
    return value if type(value) is int else None  # not a boolean
