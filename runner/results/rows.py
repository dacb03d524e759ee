"""Outcomes in, the rows and totals of a results manifest out, as plain data in their order."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from runner.model import Amount, Deferred, Job, JobError, JobOutput, Media, Outcome, State, Unit

VERSION = 1
_APART = frozenset({"prompt", "model", "seed"})
"""Parameters that have keys of their own in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a results manifest says of its manifest and of the run that wrote it."""

    manifest: str
    """Path of the manifest, relative to the results manifest, with `/`."""
    sha256: str
    """Hex digest of the manifest's bytes."""
    run: str
    tool: str
    """Program and version."""
    started_at: str
    finished_at: str | None = None
    """None while the run goes on."""
    exit_code: int | None = None


def head(header: Header, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """All that stands before the jobs."""
    return {
        "version": VERSION,
        "manifest": {"path": header.manifest, "sha256": header.sha256},
        "run": {
            "id": header.run,
            "tool": header.tool,
            "started_at": header.started_at,
            "finished_at": header.finished_at,
            "exit_code": header.exit_code,
        },
        "totals": _totals(outcomes),
    }


def row(outcome: Outcome, folder: Path) -> dict[str, Any]:
    """The row of one job in a results manifest that lies in `folder`."""
    job = outcome.job
    return {
        "id": job.id,
        "operation": job.operation,
        "state": outcome.state.value,
        "reason": outcome.reason,
        "prompt": plain(_asked(outcome, "prompt")),
        "model": plain(_asked(outcome, "model")),
        "parameters": _parameters(job, folder),
        "tags": list(job.draft.tags),
        "task_id": outcome.task_id,
        "seed": outcome.seed,
        "credits": outcome.credits,
        "cost": {
            "estimated": _amount(outcome.estimated),
            "actual": _amount(outcome.actual),
            "at_risk": _amount(outcome.at_risk),
        },
        "usage": plain(outcome.usage),
        "urls": list(outcome.urls),
        "files": [
            {"path": f.path, "sha256": f.sha256, "bytes": f.bytes, "media_type": f.media_type}
            for f in outcome.files
        ],
        "fingerprint": job.fingerprint,
        "reused": outcome.reused,
        "attempts": outcome.attempts,
        "submitted_at": outcome.submitted_at,
        "finished_at": outcome.finished_at,
        "error": _error(outcome.error),
    }


def _asked(outcome: Outcome, name: str) -> Any:
    """A parameter as it was sent, where other jobs' results were put in; else as planned."""
    value = outcome.job.parameters.get(name)
    if isinstance(value, Deferred) and outcome.sent is not None:
        return outcome.sent.get(name, value)
    return value


def plain(value: Any) -> Any:
    """`value` as data any reader takes: waiting values as expressions, no NaN and no infinity."""
    match value:
        case Deferred():
            return "".join(p if isinstance(p, str) else _expression(p) for p in value.parts)
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case float() if not math.isfinite(value):
            return None
    return value


def _totals(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    # One pass: each outcome is read from the disk when it is looked at.
    states, reused = Counter[State](), 0
    cost: dict[Unit, Decimal] = {"credits": Decimal(0), "cny": Decimal(0)}
    for outcome in outcomes:
        states[outcome.state] += 1
        reused += outcome.reused
        # Where the provider tells no price (ModelVerse), the price list's is what it was.
        listed = outcome.estimated if outcome.state is State.SUCCEEDED else None
        if (amount := outcome.actual or _reported(outcome) or listed) is not None:
            cost[amount.unit] += amount.value
    return {
        "jobs": len(outcomes),
        **{state.value: states[state] for state in State},
        "reused": reused,
        **{unit: _number(value) for unit, value in cost.items()},
    }


def _reported(outcome: Outcome) -> Amount | None:
    if outcome.credits is None:
        return None
    return Amount(unit="credits", value=Decimal(outcome.credits))


def _parameters(job: Job, folder: Path) -> dict[str, Any]:
    """What was asked for besides prompt, model and seed, in the manifest's order."""
    return {
        name: _media(job, name, value, folder) if name in job.media else plain(value)
        for name, value in job.parameters.items()
        if name not in _APART
    }


def _media(job: Job, name: str, value: Any, folder: Path) -> Any:
    images = [_image(image, job.draft.base, folder) for image in job.media[name]]
    return images if isinstance(value, list | tuple) or len(images) != 1 else images[0]


def _image(image: Media | Deferred, base: Path, folder: Path) -> str:
    """An image by its path (seen from `folder`), URL or, short, what a data URI holds."""
    if isinstance(image, Deferred):
        return str(plain(image))
    if image.path is not None:
        if Path(image.source).is_absolute():
            return image.source
        return Path(os.path.relpath(base / image.source, folder)).as_posix()
    if image.source[:5].lower() == "data:":
        return f"data:{image.media_type or ''};sha256={image.sha256}"
    return image.source


def _expression(output: JobOutput) -> str:
    """The expression that stands for a part of another job's result."""
    name = f"jobs['{output.job}']"
    if output.attribute == "output":
        last = f"outputs[{output.index}]" if output.index else "output"
    else:
        last = output.attribute
    return f"${{{{ {name}.{last} }}}}"


def _amount(amount: Amount | None) -> dict[str, Any] | None:
    return None if amount is None else {amount.unit: _number(amount.value)}


def _number(value: Decimal) -> int | float:
    """A sum of money as a plain number: 6 or 1.41."""
    return int(value) if value == value.to_integral_value() else float(value)


def _error(error: JobError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {
        "code": error.code,
        "message": error.message,
        "class": error.class_.value,
        "billed": error.billed.value,
    }
