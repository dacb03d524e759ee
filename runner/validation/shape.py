"""The manifest's own keys as JSON Schema, with the words that editors show for them.

What operations add (their parameters) is not in here: expanded jobs are checked for it, and the
authoring schema puts it in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

EXPRESSION: Schema = {
    "type": "string",
    "pattern": r"\$\{\{",
    "description": "An expression: ${{ path | filter }}, a path into vars, matrix, row, take, jobs"
    " or env.",
}

_OWN = {"^x-": True}


def either(schema: Schema, *, description: str | None = None) -> Schema:
    """`schema`, or an expression, or null (which unsets a default)."""
    words = description or schema.get("description")
    plain = {key: value for key, value in schema.items() if key != "description"}
    choice: Schema = {"anyOf": [plain, {"type": "null"}, {"$ref": "#/$defs/expression"}]}
    return {"description": words, **choice} if words else choice


def _mapping(description: str, properties: Schema, **more: Any) -> Schema:
    return {
        "description": description,
        "type": "object",
        "additionalProperties": False,
        "patternProperties": _OWN,
        "properties": properties,
        **more,
    }


def _duration(description: str, default: str | None = None) -> Schema:
    words = "a duration such as 30m, 5s, 1h30m or a number of seconds"
    schema: Schema = {
        "description": f"{description} {words[0].upper()}{words[1:]}.",
        "anyOf": [
            {"type": "number", "minimum": 0},
            {"type": "string", "pattern": "^[0-9]+$"},
            {
                "type": "string",
                "pattern": r"^(?=[0-9])([0-9]+(\.[0-9]+)?h)?([0-9]+(\.[0-9]+)?m)?"
                r"([0-9]+(\.[0-9]+)?s)?$",
            },
        ],
        "x-expected": words,
    }
    return schema | ({"default": default} if default else {})


def _money(description: str) -> Schema:
    return _mapping(
        description,
        {
            "credits": {"description": "Vidu credits.", "type": "number", "minimum": 0},
            "cny": {"description": "Yuan (ModelVerse).", "type": "number", "minimum": 0},
        },
        minProperties=1,
        **{"x-form": "amounts"},
    )


RUN = _mapping(
    "How the run goes. Every setting has a flag and a variable VIDU_RUN_<SETTING>;"
    " flag > variable > manifest.",
    {
        "concurrency": {
            "description": "Tasks in flight over all providers together.",
            "type": "integer",
            "minimum": 1,
            "maximum": 10000,
            "default": 5,
        },
        "budget": _money("A ceiling over everything this manifest has cost."),
        "timeout": _duration("A job's limit from its submission on.", "30m"),
        "poll_rate": {
            "description": "Status requests a second and provider.",
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 1000,
            "default": 5,
        },
        "outputs": {"description": "Folder for the files made.", "type": "string", "minLength": 1},
        "download": {
            "description": "Whether results are fetched.",
            "type": "boolean",
            "default": True,
        },
        "on_ambiguous": {
            "description": "What to do about a submission whose fate is unknown: ask, or submit"
            " it again and perhaps pay twice.",
            "enum": ["ask", "resubmit"],
            "default": "ask",
        },
        "confirm_above": {
            "description": "Ask before a run that is estimated to cost more: by unit, or one"
            " number for any.",
            "anyOf": [_money("By unit."), {"type": "number", "minimum": 0}],
        },
        "outage": _duration("How long a provider may be out before the run ends.", "10m"),
        "settle": _duration("How long a provider's list may lag behind a submission.", "5s"),
        "max_failures": {
            "description": "Stop submitting after this many failed jobs.",
            "type": "integer",
            "minimum": 1,
        },
    },
)

_NAME_OF_VARIABLE = {
    "type": "string",
    "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
    "x-expected": "the name of an environment variable",
}

_PROVIDER = _mapping(
    "Another way to this provider: a gateway, a second account.",
    {
        "base_url": {
            "description": "Address of the API.",
            "type": "string",
            "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#\\s]",
            "x-expected": "an http or https URL",
        },
        "auth": {
            "description": "Form of the Authorization header: Token KEY, Bearer KEY, or KEY.",
            "enum": ["token", "bearer", "raw"],
        },
        "api_key_env": {
            "description": "Name of the environment variable that holds the key. A host that only"
            " the manifest names gets it only when the pair is trusted (--trust HOST=VAR).",
            **_NAME_OF_VARIABLE,
        },
        "concurrency": {
            "description": "Tasks in flight with this provider.",
            "type": "integer",
            "minimum": 1,
            "maximum": 10000,
        },
    },
)

_TAGS: Schema = {
    "description": "Labels to select jobs by (--select tag:NAME).",
    "type": "array",
    "items": {"type": "string", "minLength": 1},
}

_ID: Schema = {
    "description": "Name of the job and of its files: letters and digits of any script, then also"
    " . _ -; unique ignoring case; at most 100 bytes.",
    "type": "string",
    "minLength": 1,
}

HOW_A_JOB_IS_WRITTEN = 'write each job as "- id: NAME" and its keys below'

OWN_KEYS = ("id", "operation", "matrix", "foreach", "takes", "tags", "description")
"""A job's keys that are no parameters."""


def job_keys(operations: Iterable[str]) -> dict[str, Schema]:
    """The schema of each of a job's own keys."""
    return {
        "id": _ID,
        "operation": either(
            {"enum": list(operations)}, description="What the provider is asked for."
        ),
        "matrix": either(
            {"type": "object"},
            description="Lists that are cross-multiplied, one job a combination; with include and"
            " exclude as in GitHub Actions.",
        ),
        "foreach": either(
            {"type": "string", "minLength": 1},
            description="A csv, tsv, jsonl or txt file (UTF-8): one job a row, its columns under"
            " row.",
        ),
        "takes": either(
            {"type": "integer", "minimum": 1},
            description="So many jobs id.1, id.2, ... that differ in their seed only.",
        ),
        "tags": either(_TAGS),
        "description": either({"type": "string"}, description="A note for people."),
    }


def manifest_shape(providers: Iterable[str]) -> Schema:
    """The manifest but for its defaults and jobs, which the callers put in their own way."""
    return _mapping(
        "A batch of pictures and videos for vidu-run, version 1.",
        {
            "version": {
                "description": "The manifest's format: 1.",
                "const": 1,
                "x-hints": dict.fromkeys(("const", "required"), 'write "version: 1"'),
            },
            "name": {"description": "A title.", "type": ["string", "null"]},
            "vars": {
                "description": "Values for expressions, as vars.NAME.",
                "type": ["object", "null"],
            },
            "defaults": {
                "description": "Merged under every job; a key with a slash holds for that"
                " operation only. Mappings merge, lists replace, null unsets.",
                "type": ["object", "null"],
            },
            "run": {**RUN, "type": ["object", "null"]},
            "providers": _mapping(
                "Addresses and accounts.",
                {name: {**_PROVIDER, "type": ["object", "null"]} for name in providers},
                type=["object", "null"],
            ),
            "env": {
                "description": "Environment variables that expressions may read, as env.NAME;"
                " never a key's.",
                "type": ["array", "null"],
                "items": _NAME_OF_VARIABLE,
            },
            "jobs": {
                "description": "The pictures and videos to make.",
                "type": "array",
                "minItems": 1,
                "x-hints": dict.fromkeys(("type", "minItems", "required"), HOW_A_JOB_IS_WRITTEN),
            },
        },
        required=["version", "jobs"],
    )
