from __future__ import annotations

from typing import Any

import pytest

from runner.emulator.render.parts import caption_of, has_card, is_of_video, painted_size, stops_of
from runner.emulator.state.tasks import Order, Reference
from tests.builders import emulated_order

VIDEO = Reference(media_type="video/mp4", width=960, height=540, seconds=4)


def film(**changes: Any) -> Order:
    return emulated_order(**({"aspect_ratio": "", "duration_s": 8, "videos": (VIDEO,)} | changes))


def upscaled(**changes: Any) -> Order:
    return film(details={"upscale_resolution": "4K"}, **changes)


def chain(*durations: int) -> Order:
    settings = [{"prompt": "", "duration": seconds} for seconds in durations]
    settings[-1]["prompt"] = "the end"
    images = (Reference(),) * (len(durations) + 1)
    details = {"image_settings": settings}
    return film(videos=(), images=images, details=details, duration_s=sum(durations))


def test_each_segment_ends_with_its_key_image() -> None:
    assert stops_of(chain(2, 2, 4)) == [0, 0.25, 0.5, 1]


def test_images_without_segments_are_spread_evenly() -> None:
    assert stops_of(film(videos=(), images=(Reference(),) * 3)) == [0, 0.5, 1]
    assert stops_of(film(videos=(), images=(Reference(),))) == [0]


def test_captions_name_the_segment_and_its_prompt() -> None:
    captions = [caption_of(chain(2, 2, 4), progress) for progress in (0, 0.3, 0.5, 1)]
    last = "segment 3 of 3: the end"
    assert captions == ["segment 1 of 3", "segment 2 of 3", last, last]


def test_captions_tell_the_video_from_its_extension() -> None:
    extended = film(details={"duration": 3}, duration_s=7)
    assert caption_of(extended, 0.5) == "the video, 4 s"
    assert caption_of(extended, 0.6) == "its extension, 3 s"


@pytest.mark.parametrize(
    ("sounds", "caption"),
    [
        ((Reference(seconds=12.83),), "lips follow a sound of 12.8 s"),
        ((Reference(url="https://example.com/a.mp3"),), "lips follow a sound"),
        ((), "lips follow the text"),
    ],
)
def test_a_caption_names_what_lips_follow(sounds: tuple[Reference, ...], caption: str) -> None:
    assert caption_of(film(operation="lip-sync", sounds=sounds), 0.5) == caption


def test_a_caption_has_the_sizes_of_an_upscaling() -> None:
    assert caption_of(upscaled(resolution="4K"), 0) == "upscaled from 960x540 to 3840x2160"
    elsewhere = upscaled(videos=(Reference(url="https://example.com/cat.mp4"),))
    assert caption_of(elsewhere, 0) == "upscaled to 1920x1080"


def test_a_video_in_one_part_has_no_caption() -> None:
    assert caption_of(emulated_order(duration_s=5), 0) == ""
    assert caption_of(film(), 0) == ""


def test_a_video_with_a_ratio_of_its_own_only_refers_to_others() -> None:
    assert is_of_video(film())
    assert not is_of_video(film(aspect_ratio="16:9"))


def test_an_upscaled_video_keeps_the_card_of_its_source() -> None:
    assert not has_card(upscaled())
    assert has_card(film())  # one with other sound, say
    assert has_card(film(details={"duration": 2}))
    assert has_card(emulated_order())


def test_an_upscaled_video_is_painted_in_the_size_of_its_source() -> None:
    assert painted_size(upscaled(resolution="4K")) == (960, 540)
    assert painted_size(upscaled(resolution="4K", videos=(Reference(),))) == (3840, 2160)
    assert painted_size(film(details={"duration": 2})) == (1920, 1080)
    assert painted_size(film()) == (1920, 1080)
