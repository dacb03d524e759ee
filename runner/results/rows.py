"""Converts outcomes to the rows and totals of a results manifest, as plain data in key order."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from runner.media.sources import classify
from runner.model.file_facts import FileFacts, in_order
from runner.model.jobs import Draft, Job, Media
from runner.model.operations import Amount, Unit
from runner.model.outcomes import Outcome, State
from runner.model.requests import JobError
from runner.model.tasks import StoredFile, TaskFacts, results_of
from runner.model.values import Deferred, JobOutput, ValuePath, map_leaves, substitute

VERSION = 1
_OWN_KEYS = frozenset({"prompt", "model", "seed"})
"""Parameters with a key of their own in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a results manifest records about its manifest and about the run that wrote it."""

    manifest: str
    """Path of the manifest, relative to the results manifest, with `/`."""
    sha256: str
    """Hex digest of the manifest's bytes."""
    run: str
    tool: str
    """Program and version."""
    started_at: str
    finished_at: str | None = None
    """None while the run is in progress."""
    exit_code: int | None = None
    marks: Mapping[str, str] | None = None
    """Path and SHA-256 of the marks file that took part; None without one."""


def head(header: Header, outcomes: Collection[Outcome]) -> dict[str, Any]:
    """Everything before the jobs."""
    run = asdict(header)
    marks = run.pop("marks")
    return {
        "version": VERSION,
        "manifest": {"path": run.pop("manifest"), "sha256": run.pop("sha256")},
        **({"marks": marks} if marks else {}),
        "run": {"id": run.pop("run"), **run},
        "totals": totals_of(outcomes),
    }


def row(outcome: Outcome, folder: Path) -> dict[str, Any]:
    """The row of one job in a results manifest in `folder`."""
    job = outcome.job
    return {
        "id": job.id,
        "operation": job.operation,
        "state": outcome.state.value,
        "reason": outcome.reason and outcome.reason.text,
        "prompt": plain(_requested(outcome, "prompt")),
        "model": plain(_requested(outcome, "model")),
        "parameters": _parameters(job, folder),
        "tags": list(job.draft.tags),
        **axes_of(job.draft),
        "task_id": outcome.task.id,
        "seed": outcome.task.seed,
        "credits": outcome.task.credits,
        "cost": {
            "estimated": json_amount(outcome.estimated),
            "actual": json_amount(outcome.task.actual),
            "at_risk": json_amount(outcome.at_risk),
        },
        "usage": plain(outcome.task.usage),
        "urls": list(outcome.task.urls),
        **_creation_ids(outcome.task),
        "files": [_file(file) for file in outcome.files],
        **_labels(outcome.files),
        "fingerprint": job.fingerprint,
        "reused": outcome.reused,
        "attempts": outcome.attempts,
        "submitted_at": outcome.task.submitted_at,
        "finished_at": outcome.task.finished_at,
        "error": json_error(outcome.error),
        **_warnings(outcome),
    }


def axes_of(draft: Draft) -> dict[str, Any]:
    """The key `axes`: by what the jobs of one entry differ, only where it has several of them.

    The manifest may change, and with it the rows of a file: so they are written down here.
    """
    axes: dict[str, Any] = {}
    if draft.matrix is not None:
        axes["matrix"] = plain(draft.matrix)
    if draft.row is not None:
        axes["row"] = plain(draft.row.values)
    if draft.has_takes:
        axes["take"] = draft.take
    return {"axes": axes} if axes else {}


def _creation_ids(task: TaskFacts) -> dict[str, Any]:
    """The key `creation_ids`, only where one is known."""
    return {"creation_ids": list(task.creation_ids)} if any(task.creation_ids) else {}


def _file(file: StoredFile) -> dict[str, Any]:
    row = {name: getattr(file, name) for name in ("path", "sha256", "bytes", "media_type")}
    facts = file.facts or FileFacts()
    measured = {"width": facts.width, "height": facts.height, "duration": facts.seconds}
    row |= {name: value for name, value in measured.items() if value is not None}
    return row | {"kind": file.kind} if file.kind else row


