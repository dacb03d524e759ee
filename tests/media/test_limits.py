from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runner.media.limits import check_limits, is_unmeasured
from runner.model.jobs import Media
from runner.model.operations import MediaLimits

PICTURES = MediaLimits(
    kind="image",
    media_types=("image/png", "image/jpeg", "image/webp"),
    max_bytes=50 * 2**20,
    min_width=128,
    min_height=128,
    exclusive_max_ratio=4.0,
)
CLIPS = MediaLimits(kind="video", media_types=("video/mp4", "video/quicktime", "video/x-msvideo"))

CAT = Media(
    source="cat.png",
    path=Path("cat.png"),
    sha256="0" * 64,
    media_type="image/png",
    size_bytes=1000,
    width=640,
    height=480,
)
CLIP = replace(
    CAT,
    source="clip.mp4",
    media_type="video/mp4",
    seconds=5.0,
    frames_per_second=24.0,
    codec="h264",
)


def url(text: str) -> Media:
    return Media(source=text, path=None, sha256=None, media_type=None, size_bytes=None)


def messages(media: Media, limits: MediaLimits, items: int = 1) -> list[str]:
    return [excess.message for excess in check_limits(media, limits, items=items)]


def clip_messages(limits: MediaLimits, **facts: float | str) -> list[str]:
    return messages(replace(CLIP, **facts), limits)  # type: ignore[arg-type]  # by its name


def test_a_size_that_no_document_limits_is_not_checked() -> None:
    limits = replace(PICTURES, min_width=None, min_height=None)
    assert messages(replace(CAT, width=8, height=8), limits) == []


@pytest.mark.parametrize(
    ("size", "expected"),
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
def test_pixels_and_ratio_are_checked_exactly(size: tuple[int, int], expected: list[str]) -> None:
    width, height = size
    assert messages(replace(CAT, width=width, height=height), PICTURES) == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((300, 900), []),
        ((900, 300), []),
        ((901, 300), ["is 901x300 pixels (3.003:1); the ratio must be at most 3:1"]),
        ((300, 901), ["is 300x901 pixels (1:3.003); the ratio must be at least 1:3"]),
        ((2049, 2000), ["is 2049x2000 pixels; at most 2048x2048 are accepted"]),
    ],
)
def test_a_ratio_and_a_size_may_be_at_most(size: tuple[int, int], expected: list[str]) -> None:
    limits = MediaLimits(
        kind="image", media_types=("image/png",), max_ratio=3, max_width=2048, max_height=2048
    )
    width, height = size
    assert messages(replace(CAT, width=width, height=height), limits) == expected


def test_one_side_alone_may_be_limited() -> None:
    limits = MediaLimits(kind="image", media_types=("image/png",), min_height=500, max_width=600)
    assert messages(CAT, limits) == [
        "is 640x480 pixels, but at least 500 pixels of height are needed",
        "is 640x480 pixels; at most 600 pixels of width are accepted",
    ]


@pytest.mark.parametrize("kind", ["gif", "bmp"])
def test_a_type_that_is_not_accepted_is_an_error(kind: str) -> None:
    (message,) = messages(replace(CAT, media_type=f"image/{kind}"), PICTURES)
    assert message == f"is a {kind.upper()}; png, jpeg or webp are accepted"


@pytest.mark.parametrize(
    ("media_type", "limits", "message"),
    [
        ("video/mp4", PICTURES, "is an MP4, a video; png, jpeg or webp are accepted"),
        ("audio/mpeg", PICTURES, "is an MP3, an audio file; png, jpeg or webp are accepted"),
        ("application/pdf", PICTURES, "is a PDF; png, jpeg or webp are accepted"),
        ("image/png", CLIPS, "is a PNG, an image; mp4, mov or avi are accepted"),
        ("video/webm", CLIPS, "is a WEBM; mp4, mov or avi are accepted"),
    ],
)
def test_another_kind_of_media_is_named(media_type: str, limits: MediaLimits, message: str) -> None:
    assert messages(replace(CAT, media_type=media_type), limits) == [message]


@pytest.mark.parametrize("excess", [0, 1])
def test_the_file_size_is_checked_to_the_byte(excess: int) -> None:
    found = messages(replace(CAT, size_bytes=50 * 2**20 + excess), PICTURES)
    message = "has 52,428,801 bytes; at most 52,428,800 (50 MiB) are accepted"
    assert found == [message] * excess


