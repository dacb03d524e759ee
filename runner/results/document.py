"""Reads the document of a results manifest, and decides whether it is one, and whole.

A copy may have been cut off anywhere, and what is left may still be valid YAML. What is missing
may have been paid for, so nothing but a whole document is used.
"""

from __future__ import annotations

import errno
import json
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runner.documents.events import is_json
from runner.documents.files import check_conflict, load
from runner.documents.json_reader import read_json
from runner.errors import Location, ManifestError, plural
from runner.lfs import LFS_HINT, is_lfs_head
from runner.model.outcomes import State
from runner.results.row_filter import JSON, YAML, SkipRow, filter_rows
from runner.results.rows import VERSION
from runner.results.write import END

HEAD_BYTES = 1 << 16
"""Enough of a file to recognize it by."""

_YAML_HEAD = re.compile(rb"^manifest:[ \t]*\r?\n[ \t]+path:", re.MULTILINE)
_JSON_HEAD = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*\{\s*"version"\s*:\s*\d+\s*,\s*"manifest"\s*:\s*\{\s*"path"\s*:'
)
_PATH = re.compile(rb'\s*("[^"\r\n]+"|[^\s"][^\r\n]*)(?=,?\r?\n)')
_FIRST_BYTES = (
    b"version: 1\nmanifest:\n  path:",
    b'{\n  "version": 1,\n  "manifest": {\n    "path":',
)
_PROMISED_END = re.compile(rb'^removed:[ \t]+#.*"\.\.\."', re.MULTILINE)
_ENDED = re.compile(rb"^\.\.\.\s*\Z", re.MULTILINE)
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_KEYS = ("operation", "task_id", "cost", "urls", "files", "attempts", "submitted_at", "error")
"""Of a row, beside its id, state and fingerprint: what a job's fate is read from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsDocument:
    """A file in the place of a results manifest."""

    value: Mapping[str, Any] | None = None
    """The document if it is whole; then its `jobs` and `removed` are lists of whole rows."""
    problem: str | None = None
    """Why it is not used: "is damaged: ..."; None if it is whole."""
    location: Location
    recognized: bool = True
    """Whether it is a results manifest at all, be it damaged."""
    manifest: str | None = None
    """The path of its manifest, relative to its own folder; None if that is not known."""


def is_results(content: bytes) -> bool:
    """Whether the first bytes of a file are those of a results manifest, also of a cut one."""
    if _YAML_HEAD.search(content) or _JSON_HEAD.match(content):
        return True
    return any(head.startswith(content) for head in _FIRST_BYTES)


def named_manifest(content: bytes) -> str | None:
    """The path of its manifest in the first bytes of a results manifest, also of a damaged one."""
    found = _YAML_HEAD.search(content) or _JSON_HEAD.match(content)
    path = _PATH.match(content, found.end()) if found else None
    if path is None:
        return None
    text = path[1].decode("utf-8", "replace")
    try:
        return str(json.loads(text)) if text.startswith('"') else text
    except ValueError:  # an escape of YAML alone
        return None


def read_document(path: Path, skip: SkipRow | None) -> ResultsDocument:
    """Read the file at `path`, without the rows of jobs to `skip`. Blocks.

    Raises FileNotFoundError.
    """
    location = Location(path=str(path))
    content = b""
    try:
        head = _head(path)
        # A picture or a database, which may be large: not worth reading.
        if b"\0" in head.strip(b"\0") and not is_results(head):
            return _unusable(head, "is not UTF-8 text", location)
        content, skipped = _content(path, skip)
        if problem := _problem_of_bytes(content):
            return _unusable(content, problem, location)
        document = _parse(path, content)
        if skipped and _problem(document, content, skipped):
            # Only the whole file shows what is wrong with it.
            content, skipped = path.read_bytes(), 0
            document = _parse(path, content)
    except FileNotFoundError:
        raise
    except (ManifestError, ValueError, RecursionError) as error:
        if skip is not None:  # a YAML alias may refer to a row that was left out
            return read_document(path, None)
        if isinstance(error, ManifestError):
            location = error.diagnostics[0].location or location
        return _unusable(content, _describe(error), location)
    except OSError as error:
        return ResultsDocument(problem=_describe(error), location=location)
    if problem := _problem(document, content, skipped):
        unusable = _unusable(content, problem, location)
        return replace(unusable, recognized=unusable.recognized or _is_results_value(document))
    owner = document.get("manifest")
    name = owner.get("path") if isinstance(owner, dict) else None
    is_name = isinstance(name, str) and name
    return ResultsDocument(value=document, location=location, manifest=name if is_name else None)


def _head(path: Path) -> bytes:
    mode = path.stat().st_mode
    # Opening a pipe would wait for a writer; a folder raises an error of its own.
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "it is not a regular file")
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _unusable(content: bytes, problem: str, location: Location) -> ResultsDocument:
    head = content[:HEAD_BYTES]
    return ResultsDocument(
        problem=problem,
        location=location,
        recognized=is_results(head),
        manifest=named_manifest(head),
    )


def _content(path: Path, skip: SkipRow | None) -> tuple[bytes, int]:
    """The bytes without the rows to skip, and how many of them were rows of jobs."""
    if skip is None:
        return path.read_bytes(), 0
    with path.open("rb") as file:
        return filter_rows(file, JSON if is_json(path.name) else YAML, skip)


def _parse(path: Path, content: bytes) -> Any:
    text = content.decode("utf-8-sig")  # editors may add a byte order mark
    if not is_json(path.name):
        return load(text, path=str(path))
    check_conflict(text, str(path))
    return read_json(text)  # a key is there twice where two rows have run together


def _is_results_value(document: Any) -> bool:
    """Whether a document has what no manifest has, whatever the order of its keys."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("manifest"), dict)
        and "totals" in document
    )