def _labels(files: Iterable[StoredFile]) -> dict[str, Any]:
    """The key `labels`, only where a result carries a mark of generated content."""
    labels = in_order(
        label for file in results_of(files) if file.facts for label in file.facts.labels
    )
    return {"labels": list(labels)} if labels else {}


def _warnings(outcome: Outcome) -> dict[str, Any]:
    """The key `warnings`, only where there is one: nearly all rows have none."""
    shortfall = () if outcome.shortfall is None else (outcome.shortfall,)
    warnings = [
        {"code": each.code, "message": each.message} for each in (*shortfall, *outcome.warnings)
    ]
    return {"warnings": warnings} if warnings else {}


def _requested(outcome: Outcome, name: str) -> Any:
    """A parameter as it was sent, with other jobs' results put in; as planned if not sent."""
    value = outcome.job.parameters.get(name)
    if isinstance(value, Deferred) and outcome.sent is not None:
        return outcome.sent.get(name, value)
    return value


def plain(value: Any) -> Any:
    """`value` as portable data: deferred values as expressions, NaN and infinity as null."""
    return map_leaves(value, _plain_leaf)


def _plain_leaf(_path: ValuePath, leaf: Any) -> Any:
    if isinstance(leaf, Deferred):
        return "".join(p if isinstance(p, str) else _expression(p) for p in leaf.parts)
    # JSON has no NaN, and its readers reject it.
    if isinstance(leaf, float) and not math.isfinite(leaf):
        return None
    return leaf


def totals_of(outcomes: Collection[Outcome]) -> dict[str, Any]:
    """The number of jobs by state, and what they cost."""
    # One pass, because each access reads an outcome from the disk.
    states, reused = Counter[State](), 0
    cost: dict[Unit, Decimal] = {"credits": Decimal(0), "cny": Decimal(0)}
    for outcome in outcomes:
        states[outcome.state] += 1
        reused += outcome.reused
        # ModelVerse reports no price: there the price list's counts.
        listed = outcome.estimated if outcome.state is State.SUCCEEDED else None
        if (amount := outcome.task.actual or listed) is not None:
            cost[amount.unit] += amount.value
    return {
        "jobs": len(outcomes),
        **{state.value: states[state] for state in State},
        "reused": reused,
        **{unit: json_number(value) for unit, value in cost.items()},
    }


def _parameters(job: Job, folder: Path) -> dict[str, Any]:
    """The parameters without keys of their own, in the manifest's order."""
    images = {path: _image(image, job.draft.base, folder) for path, image in job.media.items()}
    return {
        name: plain(value)
        for name, value in substitute(job.parameters, images).items()
        if name not in _OWN_KEYS
    }


def _image(image: Media | Deferred, base: Path, folder: Path) -> str:
    """An image as a path relative to `folder`, a URL, or type and digest of a data URI."""
    if isinstance(image, Deferred):
        return str(plain(image))
    if image.path is not None:
        if Path(image.source).is_absolute():
            return image.source
        return Path(os.path.relpath(base / image.source, folder)).as_posix()
    # A data URI may have megabytes; its digest identifies it.
    if classify(image.source) == "data":
        return f"data:{image.media_type or ''};sha256={image.sha256}"
    return image.source


def _expression(output: JobOutput) -> str:
    """The expression for a part of another job's result."""
    is_later = output.attribute == "output" and output.index
    last = f"outputs[{output.index}]" if is_later else output.attribute
    return f"${{{{ jobs['{output.job}'].{last} }}}}"


def json_amount(amount: Amount | None) -> dict[str, Any] | None:
    """`{"credits": 6}`."""
    return None if amount is None else {amount.unit: json_number(amount.value)}


def json_number(value: Decimal) -> int | float:
    """A whole number where it is one: 6 or 1.41."""
    return int(value) if value == value.to_integral_value() else float(value)


def json_error(error: JobError | None) -> dict[str, Any] | None:
    """Its code, message, class and whether it was billed."""
    if error is None:
        return None
    return {
        "code": error.code,
        "message": error.message,
        "class": error.class_.value,
        "billed": error.billed.value,
    }
