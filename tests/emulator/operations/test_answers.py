"""What the answer to a submission repeats, and the defaults that it shows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.media import image, video
from tests.emulator.operations.cases import (
    extend,
    img2video,
    multiframe,
    reference2video,
    reference2video_subjects,
    start_end2video,
    template,
    template_story,
    text2video,
    upscale_new,
)
from tests.emulator.operations.cases.shared import REF


def test_text2video_repeats_values_and_defaults(submit: Any) -> None:
    answer = submit(text2video, {"payload": "tag", "seed": 5}).json
    assert {name: answer[name] for name in answer if name not in {"task_id", "created_at"}} == {
        "state": "created",
        "model": "viduq3-pro",
        "prompt": text2video.SAMPLE["prompt"],
        "style": "general",
        "aspect_ratio": "16:9",
        "duration": 5,
        "seed": 5,
        "resolution": "720p",
        "bgm": False,
        "audio": True,
        "movement_amplitude": "auto",
        "off_peak": False,
        "watermark": False,
        "payload": "tag",
        "credits": 100,
    }


@pytest.mark.parametrize(
    ("model", "resolution", "audio"),
    [("viduq3-turbo", "720p", True), ("viduq2", "720p", False), ("viduq1", "1080p", False)],
)
def test_defaults_of_text2video_follow_from_the_model(
    submit: Any, model: str, resolution: str, audio: bool
) -> None:
    answer = submit(text2video, {"model": model}).json
    assert (answer["duration"], answer["resolution"], answer["audio"]) == (5, resolution, audio)


def test_img2video_repeats_values_and_defaults(submit: Any) -> None:
    answer = submit(img2video, {"model": "viduq2-pro", "audio": True, "is_rec": True}).json
    assert (answer["images"], answer["prompt"]) == ([REF], "")
    assert (answer["audio_type"], answer["is_rec"], answer["duration"]) == ("all", True, 5)
    assert "aspect_ratio" not in answer


@pytest.mark.parametrize(
    ("model", "duration", "resolution", "audio"),
    [
        ("viduq4-preview", 5, "720p", True),
        ("viduq3-pro-fast", 5, "720p", True),
        ("viduq2-turbo", 5, "720p", False),
        ("viduq1-classic", 5, "1080p", False),
        ("vidu2.0", 4, "360p", False),
    ],
)
def test_defaults_of_img2video_follow_from_the_model(
    submit: Any, model: str, duration: int, resolution: str, audio: bool
) -> None:
    answer = submit(img2video, {"model": model}).json
    found = (answer["duration"], answer["resolution"], answer["audio"])
    assert found == (duration, resolution, audio)


def test_vidu20_has_another_default_at_8_s(submit: Any) -> None:
    assert submit(img2video, {"model": "vidu2.0", "duration": 8}).json["resolution"] == "720p"


def test_start_end2video_repeats_values_and_defaults(submit: Any) -> None:
    answer = submit(start_end2video, {"audio": False}).json
    assert (answer["images"], answer["audio"], answer["duration"]) == ([REF, REF], False, 5)
    assert not {"aspect_ratio", "audio_type"} & answer.keys()


@pytest.mark.parametrize(
    ("model", "duration", "resolution", "audio"),
    [
        ("viduq3", 5, "720p", True),
        ("viduq3-mix", 5, "720p", True),
        ("viduq3-drama", 8, "1080p", True),
        ("viduq3-ad", 5, "720p", True),
        ("viduq4-preview", 5, "720p", True),
        ("viduq2-pro", 5, "720p", False),
        ("viduq1", 5, "1080p", False),
        ("vidu2.0", 4, "360p", False),
    ],
)
def test_defaults_of_reference2video_follow_from_the_model(
    submit: Any, model: str, duration: int, resolution: str, audio: bool
) -> None:
    answer = submit(reference2video, {"model": model}).json
    found = (answer["duration"], answer["resolution"], answer["audio"], answer["aspect_ratio"])
    assert found == (duration, resolution, audio, "16:9")


def test_reference2video_links_to_copies_of_its_videos(submit: Any, ask: Any) -> None:
    changes = {"model": "viduq2-pro", "images": [REF], "videos": [video("avi")]}
    answer = submit(reference2video, changes).json
    assert answer["images"] == [REF]
    [link] = answer["videos"]
    copy = ask("GET", link, key=None)
    assert copy.headers["content-type"] == "video/x-msvideo"
    assert copy.content[8:12] == b"AVI "


def test_subjects_are_repeated_with_their_media(submit: Any) -> None:
    subjects = [{"name": "a", "images": [image(), REF], "unknown": 1}, {"name": "b"}]
    answer = submit(reference2video_subjects, {"subjects": subjects}).json
    first, second = answer["subjects"]
    copy, url = first.pop("images")
    assert "/files/references/" in copy
    assert url == REF
    assert first == {"name": "a", "videos": [], "voice_id": "", "server_id": ""}
    assert second["images"] == []
    assert (answer["audio"], answer["audio_type"], answer["bgm"]) == (True, "all", False)
    assert "images" not in answer


def test_sound_of_subjects_is_off_before_q3(submit: Any) -> None:
    assert submit(reference2video_subjects, {"model": "viduq2"}).json["audio"] is False


def test_multiframe_repeats_its_segments(submit: Any) -> None:
    settings = [{"key_image": REF, "duration": 2}, {"key_image": image(), "prompt": "then"}]
    answer = submit(multiframe, {"start_image": image(), "image_settings": settings}).json
    first, second = answer["image_settings"]
    assert first == {"key_image": REF, "prompt": "", "duration": 2}
    assert (second["prompt"], second["duration"]) == ("then", 5)
    assert second["key_image"].startswith("http://")
    assert answer["start_image"].startswith("http://")
    assert (answer["resolution"], answer["wm_position"]) == ("720p", "bottom_left")
    assert "seed" not in answer


def test_extend_repeats_the_way_that_its_video_was_named(submit: Any) -> None:
    answer = submit(extend, {}).json
    assert answer["video_url"] == extend.SAMPLE["video_url"]
    assert (answer["duration"], answer["resolution"], answer["images"]) == (5, "720p", [])
    assert "video_creation_id" not in answer


def test_upscale_new_has_1080p_by_default(submit: Any) -> None:
    answer = submit(upscale_new, {}).json
    assert answer["upscale_resolution"] == "1080p"
    assert answer["video_url"] == upscale_new.SAMPLE["video_url"]


def test_template_repeats_values_and_defaults(submit: Any) -> None:
    answer = submit(template, {"template": "exotic_princess"}).json
    expected = {"template": "exotic_princess", "images": [REF], "area": "auto", "beast": ""}
    assert {name: answer[name] for name in expected} == expected
    assert (answer["aspect_ratio"], answer["bgm"], answer["watermark"]) == ("16:9", False, False)


def test_template_story_repeats_story_and_images(submit: Any) -> None:
    answer = submit(template_story, {"payload": "tag"}).json
    assert (answer["story"], answer["images"]) == ("love_story", [REF])
    assert (answer["payload"], answer["state"]) == ("tag", "created")
    assert answer["credits"] > 0
