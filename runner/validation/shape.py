"""Shape: the manifest's own keys as JSON Schema, with the descriptions that editors show.

The parameters of operations are not included: expanded jobs are checked against the operations'
schemas, and the authoring schema adds them.
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

_USER_KEYS = {"^x-": True}


def either(schema: Schema, description: str | None = None) -> Schema:
    """`schema`, or an expression, or null (which unsets a default)."""
    choice: Schema = {"anyOf": [schema, {"type": "null"}, {"$ref": "#/$defs/expression"}]}
    return {"description": description, **choice} if description else choice


def _mapping(description: str, properties: Schema, **more: Any) -> Schema:
    return {
        "description": description,
        "type": "object",
        "additionalProperties": False,
        "patternProperties": _USER_KEYS,
        "properties": properties,
        **more,
    }


def _duration(description: str, default: str | None = None) -> Schema:
    expected = "a duration such as 30m, 5s, 1h30m or a number of seconds"
    schema: Schema = {
        "description": f"{description} {expected[0].upper()}{expected[1:]}.",
        "anyOf": [
            {"type": "number", "minimum": 0},
            {"type": "string", "pattern": "^[0-9]+$"},
            {
                "type": "string",
                "pattern": r"^(?=[0-9])([0-9]+(\.[0-9]+)?h)?([0-9]+(\.[0-9]+)?m)?"
                r"([0-9]+(\.[0-9]+)?s)?$",
            },
        ],
        "x-expected": expected,
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
    "Settings of the run. Each has a flag and a variable VIDU_RUN_<SETTING>;"
    " flag > variable > manifest.",
    {
        "concurrency": {
            "description": "Maximum number of tasks in flight, over all providers.",
            "type": "integer",
            "minimum": 1,
            "maximum": 10000,
            "default": 5,
        },
        "budget": _money("Limit for everything this manifest has cost, over all runs."),
        "timeout": _duration("Time limit of a job, from its submission.", "30m"),
        "poll_rate": {
            "description": "Maximum number of status requests per second and provider.",
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 1000,
            "default": 5,
        },
        "outputs": {
            "description": "Folder for the result files.",
            "type": "string",
            "minLength": 1,
        },
        "download": {
            "description": "Whether to download the results.",
            "type": "boolean",
            "default": True,
        },
        "on_ambiguous": {
            "description": "What to do about a submission whose fate is unknown: ask, or submit"
            " it again, which may pay twice.",
            "enum": ["ask", "resubmit"],
            "default": "ask",
        },
        "confirm_above": {
            "description": "Ask before a run that is estimated to cost more: per unit, or one"
            " number for every unit.",
            "anyOf": [_money("Per unit."), {"type": "number", "minimum": 0}],
        },
        "outage": _duration("How long a provider may be unavailable before the run ends.", "10m"),
        "settle": _duration("How long a provider's task list may lag behind a submission.", "5s"),
        "max_failures": {
            "description": "Stop submitting after this many failed jobs.",
            "type": "integer",
            "minimum": 1,
        },
    },
)

_VARIABLE_NAME = {
    "type": "string",
    "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
    "x-expected": "the name of an environment variable",
}

_PROVIDER = _mapping(
    "How to reach this provider: a gateway, another account.",
    {
        "base_url": {
            "description": "Address of the API.",
            "type": "string",
            "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#\\s]",
            "x-expected": "an http or https URL",
        },
        "auth": {
            "description": "Form of the Authorization header: Token KEY, Bearer KEY, or just KEY.",
            "enum": ["token", "bearer", "raw"],
        },
        "api_key_env": {
            "description": "Name of the environment variable that holds the key. A host that only"
            " the manifest names gets the key only when the pair is trusted (--trust HOST=VAR).",
            **_VARIABLE_NAME,
        },
        "concurrency": {
            "description": "Maximum number of tasks in flight with this provider.",
            "type": "integer",
            "minimum": 1,
            "maximum": 10000,
        },
    },
)

_ID: Schema = {
    "description": "Name of the job and of its files: letters and digits of any script, then also"
    " . _ -; unique ignoring case; at most 100 bytes.",
    "type": "string",
    "minLength": 1,
}

HOW_A_JOB_IS_WRITTEN = 'write each job as "- id: NAME" and its keys below'

OWN_KEYS = ("id", "operation", "matrix", "foreach", "takes", "tags", "description")
"""A job's keys that are not parameters."""


def job_keys(operations: Iterable[str]) -> dict[str, Schema]:
    """The schema of each of a job's own keys."""
    return {
        "id": _ID,
        "operation": either({"enum": list(operations)}, "What the provider is asked for."),
        "matrix": either(
            {"type": "object"},
            "Lists that are cross-multiplied, one job per combination; with include and exclude"
            " as in GitHub Actions.",
        ),
        "foreach": either(
            {"type": "string", "minLength": 1},
            "A csv, tsv, jsonl or txt file (UTF-8): one job per row, its columns under row.",
        ),
        "takes": either(
            {"type": "integer", "minimum": 1},
            "Number of jobs id.1, id.2, ... that differ in their seed only.",
        ),
        "tags": either(
            {"type": "array", "items": {"type": "string", "minLength": 1}},
            "Labels to select jobs by (--select tag:NAME).",
        ),
        "description": either({"type": "string"}, "A note for people."),
    }


def manifest_shape(providers: Iterable[str]) -> Schema:
    """The manifest without its defaults' and jobs' contents, which the callers add."""
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
                "Addresses and accounts of the providers.",
                {name: {**_PROVIDER, "type": ["object", "null"]} for name in providers},
                type=["object", "null"],
            ),
            "env": {
                "description": "Environment variables that expressions may read, as env.NAME;"
                " never a key's.",
                "type": ["array", "null"],
                "items": _VARIABLE_NAME,
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
