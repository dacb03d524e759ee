"""Rows: the jobs and axes of a gallery, from the rows of a results manifest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from runner.model.operations import MediaKind
from runner.report.contents import GalleryJob
from runner.report.rows import make_axes, make_jobs, seconds_of
from tests.builders import result_row


def makes(operation: str) -> MediaKind:
    return "video" if "video" in operation else "image"


def jobs_of(*rows: dict[str, Any], removed: Sequence[dict[str, Any]] = ()) -> dict[str, GalleryJob]:
    return {job.id: job for job in make_jobs(rows, removed, lambda _row, _removed: [], makes)}


def test_a_job_has_what_its_row_has() -> None:
    job = jobs_of(result_row("window", tags=["hero"], labels=["aigc"]))["window"]
    assert job.data() == {
        "id": "window",
        "stack": "window",
        "op": "vidu/reference2image",
        "makes": "image",
        "state": "succeeded",
        "prompt": "a picture of window",
        "model": "viduq2",
        "params": {"aspect_ratio": "16:9"},
        "tags": ["hero"],
        "seed": 7,
        "cost": {"credits": 6},
        "estimate": {"credits": 6},
        "task": "911092490931552256",
        "fp": b"window".hex().rjust(64, "0"),
        "attempts": 1,
        "at": [1772359200.0, 1772359208.5],
        "labels": ["aigc"],
    }


def test_takes_of_one_variant_share_their_stack() -> None:
    rows = [result_row(f"look-noir.{take}", axes={"take": take}) for take in (1, 2)]
    assert [(job.stack, job.take) for job in jobs_of(*rows).values()] == [
        ("look-noir", 1),
        ("look-noir", 2),
    ]


def test_the_order_of_jobs_is_that_of_the_rows_then_removed() -> None:
    rows = [result_row("b"), result_row("a")]
    jobs = jobs_of(*rows, removed=[result_row("old"), result_row("a", prompt="older")])
    assert [(job.id, job.state) for job in jobs.values()] == [
        ("b", "succeeded"),
        ("a", "succeeded"),
        ("old", "removed"),
    ]


def test_what_was_made_of_what_is_known_in_both_directions() -> None:
    images = ["${{ jobs['sheet'].output }}", "${{ jobs['elsewhere'].output }}", "refs/cat.png"]
    jobs = jobs_of(result_row("sheet"), result_row("shot", parameters={"images": images}))
    assert jobs["shot"].made_from == ["sheet"]
    assert jobs["sheet"].used_by == ["shot"]


def test_values_of_the_matrix_and_short_cells_are_axes() -> None:
    rows = [
        result_row(
            f"{style}-{number}",
            prompt="a long story",
            axes={"matrix": {"style": style, "size": 2}, "row": {"who": who, "p": "a long story"}},
        )
        for style in ("noir", "水墨")
        for number, who in enumerate(("cat", "dog"))
    ]
    axes = make_axes(jobs_of(*rows).values())
    assert {axis.name: list(axis.values) for axis in axes} == {
        "style": ["noir", "水墨"],
        "size": ["2"],
        "who": ["cat", "dog"],
    }


def test_a_column_whose_values_all_differ_groups_nothing() -> None:
    rows = [
        result_row(f"j{n}", axes={"row": {"name": f"name {n}", "set": str(n % 2)}})
        for n in range(40)
    ]
    assert [axis.name for axis in make_axes(jobs_of(*rows).values())] == ["set"]


def test_a_failure_has_advice() -> None:
    error = {"code": "CensorBlocked", "message": "blocked", "class": "policy", "billed": "no"}
    job = jobs_of(result_row("a", state="failed", error=error))["a"]
    assert job.failure is not None
    assert job.failure.data() == {
        **error,
        "advice": "moderation refused it: change the prompt or the images",
    }


def test_a_page_has_no_url_of_a_provider_and_no_folder() -> None:
    parameters = {
        "images": ["/home/anna/refs/cat.png", "https://u:p@b.example/x.png?X-Amz-Signature=abc"],
        "callback_url": "https://hook.example/x?token=abc",
    }
    error = {
        "code": "x",
        "message": "GET https://cdn.example/1.png?Signature=abc: /home/anna/out/1.png",
        "class": "provider",
        "billed": "no",
    }
    prompt = "like https://cdn.example/1.png?Expires=1&Signature=abc and https://a.example/?q=1"
    row = result_row("a", state="failed", error=error, parameters=parameters, prompt=prompt)
    text = json.dumps(jobs_of(row)["a"].data())
    for secret in ("abc", "anna", "u:p@"):
        assert secret not in text
    assert "https://a.example/?q=1" in text


def test_a_row_with_values_of_any_type_makes_a_job() -> None:
    odd: list[Any] = [None, 7, 1.5, float("nan"), True, "text", ["a", 1], {"b": [None]}]
    keys = set(result_row("a")) - {"id", "state", "fingerprint"} | {"axes", "labels", "warnings"}
    for value in odd:
        row = result_row("a") | dict.fromkeys(keys, value)
        json.dumps(jobs_of(row)["a"].data(), allow_nan=False)


def test_a_time_that_is_none_is_unknown() -> None:
    assert [seconds_of(each) for each in (None, "yesterday", 7, "")] == [None] * 4
