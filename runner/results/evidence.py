"""Reads an earlier results manifest as evidence of what was paid for; warns if it is unreadable."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from runner.documents import load
from runner.errors import Diagnostic, Location, ManifestError
from runner.media import EXTENSIONS
from runner.model import RESULT_GONE, Amount, Evidence, State, StoredFile, TaskFacts
from runner.results.row_filter import JSON, YAML, SkipRow, filter_rows
from runner.results.rows import VERSION

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
    try:
        document = _read_filtered(path, skip) if skip else _read_whole(path)
        flaw = _flaw(document)
    except FileNotFoundError:
        return EarlierResults()
    except (ManifestError, OSError, ValueError, RecursionError) as error:
        document, flaw = None, _describe(error)
    if flaw:
        warning = Diagnostic(
            message=f"the results manifest {flaw}; it is not used as evidence of what was paid for",
            location=Location(path=str(path)),
            warning=True,
        )
        return EarlierResults(diagnostics=(warning,))
    found = [*document["jobs"], *_list(document.get("removed"))]
    rows = tuple(row for row in found if isinstance(row, dict) and _text(row.get("id")))
    evidence = [proof for row in rows if (proof := _evidence(row))]
    evidence.sort(key=lambda proof: _SUREST_FIRST.index(proof.state))
    return EarlierResults(rows=rows, evidence=tuple(evidence))


def _read_filtered(path: Path, skip: SkipRow) -> Any:
    with path.open("rb") as file:
        content = filter_rows(file, JSON if _is_json(path) else YAML, skip)
    try:
        return _parse(path, content)
    except (ManifestError, ValueError, RecursionError):
        # A YAML alias may refer to a row that was left out.
        return _read_whole(path)


def _read_whole(path: Path) -> Any:
    return _parse(path, path.read_bytes())


def _parse(path: Path, content: bytes) -> Any:
    text = content.decode("utf-8-sig")  # editors may add a byte order mark
    return json.loads(text) if _is_json(path) else load(text, path=str(path))


def _is_json(path: Path) -> bool:
    return path.suffix.lower() == ".json"


def _flaw(document: Any) -> str | None:
    """Why a document is not a results manifest of this version; None if it is one."""
    if not isinstance(document, dict) or not isinstance(document.get("jobs"), list):
        return "was not written by vidu-run"
    if document.get("version") != VERSION:
        return f"has version {document.get('version')}, not {VERSION}"
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
    cost, usage = _mapping(row.get("cost")), _mapping(row.get("usage"))
    return Evidence(
        job=row["id"],
        fingerprint=fingerprint,
        state=state,
        task=TaskFacts(
            id=task_id,
            seed=_int(row.get("seed")),
            credits=_int(row.get("credits")),
            cost=_amount(cost.get("actual")),
            usage=usage,
            urls=tuple(url for url in _list(row.get("urls")) if isinstance(url, str)),
            submitted_at=_text(row.get("submitted_at")),
            finished_at=_text(row.get("finished_at")),
        ),
        estimated=_amount(cost.get("estimated")),
        files=_files(_list(row.get("files"))),
        attempts=_int(row.get("attempts")) or 1,
    )


def _proven_state(row: Mapping[str, Any], task_id: str | None) -> State | None:
    """What a row proves of its request: paid for, under way, or perhaps one of these."""
    match row.get("state"):
        case State.SUCCEEDED:
            return State.SUCCEEDED
        # The result was paid for, though it can no longer be fetched.
        case State.FAILED if _mapping(row.get("error")).get("code") == RESULT_GONE:
            return State.SUCCEEDED
        case State.PENDING | State.AMBIGUOUS if task_id:
            return State.PENDING  # even a task that the provider had lost is asked for again
        case State.AMBIGUOUS:
            return State.AMBIGUOUS
    return None


def _files(values: list[Any]) -> tuple[StoredFile, ...]:
    """All files of a row; empty unless every one of them is valid."""
    # A partial list would look like all files of the job.
    files = [file for value in values if (file := _file(value))]
    return tuple(files) if len(files) == len(values) else ()


def _file(value: Any) -> StoredFile | None:
    match value:
        case {
            "path": str(path),
            "sha256": str(sha256),
            "bytes": int(size),
            "media_type": str(media_type),
        }:
            if _SHA256.fullmatch(sha256) and media_type in EXTENSIONS:
                return StoredFile(path=path, sha256=sha256, bytes=size, media_type=media_type)
    return None


def _amount(value: Any) -> Amount | None:
    match value:
        case {"credits": int() | float() as number}:
            return Amount(unit="credits", value=Decimal(str(number)))
        case {"cny": int() | float() as number}:
            return Amount(unit="cny", value=Decimal(str(number)))
    return None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _task_id(value: Any) -> str | None:
    # An editor may have removed the quotes of a number.
    number = _int(value)
    return _text(value) if number is None else str(number)


def _int(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
