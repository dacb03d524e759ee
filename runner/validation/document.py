"""A manifest as read in, what is wrong with its own shape out; parameters are checked later."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from runner.errors import looks_secret
from runner.model import Operation
from runner.validation.diagnostics import Finding
from runner.validation.messages import explain
from runner.validation.schema import Subject
from runner.validation.shape import (
    EXPRESSION,
    HOW_A_JOB_IS_WRITTEN,
    OWN_KEYS,
    Schema,
    job_keys,
    manifest_shape,
)
from runner.validation.wording import nearest, shown

_LOOKALIKE = re.compile(
    r"(?<!\$)(?:\$\{(?!\{)|\{\{)\s*((?:(?:vars|matrix|row|jobs|env)[.\[][^{}]*|take\s*))\}\}?"
)
"""`${vars.x}` and `{{ vars.x }}`, as other tools write it."""


def check_lookalikes(text: str, document: Any) -> list[Finding]:
    """A warning for every text that stays as it is though an expression may have been meant."""
    some = ("${" in text or "{{" in text) and _LOOKALIKE.search(text)
    return list(_found(document, ())) if some else []


def _found(value: Any, path: tuple[str | int, ...]) -> Iterator[Finding]:
    if isinstance(value, str):
        if found := _LOOKALIKE.search(value):
            yield Finding(
                path=path,
                message=f"{found[0]} is no expression and stays as it is",
                hint=f"did you mean ${{{{ {found[1].strip()} }}}}?",
                warning=True,
            )
    elif isinstance(value, dict):
        for key, item in value.items():
            if not key.startswith("x-"):
                yield from _found(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _found(item, (*path, index))


def check_document(document: Any, operations: Mapping[str, Operation]) -> list[Finding]:
    """Errors in the manifest's top level, settings, defaults and the jobs' own keys, in file order.

    Parameters are no part of it, nor are ids after expansion and what a matrix holds: the
    expansion and `check_draft` see to them.
    """
    if not isinstance(document, dict):
        return [Finding(path=(), message="the manifest must be a mapping with version and jobs")]
    shape = manifest_shape(sorted({op.provider for op in operations.values()}))
    found = _checked(shape, document, "the manifest")
    found += _variables(document.get("env"), document.get("providers"))
    found += _defaults(document, operations)
    found += _jobs(document, operations)
    order = {key: n for n, key in enumerate(document)}
    return sorted(found, key=lambda f: order.get(f.path[0], -1) if f.path else -1)


def _checked(schema: Schema, value: Any, owner: str) -> list[Finding]:
    from jsonschema_rs import Draft202012Validator

    if Draft202012Validator(schema).is_valid(value):
        return []
    return explain(Subject(schema=schema, value=value, owner=owner, noun="key"))


def _variables(env: Any, providers: Any) -> Iterator[Finding]:
    """Expressions end up in prompts and file names, where no key may go."""
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
    found = list(_shared(defaults, ("defaults",), operations))
    for key, values in defaults.items():
        if "/" not in key or key.startswith("x-"):
            continue
        path = ("defaults", key)
        if key not in operations:
            known = ", ".join(operations)
            hint = nearest(key, operations) or f"known: {known}"
            message = f"unknown operation {shown(key)} in defaults"
            found.append(Finding(path=path, message=message, hint=hint, key=True))
        elif isinstance(values, dict):
            found += _shared(values, path, operations)
            found += _unused(values, operations[key], document)
        elif values is not None:
            message = f"defaults for {key} must be a mapping of its parameters"
            found.append(Finding(path=path, message=message))
    return found


def _shared(
    values: Mapping[str, Any], path: tuple[str | int, ...], operations: Mapping[str, Operation]
) -> Iterator[Finding]:
    """A job's own keys where they stand for many jobs."""
    if "id" in values:
        message = "id cannot be a default: every job has its own"
        yield Finding(path=(*path, "id"), message=message, key=True)
    own = {key: value for key, value in values.items() if key in OWN_KEYS and key != "id"}
    schema = {"$defs": {"expression": EXPRESSION}, "properties": job_keys(operations)}
    for finding in _checked(schema, own, "a job"):
        yield _under(path, finding)


def _unused(
    values: Mapping[str, Any], operation: Operation, document: Mapping[str, Any]
) -> Iterator[Finding]:
    """Unknown parameters in the defaults of an operation that no job uses: no draft tells them."""
    if _may_use(document, operation.name):
        return
    known = [*operation.schema["properties"], *OWN_KEYS]
    for key in values:
        if key not in known and not key.startswith("x-"):
            yield Finding(
                path=("defaults", operation.name, key),
                message=f"unknown parameter {shown(key)} of {operation.name}",
                hint=nearest(key, known),
                key=True,
            )


def _may_use(document: Mapping[str, Any], operation: str) -> bool:
    general = document["defaults"].get("operation")
    jobs = document.get("jobs")
    for job in jobs if isinstance(jobs, list) else ():
        used = job.get("operation", general) if isinstance(job, dict) else None
        if used == operation or (isinstance(used, str) and "${{" in used):
            return True
    return False


def _jobs(document: Mapping[str, Any], operations: Mapping[str, Operation]) -> list[Finding]:
    from jsonschema_rs import Draft202012Validator

    jobs = document.get("jobs")
    if not isinstance(jobs, list):
        return []
    schema = _job_schema(document.get("defaults"), operations)
    fits = Draft202012Validator(schema)
    found: list[Finding] = []
    for index, job in enumerate(jobs):
        if not fits.is_valid(job):
            subject = Subject(schema=schema, value=job, owner=_a_job(job), noun="key")
            found += (_under(("jobs", index), finding) for finding in explain(subject))
    return found


def _a_job(job: Any) -> str:
    return "a job" if isinstance(job, dict) else "each item of jobs"


def _job_schema(defaults: Any, operations: Mapping[str, Operation]) -> Schema:
    """A job's own keys; its operation is required where the defaults name none."""
    given = isinstance(defaults, dict) and defaults.get("operation") is not None
    keys = job_keys(operations)
    if not given:
        first = max(operations, default="PROVIDER/OPERATION")
        keys["operation"] = {
            **keys["operation"],
            "x-hints": {"required": f'write "operation: {first}", here or under defaults'},
        }
    return {
        "$defs": {"expression": EXPRESSION},
        "type": "object",
        "x-hints": {"type": HOW_A_JOB_IS_WRITTEN},
        "required": ["id"] if given else ["id", "operation"],
        "properties": keys,
    }


def _under(path: tuple[str | int, ...], finding: Finding) -> Finding:
    return Finding(
        path=(*path, *finding.path),
        message=finding.message,
        hint=finding.hint,
        warning=finding.warning,
        key=finding.key,
    )
