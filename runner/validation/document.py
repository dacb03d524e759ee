"""Document checks: the manifest's own keys and settings, and the jobs' own keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from runner.errors import looks_secret, suggest
from runner.model.jobs import JOB_KEYS
from runner.model.operations import Operation
from runner.model.values import ValuePath, walk
from runner.validation.diagnostics import Finding, shown
from runner.validation.messages import explain
from runner.validation.schema import Subject
from runner.validation.shape import Schema, job_shape, manifest_shape

_LOOKALIKE = re.compile(
    r"(?<!\$)(?:\$\{(?!\{)|\{\{)\s*((?:(?:vars|matrix|row|jobs|env)[.\[][^{}]*|take\s*))\}\}?"
)
"""`${vars.x}` and `{{ vars.x }}`, as other tools write it."""


def check_lookalikes(text: str, document: Any) -> list[Finding]:
    """A warning for every text that is kept as it is, though it looks like an expression.

    `text` is that of the whole manifest.
    """
    # Most manifests have none: the search in their text is fast, the walk is not.
    if not ("${" in text or "{{" in text) or not _LOOKALIKE.search(text):
        return []
    return [
        Finding(
            path=path,
            message=f"{found[0]} is not an expression and is kept as text",
            hint=f"did you mean ${{{{ {found[1].strip()} }}}}?",
            warning=True,
        )
        for path, leaf in walk(document)
        if isinstance(leaf, str) and (found := _LOOKALIKE.search(leaf))
        if not any(isinstance(key, str) and key.startswith("x-") for key in path)
    ]


def check_document(document: Any, operations: Mapping[str, Operation]) -> list[Finding]:
    """Errors in the manifest's top level, settings, defaults and the jobs' own keys, in file order.

    Parameters, expanded ids and the values of a matrix are checked later.
    """
    if not isinstance(document, dict):
        return [Finding(path=(), message="the manifest must be a mapping with version and jobs")]
    shape = manifest_shape(sorted({op.provider for op in operations.values()}))
    findings = _check(shape, document, "the manifest")
    findings += _secrets(document.get("env"), document.get("providers"))
    findings += _defaults(document, operations)
    findings += _jobs(document, operations)
    order = {key: n for n, key in enumerate(document)}
    return sorted(findings, key=lambda f: order.get(f.path[0], -1) if f.path else -1)


def _check(schema: Schema, value: Any, owner: str) -> list[Finding]:
    from jsonschema_rs import Draft202012Validator

    if Draft202012Validator(schema).is_valid(value):
        return []
    return explain(Subject(schema=schema, value=value, owner=owner, noun="key"))


def _secrets(env: Any, providers: Any) -> Iterator[Finding]:
    # Expressions end up in prompts and file names, where no key may go.
    blocks = providers.values() if isinstance(providers, dict) else ()
    keys = {block.get("api_key_env") for block in blocks if isinstance(block, dict)}
    for index, name in enumerate(env if isinstance(env, list) else ()):
        if isinstance(name, str) and (name in keys or looks_secret(name)):
            message = f"env lists {name}, which holds a secret: no job may read it"
            yield Finding(path=("env", index), message=message)


def _defaults(document: Mapping[str, Any], operations: Mapping[str, Operation]) -> list[Finding]:
    defaults = document.get("defaults")
    if not isinstance(defaults, dict):
        return []
    findings = list(_own_keys(defaults, ("defaults",), operations))
    for key, values in defaults.items():
        if "/" not in key or key.startswith("x-"):
            continue
        path = ("defaults", key)
        if key not in operations:
            message = f"unknown operation {shown(key)} in defaults"
            hint = suggest(key, operations)
            findings.append(Finding(path=path, message=message, hint=hint, key=True))
        elif isinstance(values, dict):
            findings += _own_keys(values, path, operations)
            findings += _unused_defaults(values, operations[key], document)
        elif values is not None:
            message = f"defaults for {key} must be a mapping of its parameters"
            findings.append(Finding(path=path, message=message))
    return findings


def _own_keys(
    values: Mapping[str, Any], path: ValuePath, operations: Mapping[str, Operation]
) -> Iterator[Finding]:
    """A job's own keys as defaults."""
    if "id" in values:
        message = "id cannot be a default: every job has its own"
        yield Finding(path=(*path, "id"), message=message, key=True)
    # Parameters are checked with the jobs that get them.
    own = {key: value for key, value in values.items() if key in JOB_KEYS and key != "id"}
    for finding in _check({**job_shape(operations), "required": []}, own, "a job"):
        yield finding.below(path)


def _unused_defaults(
    values: Mapping[str, Any], operation: Operation, document: Mapping[str, Any]
) -> Iterator[Finding]:
    """Unknown parameters in the defaults of an operation without jobs, which would report them."""
    if _may_be_used(document, operation.name):
        return
    known = [*operation.schema["properties"], *JOB_KEYS]
    for key in values:
        if key not in known and not key.startswith("x-"):
            yield Finding(
                path=("defaults", operation.name, key),
                message=f"unknown parameter {shown(key)} of {operation.name}",
                hint=suggest(key, known),
                key=True,
            )


def _may_be_used(document: Mapping[str, Any], operation: str) -> bool:
    general = document["defaults"].get("operation")
    jobs = document.get("jobs")
    for job in jobs if isinstance(jobs, list) else ():
        used = job.get("operation", general) if isinstance(job, dict) else None
        # An expression may give any operation.
        if used == operation or (isinstance(used, str) and "${{" in used):
            return True
    return False


def _jobs(document: Mapping[str, Any], operations: Mapping[str, Operation]) -> list[Finding]:
    from jsonschema_rs import Draft202012Validator

    jobs = document.get("jobs")
    if not isinstance(jobs, list):
        return []
    # The fast validator for all, the thorough one for those it rejects.
    schema = _job_schema(document.get("defaults"), operations)
    validator = Draft202012Validator(schema)
    findings: list[Finding] = []
    for index, job in enumerate(jobs):
        if not validator.is_valid(job):
            owner = "a job" if isinstance(job, dict) else "each item of jobs"
            subject = Subject(schema=schema, value=job, owner=owner, noun="key")
            findings += (finding.below(("jobs", index)) for finding in explain(subject))
    return findings


def _job_schema(defaults: Any, operations: Mapping[str, Operation]) -> Schema:
    """A job's own keys; its operation is required where the defaults name none."""
    has_default = isinstance(defaults, dict) and defaults.get("operation") is not None
    shape = job_shape(operations)
    if has_default:
        return {**shape, "required": ["id"]}
    example = max(operations, default="PROVIDER/OPERATION")
    hint = f'write "operation: {example}", here or under defaults'
    shape["properties"]["operation"]["x-hints"] = {"required": hint}
    return shape
