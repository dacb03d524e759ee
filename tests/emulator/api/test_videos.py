from __future__ import annotations

import pytest

from runner.emulator.api.errors import ApiError
from runner.emulator.api.videos import VideoLimits
from runner.emulator.state.tasks import Reference
from tests.emulator.media import video_bytes

LIMITS = VideoLimits(least_s=2, most_s=5, least_side=128, ratio=4, below_fps=60)


def refusal(limits: VideoLimits, content: bytes, *, is_inline: bool = False) -> ApiError:
    with pytest.raises(ApiError) as caught:
        limits.check(content, "videos[0]", is_inline=is_inline)
    return caught.value


@pytest.mark.parametrize("seconds", [2, 5])
def test_a_video_within_its_limits_is_measured(seconds: int) -> None:
    found = LIMITS.check(video_bytes(seconds=seconds), "video", is_inline=False)
    assert (found.width, found.height, found.media_type) == (160, 160, "video/mp4")
    assert found.seconds == pytest.approx(seconds, abs=0.1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (video_bytes(seconds=1), "has 1 s, it must have 2 to 5 s"),
        (video_bytes(seconds=6), "has 6 s, it must have 2 to 5 s"),
        (video_bytes(seconds=2, fps=60), "has 60 frames a second, they must be below 60"),
        (video_bytes(size=(126, 160)), "is 126x160, at least 128x128 pixels are needed"),
        (video_bytes(size=(512, 128)), "is 512x128, the ratio must be inside 1:4 and 4:1"),
        (video_bytes("matroska"), "must be mp4, mov or avi"),
    ],
)
def test_a_message_names_the_limit(content: bytes, message: str) -> None:
    assert refusal(LIMITS, content).message == f"videos[0] {message}"


def test_bytes_have_another_limit_in_a_data_uri() -> None:
    content = video_bytes()
    limits = VideoLimits(most_s=5, most_bytes=len(content), most_inline_bytes=len(content) - 1)
    limits.check(content, "video", is_inline=False)
    assert refusal(limits, content, is_inline=True).reason == "PageSizeOutOfRange"


def test_other_containers_pass_where_they_are_taken() -> None:
    limits = VideoLimits(takes_others=True, takes_avi=False, most_s=1)
    found = limits.check(video_bytes("matroska"), "video", is_inline=False)
    assert (found.seconds, found.width) == (0, 0)
    assert refusal(limits, video_bytes("avi")).reason == "VideoFormatInvalid"


def test_a_creation_is_checked_by_what_is_known_of_it() -> None:
    with pytest.raises(ApiError, match="it must have 2 to 5 s"):
        LIMITS.check_measures(Reference(width=960, height=540, seconds=8), "video")
