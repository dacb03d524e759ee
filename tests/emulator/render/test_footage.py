from __future__ import annotations

import pytest

from runner.emulator.render.footage import Footage
from tests.emulator.media import video_bytes


def test_a_frame_is_brought_to_the_size_asked_for() -> None:
    content = video_bytes(seconds=1)
    assert Footage(content).at(0).size == (160, 160)
    assert Footage(content, (64, 36)).at(0).size == (64, 36)


def test_the_last_frame_goes_on_after_the_end() -> None:
    footage = Footage(video_bytes(seconds=1))
    last = footage.at(0.95)
    assert footage.at(100) == last


@pytest.mark.parametrize("content", [b"", b"no video", video_bytes(seconds=1)[:300]])
def test_what_has_no_frame_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError, match="no frame"):
        Footage(content)
