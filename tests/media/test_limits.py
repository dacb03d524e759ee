"""Media limits, to the byte and to the pixel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runner.media.limits import check_limits
from runner.model.jobs import Media
from runner.model.operations import MediaLimits

LIMITS = MediaLimits(
    media_types=("image/png", "image/jpeg", "image/webp"),
    max_bytes=50 * 2**20,
    min_width=128,
    min_height=128,
    max_ratio=4.0,
)
CAT = Media(
    source="cat.png",
    path=Path("cat.png"),
    sha256="0" * 64,
    media_type="image/png",
    size_bytes=1000,
    width=128,
    height=128,
)


@pytest.mark.parametrize(
    ("size", "messages"),
    [
        ((128, 128), []),
        ((511, 128), []),
        ((512, 128), ["is 512x128 pixels (4:1); the ratio must be below 4:1"]),
        ((128, 512), ["is 128x512 pixels (1:4); the ratio must be above 1:4"]),
        ((4096, 512), ["is 4096x512 pixels (8:1); the ratio must be below 4:1"]),
        ((100, 90), ["is 100x90 pixels, but at least 128x128 are needed"]),
        ((128, 127), ["is 128x127 pixels, but at least 128x128 are needed"]),
        (
            (600, 100),
            [
                "is 600x100 pixels, but at least 128x128 are needed",
                "is 600x100 pixels (6:1); the ratio must be below 4:1",
            ],
        ),
    ],
)
def test_pixels_and_ratio_are_checked_exactly(size: tuple[int, int], messages: list[str]) -> None:
    width, height = size
    found = check_limits(replace(CAT, width=width, height=height), LIMITS)
    assert found == [f"cat.png {message}" for message in messages]


@pytest.mark.parametrize("kind", ["gif", "bmp"])
def test_a_type_that_is_not_accepted_is_an_error(kind: str) -> None:
    (message,) = check_limits(replace(CAT, media_type=f"image/{kind}"), LIMITS)
    assert message == f"cat.png is a {kind.upper()}; png, jpeg or webp are accepted"


@pytest.mark.parametrize("excess", [0, 1])
def test_the_file_size_is_checked_to_the_byte(excess: int) -> None:
    found = check_limits(replace(CAT, size_bytes=50 * 2**20 + excess), LIMITS)
    message = "cat.png has 52,428,801 bytes; at most 52,428,800 (50 MiB) are accepted"
    assert found == [message] * excess


def test_a_url_has_nothing_to_check() -> None:
    url = Media(source="https://a/b", path=None, sha256=None, media_type=None, size_bytes=None)
    assert check_limits(url, LIMITS) == []
