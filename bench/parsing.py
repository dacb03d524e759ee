"""What reading and checking one job costs: our reader and validator, and everyone else's."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import jsonschema
import yaml
from jsonschema_rs import Draft202012Validator

from bench.manifests import manifest_text
from bench.tables import Table, number
from runner.documents.files import load
from runner.model.jobs import Draft
from runner.operations import load_operations
from runner.validation.jobs import check_job

OPERATION = "vidu/reference2image"
JOB_KEYS = ("id", "operation", "tags")


def measure(*, quick: bool = False) -> list[Table]:
    """Microseconds a job, of CPU time; `quick` reads fewer jobs, once."""
    jobs, turns = (500, 1) if quick else (5_000, 5)
    text = "".join(manifest_text(jobs))
    as_json = json.dumps(load(text))
    readers: Mapping[str, Callable[[], Any]] = {
        "reading: vidu-run": lambda: load(text),
        "reading: yaml CSafeLoader": lambda: yaml.load(text, Loader=yaml.CSafeLoader),
        "reading: yaml CSafeLoader, no garbage collection": lambda: _without_gc(
            lambda: yaml.load(text, Loader=yaml.CSafeLoader)
        ),
        "reading: yaml SafeLoader": lambda: yaml.load(text, Loader=yaml.SafeLoader),
        "reading: json.loads of the same": lambda: json.loads(as_json),
    }
    measured = {
        **_microseconds(readers, jobs, turns),
        **_microseconds(_validators(load(text)["jobs"]), jobs, turns),
    }
    return [
        Table(
            name="parsing",
            title="Reading and validating a job",
            command="python -m bench parsing",
            columns=("", "µs a job"),
            rows=tuple((what, number(value, 1)) for what, value in measured.items()),
            notes=(f"{jobs:,} jobs of eight fields, CPU time, medians of {turns} in turns.",),
        )
    ]


def _validators(entries: Sequence[Mapping[str, Any]]) -> dict[str, Callable[[], Any]]:
    operation = load_operations()[OPERATION]
    asked = [{k: v for k, v in entry.items() if k not in JOB_KEYS} for entry in entries]
    drafts = [
        Draft(entry=n, id=f"job-{n}", operation=OPERATION, parameters=parameters, base=Path())
        for n, parameters in enumerate(asked)
    ]
    slow = jsonschema.Draft202012Validator(operation.schema)
    fast = Draft202012Validator(dict(operation.schema))
    return {
        "validating: vidu-run": lambda: [check_job(draft, operation) for draft in drafts],
        "validating: jsonschema-rs": lambda: [fast.is_valid(each) for each in asked],
        "validating: jsonschema": lambda: [slow.is_valid(each) for each in asked],
    }


def _without_gc(step: Callable[[], object]) -> None:
    gc.disable()
    try:
        step()
    finally:
        gc.enable()


def _microseconds(
    steps: Mapping[str, Callable[[], Any]], jobs: int, turns: int
) -> dict[str, float]:
    taken: dict[str, list[float]] = {what: [] for what in steps}
    for _ in range(turns):
        for what, step in steps.items():
            start = time.process_time()
            step()
            taken[what].append((time.process_time() - start) / jobs * 1e6)
    return {what: median(times) for what, times in taken.items()}
