"""The schema of results manifests."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest

from runner.operations import schema_folder

SCHEMA = jsonschema.Draft202012Validator(
    json.loads((schema_folder() / "results.schema.json").read_text(encoding="utf-8"))
)
HASH = "0" * 64

ROW: dict[str, Any] = {
    "id": "window",
    "operation": "vidu/reference2image",
    "state": "succeeded",
    "reason": None,
    "prompt": "一只可爱的小猫坐在窗台上,阳光洒在它的身上",
    "model": "viduq2",
    "parameters": {"aspect_ratio": "16:9"},
    "tags": [],
    "task_id": "911092490931552256",
    "seed": 616519648,
    "credits": 6,
    "cost": {"estimated": {"credits": 6}, "actual": {"credits": 6}, "at_risk": None},
    "usage": {},
    "urls": ["https://example.com/a.png"],
    "files": [
        {
            "path": "outputs/spring/window.png",
            "sha256": HASH,
            "bytes": 123456,
            "media_type": "image/png",
        }
    ],
    "fingerprint": HASH,
    "reused": False,
    "attempts": 1,
    "submitted_at": "2026-11-20T07:08:12Z",
    "finished_at": "2026-11-20T07:08:40.262Z",
    "error": None,
}

RESULTS: dict[str, Any] = {
    "version": 1,
    "manifest": {"path": "spring.yaml", "sha256": HASH},
    "run": {
        "id": "1",
        "tool": "vidu-run 0.1.0",
        "started_at": "2026-11-20T07:08:12Z",
        "finished_at": "2026-11-20T07:09:12Z",
        "exit_code": 0,
    },
    "totals": {
        "jobs": 1,
        "succeeded": 1,
        "failed": 0,
        "ambiguous": 0,
        "pending": 0,
        "skipped": 0,
        "reused": 0,
        "credits": 6,
        "cny": 1.41,
    },
    "jobs": [ROW],
    "removed": [ROW],
}


def changed(**row: Any) -> dict[str, Any]:
    results = copy.deepcopy(RESULTS)
    results["jobs"][0].update(row)
    return results


def test_an_outcome_of_every_kind_is_valid() -> None:
    assert list(SCHEMA.iter_errors(RESULTS)) == []


ERROR = {"code": "x", "message": "y", "class": "policy", "billed": "unknown"}


@pytest.mark.parametrize(
    "row",
    [
        {"state": "failed", "error": ERROR, "files": [], "seed": None, "credits": None},
        {"state": "pending", "reason": "time limit", "finished_at": None, "task_id": None},
        {"state": "ambiguous", "cost": {"estimated": None, "actual": None, "at_risk": {"cny": 1}}},
        {"x-mine": 1},
        {"axes": {"matrix": {"look": "noir"}, "row": {"name": "a"}, "take": 1}, "labels": ["aigc"]},
        {"files": [{**ROW["files"][0], "width": 1, "height": 1, "duration": 0.5}]},
    ],
)
def test_unknown_values_are_null(row: dict[str, Any]) -> None:
    assert SCHEMA.is_valid(changed(**row))


@pytest.mark.parametrize(
    "row",
    [
        {"state": "done"},
        {"error": {**ERROR, "class": "bad luck"}},
        {"fingerprint": "abc"},
        {"submitted_at": "yesterday"},
        {"extra": 1},
        {"seed": "616519648"},
        {"axes": {"take": 0}},
        {"axes": {}},
        {"labels": ["made by hand"]},
    ],
)
def test_a_row_of_another_form_is_refused(row: dict[str, Any]) -> None:
    assert not SCHEMA.is_valid(changed(**row))


@pytest.mark.parametrize("name", list(ROW))
def test_every_field_of_a_row_is_always_there(name: str) -> None:
    results = copy.deepcopy(RESULTS)
    del results["jobs"][0][name]
    assert not SCHEMA.is_valid(results)
