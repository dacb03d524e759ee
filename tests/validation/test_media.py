from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.model.jobs import Draft, Media
from runner.model.operations import MediaLimits, Operation, Wire
from runner.model.values import Deferred, JobOutput
from runner.operations import load_operations, to_wire
from runner.validation.diagnostics import Finding
from runner.validation.media import check_media, unmeasured_warning
from tests.builders import listed

IMAGE = load_operations()["vidu/reference2image"]
MIB = 1 << 20


def draft(**more: Any) -> Draft:
    parameters = {"model": "viduq2", "prompt": "a cat", **more}
    return Draft(entry=0, id="a", operation=IMAGE.name, parameters=parameters, base=Path())


def file(name: str, size_bytes: int, *, width: int = 640) -> Media:
    return Media(
        source=name,
        path=Path(name),
        sha256="0" * 64,
        media_type="image/png",
        size_bytes=size_bytes,
        width=width,
        height=480,
    )


CAT = file("cat.png", 1000)


def url(text: str) -> Media:
    return Media(source=text, path=None, sha256=None, media_type=None, size_bytes=None)


def found_in(
    *images: Media | Deferred, operation: Operation = IMAGE, **parameters: Any
) -> list[Finding]:
    """What is found in these reference images."""
    sources = [image.source if isinstance(image, Media) else image for image in images]
    return check_media(draft(images=sources, **parameters), operation, listed(*images))


def test_an_image_is_reported_at_its_own_path() -> None:
    found = found_in(file("a.png", 9), file("b.png", 9, width=9))
    assert [(f.path, f.message) for f in found] == [
        (("images", 1), "b.png is 9x480 pixels, but at least 128x128 are needed"),
        (("images", 1), "b.png is 9x480 pixels (1:53.33); the ratio must be above 1:4"),
    ]


def test_urls_and_images_of_other_jobs_add_little_to_the_body() -> None:
    to_come = Deferred(parts=(JobOutput(job="b", attribute="output"),))
    assert found_in(url("https://a.b/c.png"), to_come) == []


def test_a_url_that_will_expire_is_a_warning_at_its_path() -> None:
    images = [url("https://a.b/c.png"), url("https://a.b/c.png?Expires=1&Signature=x")]
    (finding,) = found_in(*images)
    assert (finding.path, finding.warning) == (("images", 1), True)
    assert "looks signed" in finding.message


def test_a_body_over_the_limit_names_its_files_by_what_they_are() -> None:
    medium, limits = file("a.mp4", 20 * MIB), IMAGE.media["images"]
    videos = replace(IMAGE, media={"images": replace(limits, kind="video", forms=("data_uri",))})
    (finding,) = found_in(medium, operation=videos)
    assert finding.message.endswith("(videos: a.mp4 26.7 MB)")
    assert finding.hint == "base64 adds a third to each file; give smaller videos"
    both = replace(
        IMAGE,
        media={"images": limits, "clip": replace(limits, kind="video")},
        wire={**IMAGE.wire, "clip": Wire(path=("clip",))},
    )
    images = {("images", 0): file("a.png", 12 * MIB), ("clip",): file("b.mp4", 9 * MIB)}
    (*_, finding) = check_media(draft(images=["a.png"], clip="b.mp4"), both, images)
    assert finding.message.endswith("(files: a.png 16.1 MB, b.mp4 12.1 MB)")


def test_a_body_over_the_limit_names_no_urls() -> None:
    (finding,) = found_in(file("a.png", 20 * MIB), url("https://a.b/c.png"))
    assert finding.message.endswith("(images: a.png 26.7 MB)")


def test_a_body_over_the_limit_names_its_largest_images_first() -> None:
    images = [file("a.png", 5 * MIB), file("b.png", 12 * MIB)]
    (finding,) = found_in(*images)
    assert finding.path == ("images",)
    assert finding.message == (
        "the request would be 22.7 MB, but at most 20 MB are allowed"
        " (images: b.png 16.1 MB, a.png 6.7 MB)"
    )
    assert finding.hint is not None


def test_a_body_may_be_too_large_without_any_image() -> None:
    (finding,) = check_media(draft(callback_url="https://a.b/" + "x" * 20 * MIB), IMAGE, {})
    assert (finding.path, finding.hint) == ((), None)
    assert finding.message == "the request would be 20.1 MB, but at most 20 MB are allowed"


def test_the_text_of_a_body_is_counted_in_bytes() -> None:
    image = file("a.png", 13 * MIB)
    assert found_in(image, payload="x" * MIB) == []
    assert found_in(image, payload="字" * MIB) != []


FRAMES = load_operations()["vidu/start-end2video"]


def pair(first: tuple[int, int], last: tuple[int, int]) -> list[tuple[bool, str]]:
    """What is found in two frames of these sizes: whether it is a warning, and the message."""
    frames = [
        replace(file(name, 1000), width=width, height=height)
        for name, (width, height) in (("a.png", first), ("b.png", last))
    ]
    found = found_in(*frames, operation=FRAMES)
    assert {finding.path for finding in found} <= {("images", 1)}
    return [(finding.warning, finding.message) for finding in found]


