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
from runner.model.tasks import StoredFile, TaskFacts
from runner.results.rows import Header
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
