"""Videos made of the results of other tasks, as a campaign chains them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, TypeAlias

import av
import pytest
from PIL import Image

from runner.emulator import tables
from tests.builders import as_data_uri
from tests.emulator.operations.cases.shared import REF

Make: TypeAlias = Callable[[str, dict[str, Any]], dict[str, Any]]
SHORT = {"model": "viduq2-turbo", "resolution": "720p", "duration": 4}


@pytest.fixture(autouse=True)
def small_videos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw videos a fifth as wide: nearly all of the work."""
    sides = {name: side // 5 for name, side in tables.SHORT_SIDE.items()}
    monkeypatch.setattr(tables, "SHORT_SIDE", sides)


@pytest.fixture
def make(address: str, ask: Any) -> Make:
    """Submits a body to an operation and returns its finished task."""

    def made(operation: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = ask("POST", f"{address}/ent/v2/{operation}", body)
        assert answer.status == 200, answer.json
        task_id = answer.json["task_id"]
        found: dict[str, Any] = ask("GET", f"{address}/ent/v2/tasks/{task_id}/creations").json
        return {**found, "asked": answer.json}

    return made


@pytest.fixture
def clip(make: Make) -> dict[str, Any]:
    """A creation: 4 s in 720p that show red turning into blue, with sound."""
    images = [plain("red"), plain("blue")]
    task = make("start-end2video", {**SHORT, "images": images, "bgm": True, "seed": 3})
    found: dict[str, Any] = task["creations"][0]
    return found


def plain(colour: str) -> str:
    out = io.BytesIO()
    Image.new("RGB", (320, 180), colour).save(out, "PNG")
    return as_data_uri(out.getvalue())


class Film:
    def __init__(self, ask: Any, task: dict[str, Any]):
        [creation] = task["creations"]
        content = ask("GET", creation["url"], key=None).content
        with av.open(io.BytesIO(content), "r") as container:
            assert container.duration is not None
            self.seconds = container.duration / 1e6
            self.has_sound = bool(container.streams.audio)
            frames = list(container.decode(video=0))
            self.count = len(frames)
            self.size = (frames[0].width, frames[0].height)
            self._frames = frames

    def colour(self, number: int) -> str:
        """The main colour near the upper right corner of a frame, above card and caption."""
        image = self._frames[number].to_image()  # type: ignore[no-untyped-call]
        pixel = image.getpixel((image.width - 5, image.height // 8))
        return ("red", "green", "blue")[pixel.index(max(pixel))]


@pytest.mark.parametrize("by_id", [False, True])
def test_an_extension_is_the_whole_video_and_what_follows(
    make: Make, ask: Any, clip: dict[str, Any], by_id: bool
) -> None:
    named = {"video_creation_id": clip["id"]} if by_id else {"video_url": clip["url"]}
    body = {"model": "viduq2-turbo", "resolution": "540p", "duration": 1, **named}
    task = make("extend", {**body, "images": [plain("green")]})
    found = Film(ask, task)
    assert (found.size, found.count, found.has_sound) == ((192, 108), 5 * 24, True)
    assert found.seconds == 5
    colours = [found.colour(number) for number in (0, 4 * 24 - 1, 5 * 24 - 1)]
    assert colours == ["red", "blue", "green"]
    assert task["credits"] == 10


def test_an_upscaled_video_has_the_frames_of_its_source(
    make: Make, ask: Any, clip: dict[str, Any]
) -> None:
    task = make("upscale-new", {"video_creation_id": clip["id"]})
    found = Film(ask, task)
    assert (found.size, found.count, found.has_sound) == ((384, 216), 4 * 24, True)
    assert (found.colour(0), found.colour(-1)) == ("red", "blue")
    assert task["credits"] == 4 * 10


def test_the_creation_counts_where_a_url_is_given_too(make: Make, clip: dict[str, Any]) -> None:
    body = {"video_url": "https://example.com/cat.mp4", "video_creation_id": clip["id"]}
    assert make("upscale-new", body)["credits"] == 4 * 10


def test_an_upscaling_to_no_more_pixels_fails(make: Make, clip: dict[str, Any]) -> None:
    first = make("upscale-new", {"video_creation_id": clip["id"], "upscale_resolution": "2K"})
    again = {"video_creation_id": first["creations"][0]["id"], "upscale_resolution": "1080p"}
    task = make("upscale-new", again)
    assert (task["state"], task["err_code"], task["credits"]) == ("failed", "ImageSizeInvalid", 0)


def test_a_short_video_cannot_be_extended(address: str, ask: Any, make: Make) -> None:
    body = {"model": "viduq2", "prompt": "x", "resolution": "540p", "duration": 3}
    short = make("text2video", body)["creations"][0]
    for named in ({"video_url": short["url"]}, {"video_creation_id": short["id"]}):
        answer = ask("POST", f"{address}/ent/v2/extend", {"model": "viduq2-pro", **named})
        assert (answer.status, answer.json["reason"]) == (400, "FieldInvalid")
        assert "has 3 s, it must have 4 to 60 s" in answer.json["message"]


@pytest.mark.parametrize("part", ["url", "id"])
def test_a_picture_is_no_video(address: str, ask: Any, make: Make, part: str) -> None:
    picture = make("reference2image", {"model": "viduq2", "prompt": "x"})["creations"][0]
    name, reason = {
        "url": ("video_url", "VideoFormatInvalid"),
        "id": ("video_creation_id", "CreationNotFound"),
    }[part]
    answer = ask("POST", f"{address}/ent/v2/upscale-new", {name: picture[part]})
    assert (answer.status, answer.json["reason"]) == (400, reason)


def test_multiframe_passes_every_key_image(make: Make, ask: Any) -> None:
    segments = [{"key_image": plain(colour), "duration": 2} for colour in ("green", "blue")]
    body = {"model": "viduq2-pro", "resolution": "540p", "image_settings": segments}
    task = make("multiframe", {**body, "start_image": plain("red")})
    found = Film(ask, task)
    assert (found.size, found.count) == ((192, 108), 4 * 24)
    assert [found.colour(number) for number in (0, 2 * 24, -1)] == ["red", "green", "blue"]


def test_a_reference_video_may_be_a_result(make: Make, ask: Any, clip: dict[str, Any]) -> None:
    body = {"model": "viduq2-pro", "prompt": "like this", "resolution": "540p", "images": [REF]}
    with_video = make("reference2video", {**body, "duration": 1, "videos": [clip["url"]]})
    found = Film(ask, with_video)
    assert (found.size, found.count, found.has_sound) == ((192, 108), 24, False)
    without = make("reference2video", {**body, "duration": 1})
    pictures = [
        ask("GET", task["creations"][0]["cover_url"], key=None).content
        for task in (with_video, without)
    ]
    assert pictures[0] != pictures[1]


def test_the_provider_chooses_a_length_by_the_references(make: Make, ask: Any) -> None:
    body = {"model": "viduq2-pro", "prompt": "x", "resolution": "540p", "images": [REF]}
    task = make("reference2video", {**body, "duration": 0})
    assert Film(ask, task).seconds == 4
    assert task["asked"]["duration"] == 0


def test_a_template_ends_in_a_video_of_its_own_length(make: Make, ask: Any) -> None:
    task = make("template", {"template": "hugging", "images": [REF], "aspect_ratio": "9:16"})
    found = Film(ask, task)
    assert (found.size, found.seconds) == ((144, 256), 4)


def test_a_story_has_the_ratio_of_its_first_image(make: Make, ask: Any) -> None:
    task = make("template-story", {"story": "one_shot", "images": [plain("red"), plain("blue")]})
    found = Film(ask, task)
    assert (found.size, found.seconds) == ((256, 144), 8)
    assert (found.colour(0), found.colour(-1)) == ("red", "blue")


def test_rows_of_templates_name_and_filter_them(address: str, ask: Any, make: Make) -> None:
    name = "a_rare_template"
    made = make("template", {"template": name, "images": [REF]})
    [row] = ask("GET", f"{address}/ent/v2/tasks?templates={name}").json["tasks"]
    assert (row["id"], row["template"], row["type"]) == (made["id"], name, "template")
    assert row["creations"][0]["video"]["duration"] == 4


def test_rows_of_extensions_have_the_length_asked_for(
    address: str, ask: Any, make: Make, clip: dict[str, Any]
) -> None:
    body = {"model": "viduq2-pro", "video_creation_id": clip["id"], "duration": 2}
    made = make("extend", body)
    [row] = ask("GET", f"{address}/ent/v2/tasks?task_ids={made['id']}").json["tasks"]
    assert row["duration"] == 2
    assert row["creations"][0]["video"]["duration"] == 6