@pytest.mark.parametrize("last", [(1000, 500), (1250, 500), (800, 500), (900, 550)])
def test_a_first_frame_may_differ_a_little_from_the_last(last: tuple[int, int]) -> None:
    assert pair((1000, 500), last) == []


def test_frames_of_quite_another_size_and_ratio_are_an_error() -> None:
    ((is_warning, message),) = pair((1920, 1080), (600, 600))
    assert not is_warning
    assert message == (
        "a.png is 1920x1080 pixels, b.png 600x600: the first has 5.76 times the pixels"
        " and 1.78 times the ratio of the last; 0.8 to 1.25 times are required"
    )


def test_frames_of_another_size_and_the_same_ratio_are_a_warning() -> None:
    ((is_warning, message),) = pair((600, 600), (1200, 1200))
    assert is_warning
    assert message == (
        "a.png is 600x600 pixels, b.png 1200x1200: the first has 0.25 times the pixels"
        " of the last; 0.8 to 1.25 times may be required"
    )


def test_frames_of_another_ratio_and_the_same_size_are_a_warning() -> None:
    ((is_warning, message),) = pair((1600, 900), (900, 1600))
    assert is_warning
    assert "the first has 3.16 times the ratio of the last" in message


def test_a_frame_whose_size_is_not_known_yet_is_not_compared() -> None:
    to_come = Deferred(parts=(JobOutput(job="b", attribute="output"),))
    for other in (to_come, url("https://a.b/c.png")):
        assert found_in(CAT, other, operation=FRAMES) == []


def body_of(size_bytes: int) -> list[Finding]:
    """What is found in a body of so many bytes, all of them but the keys in one parameter."""
    keys = len(json.dumps(to_wire(IMAGE, draft(callback_url="").parameters), ensure_ascii=False))
    return check_media(draft(callback_url="x" * (size_bytes - keys)), IMAGE, {})


def test_between_the_two_meanings_of_megabyte_is_a_warning() -> None:
    assert body_of(20_000_000) == []
    (finding,) = body_of(20_000_001)
    assert finding.warning
    assert finding.message == (
        "the request would be 20,000,001 bytes: too many if the provider counts"
        " its 20 MB as 20,000,000 bytes"
    )
    assert [each.warning for each in body_of(20 * MIB)] == [True]
    assert [each.warning for each in body_of(20 * MIB + 1)] == [False]


def with_clips(**limits: Any) -> Operation:
    """The same operation, but with videos in the place of images."""
    clips = MediaLimits(kind="video", media_types=("video/mp4",), **limits)
    return replace(IMAGE, media={"images": clips})


CLIP = replace(file("clip.mp4", 1000), media_type="video/mp4")


def test_limits_by_number_count_the_items_of_the_list() -> None:
    operation = with_clips(max_s=(8, 5))
    clip = replace(CLIP, seconds=7, codec="h264")
    assert found_in(clip, operation=operation) == []
    found = found_in(clip, clip, operation=operation)
    message = "clip.mp4 is 7 s long; with 2 of them at most 5 s are accepted"
    assert [(each.path, each.message) for each in found] == [
        (("images", 0), message),
        (("images", 1), message),
    ]


def test_a_fraction_of_a_second_is_a_warning_at_its_path() -> None:
    clip = replace(CLIP, seconds=8.04, codec="h264")
    (finding,) = found_in(clip, operation=with_clips(max_s=(8,)))
    assert (finding.path, finding.warning) == (("images", 0), True)


def test_what_pyav_would_have_measured_is_one_warning() -> None:
    operations = {IMAGE.name: with_clips(max_s=(8,))}
    drafts = [replace(draft(), id=name) for name in ("a", "b", "c")]
    images = {"b": listed(url("https://a.b/c.mp4"), CLIP), "c": listed(CLIP)}
    ((found, (finding,)),) = unmeasured_warning(drafts, operations, images)
    assert (found.id, finding.path, finding.warning) == ("b", ("images", 1), True)
    assert finding.hint == 'pip install "vidu-run[media]"'
    assert unmeasured_warning(drafts, {IMAGE.name: with_clips()}, images) == []
    assert unmeasured_warning(drafts, {IMAGE.name: IMAGE}, images) == []


def test_base64_without_a_head_makes_a_shorter_body() -> None:
    inside = replace(IMAGE.media["images"], forms=("base64",))
    operation = replace(IMAGE, media={"images": inside})
    # The largest file that fits: base64 of three bytes has four characters.
    room = 20_000_000 - len('{"model":"viduq2","prompt":"a cat","images":[""]}') - 8
    image = file("a.png", room // 4 * 3)
    assert found_in(image, operation=operation) == []
    assert found_in(image) != []
