"""Rows: how outcomes are written."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runner.model.file_facts import FileFacts, ResultWarning
from runner.model.jobs import Media, Row
from runner.model.operations import Amount
from runner.model.outcomes import Outcome, State
from runner.model.requests import Billed, ErrorClass, JobError
from runner.model.values import Deferred, JobOutput
from runner.results.rows import Header, head, plain, row
from tests.builders import listed

MakeOutcome = Callable[..., Outcome]


def image(source: str, path: Path | None = None) -> Media:
    return Media(source=source, path=path, sha256="c" * 64, media_type="image/png", size_bytes=100)


def with_images(outcome: Outcome, *images: Media | Deferred) -> Outcome:
    parameters = {**outcome.job.parameters, "images": ["as written"] * len(images)}
    return replace(outcome, job=replace(outcome.job, parameters=parameters, media=listed(*images)))


def test_a_row_has_the_keys_of_the_format_in_their_order(
    outcome: MakeOutcome, tmp_path: Path
) -> None:
    assert row(outcome(), tmp_path) == {
        "id": "window",
        "operation": "vidu/reference2image",
        "state": "succeeded",
        "reason": None,
        "prompt": "一只可爱的小猫坐在窗台上",
        "model": "viduq2",
        "parameters": {"aspect_ratio": "16:9"},
        "tags": ["hero"],
        "task_id": "911092490931552256",
        "seed": 616519648,
        "credits": 6,
        "cost": {"estimated": {"credits": 6}, "actual": {"credits": 6}, "at_risk": None},
        "usage": {},
        "urls": ["https://a/1.png?x=%2F"],
        "files": [
            {
                "path": "outputs/spring/window.png",
                "sha256": "a" * 64,
                "bytes": 123456,
                "media_type": "image/png",
            }
        ],
        "fingerprint": b"window".hex().rjust(64, "0"),
        "reused": False,
        "attempts": 1,
        "submitted_at": "2026-11-20T10:00:00Z",
        "finished_at": "2026-11-20T10:00:20Z",
        "error": None,
    }
    assert " ".join(row(outcome(), tmp_path)) == (
        "id operation state reason prompt model parameters tags task_id seed credits cost usage"
        " urls files fingerprint reused attempts submitted_at finished_at error"
    )


def test_axes_are_those_of_the_entry(outcome: MakeOutcome, tmp_path: Path) -> None:
    plain_one = outcome()
    values = {"name": "窗", "weight": math.nan}
    line = Row(path="p.jsonl", line=3, number=2, values=values)
    draft = replace(plain_one.job.draft, matrix={"look": "noir"}, row=line, take=2, has_takes=True)
    several = replace(plain_one, job=replace(plain_one.job, draft=draft))
    assert row(several, tmp_path)["axes"] == {
        "matrix": {"look": "noir"},
        "row": {"name": "窗", "weight": None},
        "take": 2,
    }


def test_what_was_measured_of_files_is_listed(outcome: MakeOutcome, tmp_path: Path) -> None:
    (file,) = outcome().files
    film = FileFacts(width=1280, height=720, seconds=5.04, codec="h264", labels=("iptc",))
    other = FileFacts(seconds=2.0, labels=("aigc",))
    cover = FileFacts(labels=("c2pa",))
    warnings = (ResultWarning(code="a", message="b"), ResultWarning(code="c", message="d"))
    made = row(
        outcome(
            files=(
                replace(file, facts=film, warnings=warnings[:1]),
                replace(file, facts=other, warnings=warnings),
                replace(file, facts=cover, kind="cover"),
            )
        ),
        tmp_path,
    )
    first, second, third = made["files"]
    assert (first["width"], first["height"], first["duration"]) == (1280, 720, 5.04)
    assert (second.get("width"), second["duration"]) == (None, 2.0)
    assert "duration" not in third
    assert made["labels"] == ["aigc", "iptc"]
    assert made["warnings"] == [{"code": "a", "message": "b"}, {"code": "c", "message": "d"}]


def test_totals_count_states_and_sum_costs(outcome: MakeOutcome, header: Header) -> None:
    yuan = Amount(unit="cny", value=Decimal("1.41"))
    outcomes = [
        outcome("a", reused=True),
        outcome("b", cost=None, credits=4),
        outcome("c", cost=yuan, credits=None),
        outcome("d", state=State.PENDING, cost=None, credits=None),
        outcome("e", state=State.FAILED, cost=yuan),
    ]
    start = head(header, outcomes)
    assert start["totals"] == {
        "jobs": 5,
        "succeeded": 3,
        "failed": 1,
        "ambiguous": 0,
        "pending": 1,
        "skipped": 0,
        "reused": 1,
        "credits": 10,
        "cny": 2.82,
    }
    assert list(start) == ["version", "manifest", "run", "totals"]


def test_an_error_has_its_class_and_whether_it_was_billed(
    outcome: MakeOutcome, tmp_path: Path
) -> None:
    error = JobError(code="X", message="no", class_=ErrorClass.POLICY, billed=Billed.UNKNOWN)
    assert row(outcome(error=error), tmp_path)["error"] == {
        "code": "X",
        "message": "no",
        "class": "policy",
        "billed": "unknown",
    }


def test_images_are_written_by_path_url_or_a_short_form(
    outcome: MakeOutcome, tmp_path: Path
) -> None:
    made = with_images(
        outcome(),
        image("refs/cat.png", tmp_path / "refs/cat.png"),
        image("/studio/cat.png", Path("/studio/cat.png")),
        image("https://a/cat.png?x=%2F"),
        image("data:image/png;base64,AAAA"),
        Deferred(parts=(JobOutput(job="look.1", attribute="output"),)),
    )
    (tmp_path / "out").mkdir()
    assert row(made, tmp_path / "out")["parameters"]["images"] == [
        "../refs/cat.png",
        "/studio/cat.png",
        "https://a/cat.png?x=%2F",
        f"data:image/png;sha256={'c' * 64}",
        "${{ jobs['look.1'].output }}",
    ]


def test_a_single_image_outside_a_list_stays_outside(outcome: MakeOutcome, tmp_path: Path) -> None:
    made = with_images(outcome(), image("https://a/cat.png"))
    (media,) = made.job.media.values()
    parameters = {"start_image": "https://a/cat.png"}
    job = replace(made.job, parameters=parameters, media={("start_image",): media})
    assert row(replace(made, job=job), tmp_path)["parameters"] == parameters


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (
            Deferred(parts=("like ", JobOutput(job="a", attribute="url"))),
            "like ${{ jobs['a'].url }}",
        ),
        (Deferred(parts=(JobOutput(job="a", attribute="seed"),)), "${{ jobs['a'].seed }}"),
        (
            Deferred(parts=(JobOutput(job="a", attribute="output", index=2),)),
            "${{ jobs['a'].outputs[2] }}",
        ),
        ({"a": (1, math.nan)}, {"a": [1, None]}),
        ([math.inf, 1.5, True, None], [None, 1.5, True, None]),
    ],
)
def test_every_value_becomes_portable_data(value: Any, written: Any) -> None:
    assert plain(value) == written
