from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from runner.model import Deferred, Draft, JobOutput
from runner.operations import load_operations
from runner.validation import check_links

IMAGE = "vidu/reference2image"
VIDEO = "modelverse/reference2video"


def draft(id_: str, operation: str, *images: Any) -> Draft:
    needs = tuple(part.job for image in images for part in getattr(image, "parts", ()))
    parameters = {"model": "viduq2", "prompt": "a", "images": list(images)}
    return Draft(
        entry=0, id=id_, operation=operation, parameters=parameters, base=Path(), needs=needs
    )


def result(job: str, attribute: Literal["output", "url", "seed"] = "output") -> Deferred:
    return Deferred(parts=(JobOutput(job=job, attribute=attribute),))


def told(*drafts: Draft) -> list[tuple[str, str]]:
    checked = check_links(drafts, load_operations())
    return [(one.id, finding.message) for one, findings in checked for finding in findings]


def test_an_image_may_be_what_an_image_job_makes() -> None:
    assert told(draft("a", IMAGE), draft("b", VIDEO, result("a"))) == []


@pytest.mark.parametrize("attribute", ["output", "url"])
def test_a_video_is_no_image(attribute: Literal["output", "url"]) -> None:
    clip, still = draft("clip", VIDEO), draft("still", IMAGE, "a.png", result("clip", attribute))
    assert told(clip, still) == [
        ("still", 'images[1] is what job "clip" makes, a video: only images are taken')
    ]


def test_what_else_is_wrong_with_a_reference_is_not_told_here() -> None:
    clip = draft("clip", VIDEO)
    assert told(clip, draft("b", IMAGE, result("nobody"), result("clip", "seed"))) == []
    assert told(clip, draft("b", "no/such", result("clip"))) == []


def test_a_list_that_is_none_is_not_told_here() -> None:
    odd = Draft(
        entry=0,
        id="b",
        operation=IMAGE,
        parameters={"images": result("clip")},
        base=Path(),
        needs=("clip",),
    )
    assert told(draft("clip", VIDEO), odd) == []


def test_jobs_without_references_cost_nothing() -> None:
    assert told(draft("a", IMAGE)) == []
