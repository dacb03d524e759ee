"""What a request lets expect of its results, and which differences are worth a warning."""

from __future__ import annotations

from typing import Any

import pytest

from runner.engine.download.expected import shortcomings
from runner.media.results import Measured
from runner.model.file_facts import FileFacts
from runner.model.values import Deferred, JobOutput
from runner.operations import load_operations
from runner.validation.expected import Expected, expected


def of(operation: str, **parameters: Any) -> Expected:
    return expected(load_operations()[operation], parameters)


def test_what_is_left_out_is_expected_by_the_documents_defaults() -> None:
    assert of("vidu/text2video", model="viduq2", prompt="a") == Expected(
        seconds=5, ratio=(16, 9), size="720p", sound=None
    )


def test_what_is_written_comes_before_the_defaults() -> None:
    asked = of("vidu/text2video", model="viduq2", duration=8, aspect_ratio="3:4", bgm=True)
    assert asked == Expected(seconds=8, ratio=(3, 4), size="720p", sound="bgm")


def test_media_decide_the_shape_unless_a_ratio_is_written() -> None:
    given = {"model": "viduq2", "images": ["a.png"]}
    assert of("vidu/reference2image", **given).ratio is None
    assert of("vidu/reference2image", **given, aspect_ratio="1:1").ratio == (1, 1)
    assert of("vidu/reference2image", model="viduq2", aspect_ratio="auto").ratio is None


def test_a_size_in_pixels_is_shape_and_size() -> None:
    asked = of("modelverse/wan2.5-t2v", model="Wan-AI/Wan2.5-T2V", size="480x832")
    assert (asked.ratio, asked.size) == ((480, 832), "480x832")


@pytest.mark.parametrize("video", [{"video_url": "https://a/b.mp4"}, {"video_creation_id": "9"}])
def test_a_video_that_goes_on_from_another_may_contain_it(video: dict[str, str]) -> None:
    assert of("vidu/extend", model="viduq2-pro", duration=3, **video).at_least
    assert not of("vidu/text2video", model="viduq2").at_least


def test_zero_seconds_leave_the_length_to_the_provider() -> None:
    assert of("vidu/reference2video", model="viduq2-pro", duration=0).seconds is None


@pytest.mark.parametrize(
    ("operation", "parameters", "sound"),
    [
        ("vidu/text2video", {"model": "viduq3-pro"}, "audio"),  # their default
        ("vidu/text2video", {"model": "viduq3-pro", "audio": False}, None),
        ("vidu/text2video", {"model": "viduq3-pro", "audio": False, "bgm": True}, None),
        ("modelverse/kling-v3", {"sound": "on"}, "sound"),
        ("modelverse/kling-v3", {"sound": "off"}, None),
        ("modelverse/veo-3.1", {"generate_audio": True}, "generate_audio"),
        ("vidu/lip-sync", {"audio_url": "https://a/b.mp3"}, "audio_url"),
        ("vidu/audio-clone", {"audio_url": "https://a/b.mp3"}, None),  # a sound is one
    ],
)
def test_sound_is_expected_where_it_is_asked_for(
    operation: str, parameters: dict[str, Any], sound: str | None
) -> None:
    assert of(operation, **parameters).sound == sound


def test_another_jobs_result_in_a_parameter_is_no_hindrance() -> None:
    later = Deferred(parts=(JobOutput(job="a", attribute="output"),))
    asked = of("vidu/img2video", model="viduq3-pro", images=[later], bgm=True, duration=4)
    assert (asked.seconds, asked.sound) == (4, "audio")


def test_the_result_of_every_operation_is_expected_without_an_error() -> None:
    for name in load_operations():
        assert isinstance(of(name), Expected)


def codes(wanted: Expected, **facts: Any) -> set[str]:
    return {each.code for each in shortcomings(wanted, Measured(FileFacts(**facts)))}


@pytest.mark.parametrize(
    ("asked", "seconds", "is_wrong"),
    [
        (5, 5.04, False),
        (5, 4.5, False),
        (5, 4.4, True),
        (5, 5.6, True),
        (1, 0.4, True),
        (60, 57.5, False),
        (60, 56.5, True),
    ],
)
def test_a_length_may_be_off_by_little(asked: float, seconds: float, is_wrong: bool) -> None:
    found = codes(Expected(seconds=asked), seconds=seconds)
    assert found == ({"wrong_duration"} if is_wrong else set())


def test_what_contains_another_video_is_only_too_short() -> None:
    wanted = Expected(seconds=3, at_least=True)
    assert codes(wanted, seconds=8.0) == set()
    assert codes(wanted, seconds=2.0) == {"wrong_duration"}


@pytest.mark.parametrize(
    ("ratio", "pixels", "is_wrong"),
    [
        ((16, 9), (1280, 704), False),
        ((16, 9), (960, 544), False),
        ((21, 9), (1536, 640), False),
        ((16, 9), (1024, 1024), True),
        ((16, 9), (720, 1280), True),
        ((4, 3), (1280, 1024), True),
    ],
)
def test_sides_may_be_rounded(
    ratio: tuple[int, int], pixels: tuple[int, int], is_wrong: bool
) -> None:
    found = codes(Expected(ratio=ratio), width=pixels[0], height=pixels[1])
    assert found == ({"wrong_shape"} if is_wrong else set())


@pytest.mark.parametrize(
    ("size", "pixels", "is_wrong"),
    [
        ("720p", (1280, 720), False),
        ("720P", (1280, 704), False),
        ("720p", (960, 960), False),
        ("720p", (1472, 624), False),  # 21:9 with as many pixels
        ("720p", (480, 1920), False),  # 1:4 with as many pixels
        ("720p", (1920, 1080), False),
        ("720p", (960, 540), True),
        ("1080p", (1280, 720), True),
        ("480p", (640, 360), True),
        ("2K", (2560, 1440), False),
        ("2K", (2048, 1080), False),
        ("2K", (1920, 1080), True),
        ("4K", (2160, 2160), False),
        ("4K", (2560, 1440), True),
        ("832x480", (832, 480), False),
        ("1280x720", (832, 480), True),
        ("adaptive", (100, 100), False),
    ],
)
def test_a_class_of_sizes_is_known_by_its_name(
    size: str, pixels: tuple[int, int], is_wrong: bool
) -> None:
    found = codes(Expected(size=size), width=pixels[0], height=pixels[1])
    assert found == ({"wrong_resolution"} if is_wrong else set())


def test_what_was_not_measured_is_not_wrong() -> None:
    wanted = Expected(seconds=5, ratio=(1, 1), size="720p", sound="audio")
    assert codes(wanted) == set()
    assert codes(wanted, has_sound=False) == {"missing_sound"}
