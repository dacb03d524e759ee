"""Test builders: small real values that tests of several rooms need."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import fields, replace
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import strategies as st
from PIL import Image

from runner.emulator.state.tasks import Order
from runner.expansion.expand import Expansion
from runner.model.jobs import Draft, Media
from runner.model.outcomes import Outcome
from runner.model.plans import Evidence
from runner.model.requests import Reach, Reply
from runner.model.tasks import Attempt, TaskFacts
from runner.model.values import Deferred, ValuePath

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)
"""Any value that Python's JSON reader can return, NaN and infinities included."""


def image_bytes(kind: str = "PNG", size: tuple[int, int] = (128, 128)) -> bytes:
    """A plain image file of that format (a name of Pillow's) and size in pixels."""
    file = BytesIO()
    Image.new("RGB", size, "orange").save(file, kind)
    return file.getvalue()


def write_file(folder: Path, name: str, content: bytes) -> Path:
    """Write `name`, which may have folders in it, below `folder`."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def as_data_uri(content: bytes, media_type: str = "image/png") -> str:
    """The bytes as a base64 data URI."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def listed(*images: Media | Deferred, name: str = "images") -> dict[ValuePath, Media | Deferred]:
    """The images of a list by their paths."""
    return {(name, index): image for index, image in enumerate(images)}


def answered(status: int, body: Any = b"", **headers: str) -> Reply:
    """A provider's answer; a body that is not bytes becomes JSON, `_` in a header's name `-`."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(reach=Reach.ANSWERED, status=status, headers=named, body=content)


def emulated_order(**changes: Any) -> Order:
    """An order of the emulator: one small picture with seed 7."""
    order: dict[str, Any] = {
        "api": "vidu",
        "model": "viduq2",
        "prompt": "a cat on a window sill",
        "seed": 7,
        "aspect_ratio": "16:9",
        "resolution": "1080p",
    }
    return Order(**(order | changes))


Record = TypeVar("Record", Attempt, Evidence, Outcome)

_OF_TASK = frozenset(field.name for field in fields(TaskFacts)) | {"task_id"}


def changed(record: Record, **changes: Any) -> Record:
    """The record with other values; those of its task by their own names, `task_id` for its id."""
    facts = {name: changes.pop(name) for name in _OF_TASK & changes.keys()}
    if "task_id" in facts:
        facts["id"] = facts.pop("task_id")
    return replace(record, task=replace(record.task, **facts), **changes)


def drafts_by_id(expansion: Expansion) -> dict[str, Draft]:
    """The drafts of an expansion without errors."""
    assert expansion.diagnostics == []
    return {draft.id: draft for draft in expansion.drafts}


def reported(expansion: Expansion) -> list[str]:
    """The located diagnostics of an expansion as `LINE:COLUMN MESSAGE`."""
    return [
        f"{each.location.line}:{each.location.column} {each.message}"
        for each in expansion.diagnostics
        if each.location
    ]


def hints(expansion: Expansion) -> list[str | None]:
    """The hints of an expansion's diagnostics, in their order."""
    return [each.hint for each in expansion.diagnostics]


def result_row(id_: str, **changes: Any) -> dict[str, Any]:
    """The row of a job in a results manifest, which has succeeded; `changes` by their keys."""
    return {
        "id": id_,
        "operation": "vidu/reference2image",
        "state": "succeeded",
        "reason": None,
        "prompt": f"a picture of {id_}",
        "model": "viduq2",
        "parameters": {"aspect_ratio": "16:9"},
        "tags": [],
        "task_id": "911092490931552256",
        "seed": 7,
        "credits": 6,
        "cost": {"estimated": {"credits": 6}, "actual": {"credits": 6}, "at_risk": None},
        "usage": {},
        "urls": ["https://cdn.example/1.png?Signature=abc"],
        "files": [],
        "fingerprint": id_.encode().hex().rjust(64, "0")[:64],
        "reused": False,
        "attempts": 1,
        "submitted_at": "2026-03-01T10:00:00.000Z",
        "finished_at": "2026-03-01T10:00:08.500Z",
        "error": None,
    } | changes


def results_document(
    rows: Sequence[dict[str, Any]], removed: Sequence[dict[str, Any]] = (), **run: Any
) -> dict[str, Any]:
    """A whole results manifest of spring.yaml with these rows; `run` are changes of that key."""
    states = [row["state"] for row in rows]
    names = ("succeeded", "failed", "ambiguous", "pending", "skipped")
    return {
        "version": 1,
        "manifest": {"path": "spring.yaml", "sha256": "0" * 64},
        "run": {
            "id": "20260301T100000Z-00000000",
            "tool": "vidu-run 0.1.0",
            "started_at": "2026-03-01T10:00:00.000Z",
            "finished_at": "2026-03-01T10:05:00.000Z",
            "exit_code": 0,
        }
        | run,
        "totals": {
            "jobs": len(rows),
            **{name: states.count(name) for name in names},
            "reused": 0,
            "credits": 6 * len(rows),
            "cny": 0,
        },
        "jobs": list(rows),
        "removed": list(removed),
    }


def file_entry(folder: Path, name: str, content: bytes, media_type: str) -> dict[str, Any]:
    """Write a result below `folder`, and return what a row has in `files` for it."""
    write_file(folder, name, content)
    return {
        "path": name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "media_type": media_type,
    }
