"""Document checks: the manifest's own keys and settings, and the jobs' own keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from runner.errors import looks_secret, suggest
from runner.file_names import unexpanded
from runner.model.jobs import JOB_KEYS
from runner.model.operations import Operation
from runner.model.values import ValuePath, as_dict, as_list, walk
from runner.operations import suggest_operation
from runner.validation.diagnostics import Finding, in_order_of, shown
from runner.validation.messages import explain
from runner.validation.schema import Subject
from runner.validation.shape import Schema, job_shape, manifest_shape

_LOOKALIKE = re.compile(
    r"(?<!\$)(?:\$\{(?!\{)|\{\{)\s*((?:(?:vars|matrix|row|jobs|env)[.\[][^{}]*|take\s*))\}\}?"
)
"""`${vars.x}` and `{{ vars.x }}`, as other tools write it."""


def check_lookalikes(text: str, document: Any) -> list[Finding]:
    """A warning for every text that only looks like an expression; `text` is the manifest's."""
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
    findings = [
        *_check(manifest_shape(operations), [((), document)], "the manifest"),
        *_secrets(document.get("env"), document.get("providers")),
        *_defaults(document, operations),
        *_jobs(document, operations),
        *_folders(as_dict(document.get("run"))),
    ]
    return in_order_of(document, findings)


def _check(
    schema: Schema, values: Iterable[tuple[ValuePath, Any]], owner: str
) -> Iterator[Finding]:
    """Check the values, each with its path in the manifest."""
    from jsonschema_rs import Draft202012Validator

    # The fast validator for all, the thorough one for those it rejects.
    validator = Draft202012Validator(schema)
    for path, value in values:
        if not validator.is_valid(value):
            # Only an item of the list of jobs can be anything but a mapping here.
            name = owner if isinstance(value, dict) else "each item of jobs"
            subject = Subject(schema=schema, value=value, owner=name, noun="key")
            yield from (finding.below(path) for finding in explain(subject))


def _secrets(env: Any, providers: Any) -> Iterator[Finding]:
    # Expressions end up in prompts and file names, where no key may go.
    keys = [as_dict(block).get("api_key_env") for block in as_dict(providers).values()]
    for index, name in enumerate(as_list(env)):
        if isinstance(name, str) and (name in keys or looks_secret(name)):
            message = f"env lists {name}, which holds a secret: no job may read it"
            yield Finding(path=("env", index), message=message)


def _folders(run: Mapping[str, Any]) -> Iterator[Finding]:
    name = run.get("outputs")
    if isinstance(name, str) and (part := unexpanded(Path(name))):
        message = f'outputs contains "{part}", which is not expanded'
        yield Finding(path=("run", "outputs"), message=message, hint="write the whole path")


def _defaults(
    document: Mapping[str, Any], operations: Mapping[str, Operation]
) -> Iterator[Finding]:
    defaults = as_dict(document.get("defaults"))
    yield from _own_keys(defaults, ("defaults",), operations)
    for key, values in defaults.items():
        if "/" not in key or key.startswith("x-"):
            continue
        path = ("defaults", key)
        if key not in operations:
            message = f"unknown operation {shown(key)} in defaults"
            hint = suggest_operation(key, operations)
            yield Finding(path=path, message=message, hint=hint, key=True)
        elif isinstance(values, dict):
            yield from _own_keys(values, path, operations)
            # The jobs of an operation report its unknown parameters, but there may be none.
            if not _may_be_used(key, document):
                yield from _unknown_parameters(values, operations[key])
        elif values is not None:
            message = f"defaults for {key} must be a mapping of its parameters"
            yield Finding(path=path, message=message)


def _own_keys(
    values: Mapping[str, Any], path: ValuePath, operations: Mapping[str, Operation]
) -> Iterator[Finding]:
    """A job's own keys as defaults."""
    if "id" in values:
        message = "id cannot be a default: every job has its own"
        yield Finding(path=(*path, "id"), message=message, key=True)
    # Parameters are checked with the jobs that get them.
    own = {key: value for key, value in values.items() if key in JOB_KEYS and key != "id"}
    yield from _check({**job_shape(operations), "required": []}, [(path, own)], "a job")


def _unknown_parameters(values: Mapping[str, Any], operation: Operation) -> Iterator[Finding]:
    known = [*operation.schema["properties"], *JOB_KEYS]
    for key in values:
        if key not in known and not key.startswith("x-"):
            yield Finding(
                path=("defaults", operation.name, key),
                message=f"unknown parameter {shown(key)} of {operation.name}",
                hint=suggest(key, known, rest=f"vidu-run operations {operation.name} shows all"),
                key=True,
            )


def _may_be_used(operation: str, document: Mapping[str, Any]) -> bool:
    general = document["defaults"].get("operation")
    jobs = [job for job in as_list(document.get("jobs")) if isinstance(job, dict)]
    used = [job.get("operation", general) for job in jobs]
    # An expression may give any operation.
    return any(name == operation or (isinstance(name, str) and "${{" in name) for name in used)


def _jobs(document: Mapping[str, Any], operations: Mapping[str, Operation]) -> Iterator[Finding]:
    schema = job_shape(operations)
    if as_dict(document.get("defaults")).get("operation") is not None:
        schema["required"] = ["id"]
    example = max(operations, default="PROVIDER/OPERATION")
    hint = f'write "operation: {example}", here or under defaults'
    schema["properties"]["operation"]["x-hints"] = {"required": hint}
    jobs = [(("jobs", index), job) for index, job in enumerate(as_list(document.get("jobs")))]
    yield from _check(schema, jobs, "a job")
