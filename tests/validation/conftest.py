from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.model.operations import Operation
from runner.operations import load_operations


@pytest.fixture
def added_operation(tmp_path: Path) -> Operation:
    """A made-up operation of a known provider, which is a schema file and no code."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Made-up start-end2video",
        "type": "object",
        "additionalProperties": False,
        "required": ["model", "start"],
        "properties": {
            "model": {"description": "Name of the model.", "enum": ["viduq2", "viduq2-pro"]},
            "start": {"type": "array", "minItems": 1, "maxItems": 1, "items": {"type": "string"}},
            "end": {"type": "array", "maxItems": 1, "items": {"type": "string"}},
            "seconds": {"type": "integer", "minimum": 2, "multipleOf": 2, "default": 4},
            "off_peak": {"type": "boolean", "default": False},
            "style": {"type": "string", "minLength": 3, "pattern": "^[a-z]+$"},
            "tags_of_style": {"type": "array", "uniqueItems": True, "items": {"type": "string"}},
            "amount": {"type": "number", "exclusiveMaximum": 3},
            "mode": {"const": "fast"},
            "extra": {"type": "object", "minProperties": 2},
        },
        "dependentRequired": {"off_peak": ["end"]},
        "allOf": [
            {
                "if": {"properties": {"seconds": {"minimum": 8}}, "required": ["seconds", "model"]},
                "then": {
                    "required": ["end"],
                    "properties": {"off_peak": False, "style": {"enum": ["calm"]}},
                },
            },
            {
                "if": {"properties": {"model": {"const": "viduq2-pro"}}},
                "then": {"properties": {"seconds": {"default": 8}}},
            },
        ],
        "x-warnings": [
            {"if": {"required": ["mode"]}, "parameter": "other", "message": "mode {mode} is new"}
        ],
        "x-operation": {
            "makes": "video",
            "method": "POST",
            "path": "/ent/v2/start-end2video",
            "media_type": "application/json",
            "body_limit_bytes": 1000,
            "wire": {
                "model": {"path": ["model"]},
                "start": {"path": ["frames", "start"]},
                "end": {"path": ["frames", "end"]},
                "seconds": {"path": ["duration"], "type": "string"},
                "off_peak": {"path": ["off_peak"]},
                "style": {"path": ["style"]},
                "tags_of_style": {"path": ["style_tags"]},
                "amount": {"path": ["amount"]},
                "mode": {"path": ["mode"]},
                "extra": {"path": ["extra"]},
            },
            "constants": {"kind": "start-end"},
            "media": {
                "start": {
                    "kind": "image",
                    "media_types": ["image/png"],
                    "max_bytes": 100,
                    "min_width": 1,
                    "min_height": 1,
                    "exclusive_max_ratio": 2,
                }
            },
            "seed": None,
            "seed_max": 1,
            "tag": None,
            "unhashed": [],
            "price": None,
            "time": None,
            "timeout": None,
            "result": None,
        },
    }
    (tmp_path / "vidu").mkdir()
    file = tmp_path / "vidu" / "start-end2video.schema.json"
    file.write_text(json.dumps(schema), encoding="utf-8")
    return load_operations(tmp_path)["vidu/start-end2video"]
