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

OWN_KEYS = ("id", "operation", "matrix", "foreach", "takes", "tags", "description")
"""A job's keys that are not parameters."""

HOW_A_JOB_IS_WRITTEN = 'write each job as "- id: NAME" and its keys below'

_MAPPING_OR_NULL = ["object", "null"]


def either(schema: Schema, description: str | None = None) -> Schema:
    """`schema`, or an expression, or null (which unsets a default)."""
    choice: Schema = {"anyOf": [schema, {"type": "null"}, {"$ref": "#/$defs/expression"}]}
    return {"description": description, **choice} if description else choice


def _field(type_: str | list[str], description: str, **rules: Any) -> Schema:
    return {"description": description, "type": type_, **rules}


def _choice(description: str, *options: str, **rules: Any) -> Schema:
    return {"description": description, "enum": list(options), **rules}


def _mapping(description: str, properties: Schema, **rules: Any) -> Schema:
    return {
        "description": description,
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {"^x-": True},  # the user's own keys
        "properties": properties,
        **rules,
    }


def _duration(description: str, **rules: Any) -> Schema:
    expected = "a duration such as 30m, 5s, 1h30m or a number of seconds"
    units = [rf"([0-9]+(\.[0-9]+)?{unit})?" for unit in "hms"]
    return {
        "description": f"{description} {expected[0].upper()}{expected[1:]}.",
        "anyOf": [
            {"type": "number", "minimum": 0},
            {"type": "string", "pattern": "^[0-9]+$"},
            {"type": "string", "pattern": f"^(?=[0-9]){''.join(units)}$"},
        ],
        "x-expected": expected,
        **rules,
    }


def _money(description: str) -> Schema:
    amounts = {
        "credits": _field("number", "Vidu credits.", minimum=0),
        "cny": _field("number", "Yuan (ModelVerse).", minimum=0),
    }
    return _mapping(description, amounts, minProperties=1, **{"x-form": "amounts"})


def _run() -> Schema:
    return _mapping(
        "Settings of the run. Each has a flag and a variable VIDU_RUN_<SETTING>;"
        " flag > variable > manifest.",
        {
            "concurrency": _field(
                "integer",
                "Maximum number of tasks in flight, over all providers.",
                minimum=1,
                maximum=10000,
                default=5,
            ),
            "budget": _money("Limit for everything this manifest has cost, over all runs."),
            "timeout": _duration("Time limit of a job, from its submission.", default="30m"),
            "poll_rate": _field(
                "number",
                "Maximum number of status requests per second and provider.",
                exclusiveMinimum=0,
                maximum=1000,
                default=5,
            ),
            "outputs": _field("string", "Folder for the result files.", minLength=1),
            "download": _field("boolean", "Whether to download the results.", default=True),
            "on_ambiguous": _choice(
                "What to do about a submission whose fate is unknown: ask, or submit it again,"
                " which may pay twice.",
                "ask",
                "resubmit",
                default="ask",
            ),
            "confirm_above": {
                "description": "Ask before a run that is estimated to cost more: per unit, or one"
                " number for every unit.",
                "anyOf": [_money("Per unit."), {"type": "number", "minimum": 0}],
            },
            "outage": _duration(
                "How long a provider may be unavailable before the run ends.", default="10m"
            ),
            "settle": _duration(
                "How long a provider's task list may lag behind a submission.", default="5s"
            ),
            "max_failures": _field(
                "integer", "Stop submitting after this many failed jobs.", minimum=1
            ),
        },
        type=_MAPPING_OR_NULL,
    )


def _variable_name(**description: str) -> Schema:
    return {
        **description,
        "type": "string",
        "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
        "x-expected": "the name of an environment variable",
    }


def _provider() -> Schema:
    return _mapping(
        "How to reach this provider: a gateway, another account.",
        {
            "base_url": _field(
                "string",
                "Address of the API.",
                pattern="^[Hh][Tt][Tt][Pp][Ss]?://[^/?#\\s]",
                **{"x-expected": "an http or https URL"},
            ),
            "auth": _choice(
                "Form of the Authorization header: Token KEY, Bearer KEY, or just KEY.",
                "token",
                "bearer",
                "raw",
            ),
            "api_key_env": _variable_name(
                description="Name of the environment variable that holds the key. A host that only"
                " the manifest names gets the key only when the pair is trusted"
                " (--trust HOST=VAR)."
            ),
            "concurrency": _field(
                "integer",
                "Maximum number of tasks in flight with this provider.",
                minimum=1,
                maximum=10000,
            ),
        },
        type=_MAPPING_OR_NULL,
    )


def job_keys(operations: Iterable[str]) -> dict[str, Schema]:
    """The schema of each of a job's own keys."""
    return {
        "id": _field(
            "string",
            "Name of the job and of its files: letters and digits of any script, then also . _ -;"
            " unique ignoring case; at most 100 bytes.",
            minLength=1,
        ),
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
    """The manifest, but its defaults and jobs without their contents, which the callers add."""
    return _mapping(
        "A batch of pictures and videos for vidu-run, version 1.",
        {
            "version": {
                "description": "The manifest's format: 1.",
                "const": 1,
                "x-hints": dict.fromkeys(("const", "required"), 'write "version: 1"'),
            },
            "name": _field(["string", "null"], "A title."),
            "vars": _field(_MAPPING_OR_NULL, "Values for expressions, as vars.NAME."),
            "defaults": _field(
                _MAPPING_OR_NULL,
                "Merged under every job; a key with a slash holds for that operation only."
                " Mappings merge, lists replace, null unsets.",
            ),
            "run": _run(),
            "providers": _mapping(
                "Addresses and accounts of the providers.",
                {name: _provider() for name in providers},
                type=_MAPPING_OR_NULL,
            ),
            "env": _field(
                ["array", "null"],
                "Environment variables that expressions may read, as env.NAME; never a key's.",
                items=_variable_name(),
            ),
            "jobs": _field(
                "array",
                "The pictures and videos to make.",
                minItems=1,
                **{
                    "x-hints": dict.fromkeys(("type", "minItems", "required"), HOW_A_JOB_IS_WRITTEN)
                },
            ),
        },
        required=["version", "jobs"],
    )
