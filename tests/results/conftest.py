"""Outcomes to write."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runner.model.jobs import Draft, Job
from runner.model.operations import Amount
from runner.model.outcomes import Outcome, State
from runner.model.requests import INCOMPLETE, RESULT_GONE, Billed, ErrorClass, JobError, Shortfall
from runner.model.tasks import StoredFile, TaskFacts
from runner.results.rows import Header, row
from runner.results.write import write_results
from tests.builders import changed


def make_outcome(folder: Path, name: str = "window", **changes: Any) -> Outcome:
    draft = Draft(
        entry=0,
        id=name,
        operation="vidu/reference2image",
        parameters={},
        base=folder,
        tags=("hero",),
    )
    parameters = {
        "prompt": "一只可爱的小猫坐在窗台上",
        "model": "viduq2",
        "aspect_ratio": "16:9",
        "seed": 616519648,
    }
    job = Job(
        draft=draft, parameters=parameters, media={}, fingerprint=name.encode().hex().rjust(64, "0")
    )
    plain = Outcome(
        job=job,
        state=State.SUCCEEDED,
        task=TaskFacts(
            id="911092490931552256",
            seed=616519648,
            credits=6,
            urls=("https://a/1.png?x=%2F",),
            submitted_at="2026-11-20T10:00:00Z",
            finished_at="2026-11-20T10:00:20Z",
        ),
        estimated=Amount(unit="credits", value=Decimal(6)),
        files=(
            StoredFile(
                path="outputs/spring/window.png",
                sha256="a" * 64,
                bytes=123456,
                media_type="image/png",
            ),
        ),
        attempts=1,
    )
    return changed(plain, **changes)


def document(rows: list[Any], removed: list[Any] | None = None) -> dict[str, Any]:
    """The smallest results manifest with these rows."""
    return {"version": 1, "totals": {"jobs": len(rows)}, "jobs": rows, "removed": removed or []}


def write_all(path: Path, header: Header) -> None:
    """Write a results manifest with rows of each kind, under `jobs` and `removed`."""
    error = JobError(
        code=RESULT_GONE, message="gone:\n now", class_=ErrorClass.PROVIDER, billed=Billed.YES
    )
    folder = path.parent
    kinds = [
        make_outcome(folder, "a"),
        make_outcome(folder, "b", state=State.PENDING, files=()),
        make_outcome(folder, "c", state=State.AMBIGUOUS, task_id=None, submitted_at=None, files=()),
        make_outcome(folder, "d", state=State.FAILED, error=error, files=()),
        make_outcome(folder, "e", shortfall=Shortfall(code=INCOMPLETE, message="one of two")),
    ]
    gone = [row(each, folder) for each in kinds]
    write_results(path, header, [make_outcome(folder, each.job.id * 2) for each in kinds], gone)


@pytest.fixture
def outcome(tmp_path: Path) -> Callable[..., Outcome]:
    def made(name: str = "window", **changes: Any) -> Outcome:
        return make_outcome(tmp_path, name, **changes)

    return made


@pytest.fixture
def header() -> Header:
    return Header(
        manifest="spring.yaml",
        sha256="b" * 64,
        run="20261120T100000Z-00000001",
        tool="vidu-run 0.1.0",
        started_at="2026-11-20T10:00:00Z",
        finished_at="2026-11-20T10:01:00Z",
        exit_code=0,
    )