def test_a_file_may_be_too_large_for_a_request_and_not_for_a_url() -> None:
    limits = replace(CLIPS, max_bytes=100 * 2**20, max_inline_bytes=20 * 2**20)
    (excess,) = check_limits(replace(CLIP, size_bytes=20 * 2**20 + 1), limits)
    assert excess.message == (
        "has 20,971,521 bytes; at most 20,971,520 (20 MiB) can be sent inside a request"
    )
    assert excess.hint == "give its URL, with up to 104,857,600 (100 MiB)"


@pytest.mark.parametrize("name", ["b", "b.png", "b.GIF?x=a.mp4", "b.mp4/c", "b.pdf"])
def test_a_url_has_nothing_to_check(name: str) -> None:
    assert messages(url(f"https://a.example/{name}"), PICTURES) == []


def test_a_url_that_ends_like_another_kind_is_a_doubt() -> None:
    (excess,) = check_limits(url("https://a.example/b.mp4?c=1"), PICTURES)
    assert excess.is_doubtful
    assert excess.message == ("ends like the name of a video, but png, jpeg or webp are accepted")


def test_a_container_of_a_video_may_hold_sound_alone() -> None:
    sounds = MediaLimits(kind="audio", media_types=("audio/mp4",))
    assert messages(url("https://a.example/b.mp4"), sounds) == []


@pytest.mark.parametrize(
    ("seconds", "message", "is_doubtful"),
    [
        (60.0, None, False),
        (60.04, "is 60.04 s long; at most 60 s are accepted", True),
        (60.5, "is 60.5 s long; at most 60 s are accepted", False),
        (4.0, None, False),
        (3.96, "is 3.96 s long; at least 4 s are needed", True),
        (3.5, "is 3.5 s long; at least 4 s are needed", False),
    ],
)
def test_a_fraction_of_a_second_is_only_a_warning(
    seconds: float, message: str | None, is_doubtful: bool
) -> None:
    limits = replace(CLIPS, min_s=(4,), max_s=(60,))
    found = [*check_limits(replace(CLIP, seconds=seconds), limits)]
    doubt = ", if the provider counts the fraction" if is_doubtful else ""
    expected = [(f"{message}{doubt}", is_doubtful)] if message else []
    assert [(each.message, each.is_doubtful) for each in found] == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (1.0, ["is 1 s long; it must be longer than 1 s"]),
        (1.01, []),
        (599.99, []),
        (600.0, ["is 600 s long; it must be shorter than 600 s"]),
    ],
)
def test_seconds_may_have_to_be_above_and_below(seconds: float, expected: list[str]) -> None:
    limits = replace(CLIPS, exclusive_min_s=1, exclusive_max_s=600)
    assert clip_messages(limits, seconds=seconds) == expected


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (1, []),
        (2, ["is 7 s long; with 2 of them at most 5 s are accepted"]),
        (3, ["is 7 s long; with 3 of them at most 5 s are accepted"]),
    ],
)
def test_seconds_may_depend_on_the_number_of_videos(items: int, expected: list[str]) -> None:
    limits = replace(CLIPS, max_s=(8, 5))
    assert messages(replace(CLIP, seconds=7.0), limits, items) == expected


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (23.98, ["has 23.98 frames a second; at least 24 are needed, if the provider counts the"]),
        (24.0, []),
        (59.94, []),
        (60.0, ["has 60 frames a second; fewer than 60 are accepted"]),
        (12.0, ["has 12 frames a second; at least 24 are needed"]),
    ],
)
def test_frames_a_second_are_checked(rate: float, expected: list[str]) -> None:
    limits = replace(CLIPS, min_fps=24, exclusive_max_fps=60)
    found = clip_messages(limits, frames_per_second=rate)
    assert [each.removesuffix(" fraction") for each in found] == expected


def test_a_codec_that_is_not_accepted_is_an_error() -> None:
    limits = replace(CLIPS, codecs=("h264", "h265"))
    assert clip_messages(limits, codec="h264") == []
    assert clip_messages(limits, codec="vp9") == ["is encoded as vp9; h264 or h265 are accepted"]


@pytest.mark.parametrize(
    ("media", "limits", "expected"),
    [
        (replace(CLIP, seconds=None, codec=None), replace(CLIPS, max_s=(5,)), True),
        (replace(CLIP, seconds=None, codec=None), CLIPS, False),
        (CLIP, replace(CLIPS, max_s=(5,)), False),
        (CAT, PICTURES, False),
        (url("https://a.example/b.mp4"), replace(CLIPS, max_s=(5,)), False),
        (CAT, replace(CLIPS, max_s=(5,)), False),
    ],
)
def test_only_files_with_limits_of_their_kind_are_unmeasured(
    media: Media, limits: MediaLimits, expected: bool
) -> None:
    assert is_unmeasured(media, limits) is expected
