"""An earlier results manifest in, what it proves was paid for out; it never fails, only warns."""

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
from runner.model import RESULT_GONE, Amount, Evidence, State, StoredFile
from runner.results.row_filter import JSON, YAML, Needless, filter_rows
from runner.results.rows import VERSION

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What an earlier results manifest says."""

    rows: tuple[Mapping[str, Any], ...] = ()
    """Every row as it stands, those of the jobs and then those of removed ones, but for those
    that were left out."""
    proofs: tuple[Evidence, ...] = ()
    """The rows of what was paid for, is under way, or may be either: the surest proof first."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """Warnings: it could not be read."""

    @property
    def states(self) -> dict[str, str]:
        """Job id to the state in its row."""
        return {each["id"]: str(each.get("state")) for each in reversed(self.rows)}

    def removed(self, ids: Collection[str]) -> list[Mapping[str, Any]]:
        """The rows of jobs that are not among `ids`, one for each job."""
        rows = {each["id"]: each for each in reversed(self.rows) if each["id"] not in ids}
        return list(reversed(rows.values()))


def read_evidence(path: Path, *, needless: Needless | None = None) -> Earlier:
    """Read the results manifest at `path`, if there is one, but for rows that are `needless`."""
    try:
        document = _needed(path, needless) if needless else _all(path)
        flaw = _flaw(document)
    except FileNotFoundError:
        return Earlier()
    except (ManifestError, OSError, ValueError, RecursionError) as error:
        document, flaw = None, _words(error)
    if flaw:
        problem = Diagnostic(
            message=f"the results manifest {flaw}; it is no evidence of what was paid for",
            location=Location(path=str(path)),
            warning=True,
        )
        return Earlier(diagnostics=(problem,))
    found = [*document["jobs"], *_list(document.get("removed"))]
    rows = tuple(each for each in found if isinstance(each, dict) and _text(each.get("id")))
    return Earlier(rows=rows, proofs=_proofs(rows))


def _needed(path: Path, needless: Needless) -> Any:
    """The document without rows that nobody needs; whole, where that makes no sense of it."""
    with path.open("rb") as file:
        content = filter_rows(file, JSON if _is_json(path) else YAML, needless)
    try:
        document = _parsed(path, content)
    except (ManifestError, ValueError, RecursionError):
        return _all(path)
    return document


def _all(path: Path) -> Any:
    return _parsed(path, path.read_bytes())


def _parsed(path: Path, content: bytes) -> Any:
    text = content.decode("utf-8-sig")
    return json.loads(text) if _is_json(path) else load(text, path=str(path))


def _is_json(path: Path) -> bool:
    return path.suffix.lower() == ".json"


def _flaw(document: Any) -> str | None:
    """What keeps a document from being evidence; None where nothing does."""
    if not isinstance(document, dict) or not isinstance(document.get("jobs"), list):
        return "is none of vidu-run's"
    if document.get("version") != VERSION:
        return f"is of version {document.get('version')}, not {VERSION}"
    return None


def _words(error: Exception) -> str:
    match error:
        case OSError():
            return f"cannot be read: {error.strerror or error}"
        case UnicodeDecodeError():
            return "is not UTF-8 text"
        case ManifestError():
            return f"is damaged: {error.diagnostics[0].message}"
    return f"is damaged: {error}"


def _proofs(rows: Collection[Mapping[str, Any]]) -> tuple[Evidence, ...]:
    """What rows prove; those that prove the same stay in their order."""
    proofs = [proof for each in rows if (proof := _proof(each))]
    return tuple(sorted(proofs, key=lambda proof: _SUREST.index(proof.state)))


_SUREST = (State.SUCCEEDED, State.PENDING, State.AMBIGUOUS)


def _proof(row: Mapping[str, Any]) -> Evidence | None:
    task_id = _digits(row.get("task_id"))
    state, fingerprint = _proven(row, task_id), _text(row.get("fingerprint"))
    if not fingerprint or state is None:
        return None
    cost, usage = _mapping(row.get("cost")), _mapping(row.get("usage"))
    return Evidence(
        job=row["id"],
        fingerprint=fingerprint,
        state=state,
        task_id=task_id,
        seed=_whole(row.get("seed")),
        credits=_whole(row.get("credits")),
        estimated=_amount(cost.get("estimated")),
        actual=_amount(cost.get("actual")),
        usage=usage,
        urls=tuple(url for url in _list(row.get("urls")) if isinstance(url, str)),
        files=_files(_list(row.get("files"))),
        attempts=_whole(row.get("attempts")) or 1,
        submitted_at=_text(row.get("submitted_at")),
        finished_at=_text(row.get("finished_at")),
    )


def _proven(row: Mapping[str, Any], task_id: str | None) -> State | None:
    """What a row proves of its request: paid for, under way, or perhaps one of these."""
    match row.get("state"):
        case State.SUCCEEDED:
            return State.SUCCEEDED
        case State.FAILED if _mapping(row.get("error")).get("code") == RESULT_GONE:
            return State.SUCCEEDED
        case State.PENDING | State.AMBIGUOUS if task_id:
            return State.PENDING  # a task that was not told of any more is asked for again
        case State.AMBIGUOUS:
            return State.AMBIGUOUS
    return None


def _files(values: list[Any]) -> tuple[StoredFile, ...]:
    """All files of a row; none where not each of them can be told."""
    files = [file for each in values if (file := _file(each))]
    return tuple(files) if len(files) == len(values) else ()


def _file(value: Any) -> StoredFile | None:
    match value:
        case {
            "path": str(path),
            "sha256": str(sha256),
            "bytes": int(size),
            "media_type": str(media_type),
        }:
            if _DIGEST.fullmatch(sha256) and media_type in EXTENSIONS:
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


def _digits(value: Any) -> str | None:
    """A task id, also where someone's editor has taken its quotes away."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
