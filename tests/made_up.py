"""Made-up operations of the shapes that APIs have, each with a request that it accepts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.model.jobs import Draft
from runner.model.operations import Operation
from runner.operations import load_operations
from runner.validation.diagnostics import Finding
from runner.validation.jobs import check_job

TEXT = {"type": "string"}
TEXTS = {"type": "array", "maxItems": 3, "items": {"type": "string", "minLength": 1}}
MODEL = {"enum": ["m1", "m2"]}
PICTURE = {
    "kind": "image",
    "media_types": ["image/png", "image/jpeg"],
    "min_width": 100,
    "min_height": 100,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The part of a schema that is about parameters, and a right request."""

    schema: dict[str, Any]
    right: dict[str, Any]
    operation: dict[str, Any] = field(default_factory=dict)
    """What differs in `x-operation`."""


SUBJECTS = Shape(
    schema={
        "required": ["model", "subjects"],
        "properties": {
            "model": MODEL,
            "resolution": {"enum": ["720p", "1080p"]},
            "subjects": {
                "description": "Who is in the video.",
                "type": "array",
                "minItems": 1,
                "maxItems": 7,
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name"],
                    "properties": {
                        "name": {"description": "Cited as @name.", **TEXT, "minLength": 1},
                        "images": TEXTS,
                        "server_id": TEXT,
                        "kind": {"enum": ["person", "thing"], "default": "person"},
                        "weight": {"type": "integer", "minimum": 1, "maximum": 5, "default": 2},
                    },
                    "oneOf": [{"required": ["images"]}, {"required": ["server_id"]}],
                    "allOf": [
                        {
                            "if": {
                                "properties": {"kind": {"const": "thing"}},
                                "required": ["kind"],
                            },
                            "then": {"required": ["images"], "properties": {"weight": False}},
                        }
                    ],
                },
            },
        },
        "x-warnings": [
            {
                "each": "subjects",
                "if": {"properties": {"name": {"maxLength": 1}}, "required": ["name"]},
                "parameter": "name",
                "message": "the name {name} is short",
            }
        ],
    },
    right={"model": "m1", "subjects": [{"name": "girl", "images": ["girl.png"]}]},
    operation={"media": {"subjects[].images": PICTURE}},
)
ALTERNATIVES = Shape(
    schema={
        "required": ["model"],
        "properties": {
            "model": MODEL,
            "video_url": {**TEXT, "pattern": "^https?://", "x-expected": "an http or https URL"},
            "video_creation_id": TEXT,
        },
        "oneOf": [{"required": ["video_url"]}, {"required": ["video_creation_id"]}],
    },
    right={"model": "m1", "video_creation_id": "931"},
)
AT_LEAST_ONE = Shape(
    schema={
        "properties": {"text": TEXT, "voice": TEXT, "audio": TEXT, "song": TEXT},
        "anyOf": [{"required": ["text", "voice"]}, {"required": ["audio"]}, {"required": ["song"]}],
    },
    right={"song": "la", "audio": "b.mp3"},
)
ONE_TEXT = Shape(
    schema={
        "required": ["start_image"],
        "properties": {"start_image": {**TEXT, "minLength": 1}, "seconds": {"type": "integer"}},
    },
    right={"start_image": "first.png"},
    operation={"media": {"start_image": PICTURE}},
)
SEGMENTS = Shape(
    schema={
        "required": ["start_image", "image_settings"],
        "properties": {
            "start_image": TEXT,
            "image_settings": {
                "type": "array",
                "minItems": 2,
                "maxItems": 9,
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["key_image"],
                    "properties": {
                        "key_image": {**TEXT, "minLength": 1},
                        "duration": {"type": "integer", "minimum": 2, "maximum": 7, "default": 5},
                    },
                },
            },
        },
    },
    right={
        "start_image": "a.png",
        "image_settings": [{"key_image": "b.png"}, {"key_image": "c.png", "duration": 7}],
    },
    operation={"media": {"start_image": PICTURE, "image_settings[].key_image": PICTURE}},
)
OBJECT = Shape(
    schema={
        "required": ["image"],
        "properties": {
            "image": {
                "type": "object",
                "additionalProperties": False,
                "required": ["url"],
                "properties": {"url": TEXT, "role": {"enum": ["first", "last"]}},
            }
        },
    },
    right={"image": {"url": "a.png", "role": "last"}},
    operation={"media": {"image.url": PICTURE}},
)
EXCLUSIVE = Shape(
    schema={
        "required": ["model"],
        "properties": {"model": MODEL, "videos": TEXTS, "subjects": TEXTS, "images": TEXTS},
        "not": {"required": ["images", "subjects"]},
        "allOf": [
            {
                "if": {"properties": {"model": {"const": "m2"}}, "required": ["model"]},
                "then": {"not": {"required": ["videos", "subjects"]}},
            },
            {
                "if": {"properties": {"videos": {}}, "required": ["videos"]},
                "then": {"properties": {"images": {"maxItems": 1}}},
            },
        ],
    },
    right={"model": "m1", "videos": ["a.mp4"], "subjects": ["b"]},
)
CHOICE = Shape(
    schema={
        "required": ["model"],
        "properties": {"model": MODEL, "videos": TEXTS, "subjects": TEXTS, "images": TEXTS},
        "allOf": [
            {
                "if": {"properties": {"model": {"const": "m2"}}, "required": ["model"]},
                "then": {
                    "oneOf": [
                        {"required": ["images"]},
                        {"required": ["subjects"]},
                        {"required": ["videos"]},
                    ]
                },
            }
        ],
    },
    right={"model": "m1"},
)
SHAPES = {
    "subjects": SUBJECTS,
    "alternatives": ALTERNATIVES,
    "at-least-one": AT_LEAST_ONE,
    "one-text": ONE_TEXT,
    "segments": SEGMENTS,
    "object": OBJECT,
    "exclusive": EXCLUSIVE,
    "choice": CHOICE,
}


def whole(shape: Shape) -> dict[str, Any]:
    """The value of an operation's file with these parameters."""
    names = list(shape.schema["properties"])
    return {
        "type": "object",
        "additionalProperties": False,
        **shape.schema,
        "x-operation": {
            "makes": "video",
            "method": "POST",
            "path": "/ent/v2/made-up",
            "media_type": "application/json",
            "body_limit_bytes": None,
            "wire": {name: {"path": [name]} for name in names},
            "constants": {},
            "media": {},
            "seed": None,
            "seed_max": 1,
            "tag": None,
            "unhashed": [],
            "price": None,
            "time": None,
            "timeout": None,
            "result": None,
            **shape.operation,
        },
    }


def load(shape: Shape, folder: Path) -> Operation:
    """The operation `vidu/made-up`, from a file that is written under `folder`."""
    file = folder / "vidu" / "made-up.schema.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(whole(shape)), encoding="utf-8")
    load_operations.cache_clear()
    return load_operations(folder)["vidu/made-up"]


def check(shape: Shape, parameters: dict[str, Any], folder: Path, **more: Any) -> list[Finding]:
    """What is found in a request of that shape; `more` is as for `check_job`."""
    operation = load(shape, folder)
    draft = Draft(entry=0, id="a", operation=operation.name, parameters=parameters, base=folder)
    return check_job(draft, operation, **more)
