"""Image pairs of which another job makes one: compared by the ratio that the job asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.model.jobs import Draft, Media
from runner.model.values import Attribute, Deferred, JobOutput
from runner.operations import load_operations
from runner.validation.pairs import check_future_pairs
from tests.builders import listed

OPERATIONS = load_operations()


def draft(name: str, operation: str, *needs: str, **parameters: Any) -> Draft:
    return Draft(
        entry=0, id=name, operation=operation, parameters=parameters, base=Path(), needs=needs
    )


def made(job: str, attribute: Attribute = "output") -> Deferred:
    return Deferred(parts=(JobOutput(job=job, attribute=attribute),))


def file(width: int | None, height: int | None) -> Media:
    return Media(
        source="cat.png",
        path=Path("cat.png"),
        sha256="0" * 64,
        media_type="image/png",
        size_bytes=9,
        width=width,
        height=height,
    )


def warned(first: Media | Deferred, last: Media | Deferred, **wide: Any) -> list[str]:
    """What is found in a film from `first` to `last`; `wide` is what that job asks for."""
    drafts = [
        draft("film", "vidu/start-end2video", "wide", "tall"),
        draft("wide", "vidu/reference2image", **(wide or {"aspect_ratio": "16:9"})),
        draft("tall", "vidu/reference2image", aspect_ratio="9:16"),
    ]
    found = check_future_pairs(drafts, OPERATIONS, {"film": listed(first, last)})
    assert all(each.warning and each.path == ("images", 1) for _, some in found for each in some)
    return [each.message for _, some in found for each in some]


def test_two_jobs_that_make_other_ratios_are_a_warning() -> None:
    (message,) = warned(made("wide"), made("tall", "url"))
    assert message == (
        'job "wide" makes 16:9, job "tall" makes 9:16: the first has 3.16 times the ratio of the'
        " last; 0.8 to 1.25 times may be required"
    )


def test_a_file_is_compared_by_its_pixels() -> None:
    (message,) = warned(file(100, 200), made("wide"))
    assert message.startswith('cat.png is 100x200 pixels, job "wide" makes 16:9: the first has')
    assert warned(file(1600, 900), made("wide")) == []


def test_the_ratio_may_be_the_documents_default() -> None:
    assert len(warned(made("wide"), made("tall"), model="viduq2")) == 1


def test_the_limits_themselves_are_accepted() -> None:
    assert warned(file(4, 5), made("wide"), aspect_ratio="1:1") == []


@pytest.mark.parametrize("ratio", ["auto", made("other")])
def test_a_ratio_that_is_not_known_is_not_compared(ratio: Any) -> None:
    assert warned(made("wide"), made("tall"), aspect_ratio=ratio) == []


def test_an_image_of_unknown_shape_is_not_compared() -> None:
    assert warned(file(None, None), made("wide")) == []
    assert warned(made("nobody"), made("wide")) == []
