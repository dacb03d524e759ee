from __future__ import annotations

import pytest

from runner.emulator.state.tasks import Reference
from runner.emulator.tables import pixels_of
from tests.builders import emulated_order


@pytest.mark.parametrize(
    ("ratio", "resolution", "size"),
    [
        ("16:9", "1080p", (1920, 1080)),
        ("9:16", "1080p", (1080, 1920)),
        ("1:1", "1080p", (1080, 1080)),
        ("3:4", "1080p", (1080, 1440)),
        ("4:3", "1080p", (1440, 1080)),
        ("21:9", "1080p", (2520, 1080)),
        ("2:3", "1080p", (1080, 1620)),
        ("3:2", "1080p", (1620, 1080)),
        ("auto", "1080p", (1920, 1080)),
        ("16:9", "2K", (2560, 1440)),
        ("16:9", "4K", (3840, 2160)),
        ("1:1", "4K", (2160, 2160)),
        ("16:9", "540p", (960, 540)),
        ("3:4", "720p", (720, 960)),
    ],
)
def test_each_shape_has_its_pixels(ratio: str, resolution: str, size: tuple[int, int]) -> None:
    assert pixels_of(emulated_order(aspect_ratio=ratio, resolution=resolution)) == size


def test_auto_takes_the_ratio_of_the_first_image() -> None:
    first = Reference(sha256="a", media_type="image/png", width=300, height=400)
    unknown = Reference(url="https://example.com/cat.png")
    taken = emulated_order(aspect_ratio="auto", images=(first, unknown))
    assert pixels_of(taken) == (1080, 1440)
    fallback = emulated_order(aspect_ratio="auto", images=(unknown, first))
    assert pixels_of(fallback) == (1920, 1080)
    # Without a ratio, the video begins with the image.
    assert pixels_of(emulated_order(aspect_ratio="", images=(first,), resolution="360p")) == (
        360,
        480,
    )
