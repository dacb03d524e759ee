"""A made-up operation's file, its changes, and what the check reports about it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from runner.documents.positions import Positions
from runner.errors import Diagnostic, Location
from runner.model.values import ValuePath
from runner.validation.operation_file.check import diagnose_operation

_PICTURE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["model"],
    "properties": {
        "model": {"enum": ["m1", "m2"]},
        "images": {"type": "array", "maxItems": 3, "items": {"type": "string"}},
        "size": {"enum": ["2K", "4K"], "default": "2K"},
        "seed": {"type": "integer", "minimum": 0},
        "note": {"type": "string", "maxLength": 100, "pattern": "^[a-z]*$", "x-expected": "words"},
    },
    "allOf": [
        {
            "if": {"properties": {"model": {"const": "m1"}}, "required": ["model"]},
            "then": {"properties": {"size": {"enum": ["2K"], "default": "2K"}}},
        }
    ],
    "x-warnings": [
        {"if": {"required": ["note"]}, "parameter": "note", "message": "note {note} is new"}
    ],
    "x-operation": {
        "makes": "image",
        "method": "POST",
        "path": "/ent/v2/picture",
        "media_type": "application/json",
        "body_limit_bytes": None,
        "wire": {name: {"path": [name]} for name in ("model", "images", "size", "seed", "note")},
        "constants": {"kind": {"of": "picture"}},
        "media": {
            "images": {
                "kind": "image",
                "media_types": ["image/png"],
                "max_bytes": 100,
                "min_width": 1,
                "min_height": 1,
                "exclusive_max_ratio": 4,
            }
        },
        "seed": "seed",
        "seed_max": 2147483647,
        "tag": "note",
        "unhashed": ["note"],
        "price": {
            "unit": "credits",
            "read": "2026-08",
            "source": "the price page",
            "by": ["model", "images", "size"],
            "rows": [["m1", 0, "2K", 6], ["m1", [1, 3], "2K", 8], ["m2", [0, 3], "4K", 10.5]],
        },
        "time": None,
        "timeout": None,
        "result": None,
    },
}


def picture(*path: str | int, to: Any = ..., without: bool = False) -> dict[str, Any]:
    """The file's value, with the value at `path` replaced or left out."""
    schema = copy.deepcopy(_PICTURE)
    inner: Any = schema
    for step in path[:-1]:
        inner = inner[step]
    if without:
        del inner[path[-1]]
    elif path:
        inner[path[-1]] = to
    return schema


def diagnose(schema: dict[str, Any], path: Path | None = None) -> list[Diagnostic]:
    """What the check reports, with places in the file that has each value on its own line."""
    positions = Positions("made-up.schema.json", json.dumps(schema, indent=1))

    def locate(path: ValuePath, *, key: bool = False) -> Location:
        return positions.at(positions.index(path, key=key))

    return diagnose_operation(schema, locate, path)


def messages(schema: dict[str, Any]) -> list[str]:
    return [diagnostic.message for diagnostic in diagnose(schema)]


def only(schema: dict[str, Any]) -> tuple[str, str | None]:
    """The message and hint of the one mistake."""
    (diagnostic,) = diagnose(schema)
    return diagnostic.message, diagnostic.hint