def _describe(error: Exception) -> str:
    match error:
        case OSError():
            return f"cannot be read: {error.strerror or error}"
        case UnicodeDecodeError():
            return "is not UTF-8 text"
        case ManifestError():
            return f"is damaged: {error.diagnostics[0].message}"
    return f"is damaged: {error}"


def _problem_of_bytes(content: bytes) -> str | None:
    """What tools leave in a file's place: their own words explain it better than a parser's."""
    if not content.strip(b"\0 \t\r\n"):  # a full disk or a power failure may leave zeros
        return "is empty"
    if is_lfs_head(content):
        return f"is a Git LFS pointer: {LFS_HINT}"
    return None


def _problem(document: Any, content: bytes, skipped: int) -> str | None:
    """Why a document is not a whole results manifest of this version; None if it is one.

    `skipped` rows of jobs are missing from it on purpose.
    """
    if not isinstance(document, dict) or not isinstance(document.get("jobs"), list):
        return "was not written by vidu-run"
    if document.get("version") != VERSION:
        return f"has version {document.get('version')}, not {VERSION}"
    totals = document.get("totals")
    total = totals.get("jobs") if isinstance(totals, dict) else None
    count = len(document["jobs"]) + skipped
    if type(total) is not int:
        return "is damaged: its number of jobs, totals.jobs, is missing"
    # YAML that was cut off between two rows is valid. The list of removed jobs is written last.
    if count < total:
        return f"is incomplete: {count:,} of {plural(total, 'job')} (see totals.jobs)"
    if count > total:
        return f"has {plural(count, 'job')}, but totals.jobs is {total:,}"
    if not isinstance(document.get("removed"), list):
        return "is incomplete: its end, the list `removed`, is missing"
    if _PROMISED_END.search(content) and not _ENDED.search(content):
        return f"is incomplete: its last line, `{END}`, is missing"
    return _problem_of_rows([*document["jobs"], *document["removed"]])


def _problem_of_rows(rows: Iterable[Any]) -> str | None:
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not row["id"]:
            return f"is damaged: its row {number:,} has no id"
        if problem := _problem_of_row(row):
            return f'is damaged: the row of "{row["id"]}" {problem}'
    return None


def _problem_of_row(row: Mapping[str, Any]) -> str | None:
    """Why the row does not show what became of its job; None if it does."""
    if row.get("state") not in _STATES:
        return "has no valid state"
    fingerprint = row.get("fingerprint")
    if not isinstance(fingerprint, str) or not _FINGERPRINT.fullmatch(fingerprint):
        return "has no valid fingerprint"
    if missing := next((key for key in _KEYS if key not in row), None):
        return f"has no `{missing}`"
    # An editor may have removed the quotes of a number.
    task_id = row["task_id"]
    if task_id is not None and type(task_id) not in (str, int):
        return "has no valid task_id"
    if row["state"] in (State.FAILED, State.SKIPPED) and row["files"]:
        return f"is {row['state']}, but has files"
    if row["state"] == State.PENDING and not task_id and row["submitted_at"] is not None:
        return "was submitted, but has no task_id"
    return None


_STATES = tuple(state.value for state in State)
