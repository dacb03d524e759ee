from __future__ import annotations

import io
from typing import Any

import av
import pytest

from tests.emulator.media import image

TEXT = {"model": "viduq2", "prompt": "a cat", "duration": 1, "resolution": "540p"}
IMAGE = {"model": "viduq2-turbo", "duration": 1, "resolution": "540p"}


def creation(address: str, ask: Any, operation: str, body: dict[str, Any]) -> dict[str, str]:
    task_id = ask("POST", f"{address}/ent/v2/{operation}", body).json["task_id"]
    answer = ask("GET", f"{address}/ent/v2/tasks/{task_id}/creations").json
    [found] = answer["creations"]
    assert isinstance(found, dict)
    return found


def film(address: str, ask: Any, operation: str, body: dict[str, Any]) -> bytes:
    found = ask("GET", creation(address, ask, operation, body)["url"], key=None)
    assert found.headers["content-type"] == "video/mp4"
    content: bytes = found.content
    return content


def sounds(content: bytes) -> int:
    with av.open(io.BytesIO(content), "r") as container:
        return len(container.streams.audio)


@pytest.mark.parametrize(
    ("operation", "body", "size"),
    [
        ("text2video", {**TEXT, "duration": 2, "aspect_ratio": "9:16"}, (540, 960)),
        ("img2video", {**IMAGE, "images": [image(300, 200)]}, (810, 540)),
        ("start-end2video", {**IMAGE, "images": [image(200, 300), image(210, 300)]}, (540, 810)),
    ],
)
def test_a_video_is_as_asked_for(
    address: str, ask: Any, operation: str, body: dict[str, Any], size: tuple[int, int]
) -> None:
    content = film(address, ask, operation, body)
    with av.open(io.BytesIO(content), "r") as container:
        [stream] = container.streams.video
        assert (stream.width, stream.height) == size
        assert stream.average_rate == 24
        assert container.duration == body["duration"] * 1_000_000


@pytest.mark.parametrize(
    ("operation", "changes", "streams"),
    [
        ("text2video", {}, 0),
        ("text2video", {"bgm": True}, 1),
        ("text2video", {"model": "viduq3-turbo"}, 1),
        # Music has no effect with q3.
        ("text2video", {"model": "viduq3-turbo", "audio": False, "bgm": True}, 0),
        ("img2video", {"audio": True}, 1),
    ],
)
def test_sound_is_heard_where_asked_for(
    address: str, ask: Any, operation: str, changes: dict[str, Any], streams: int
) -> None:
    sample = TEXT if operation == "text2video" else {**IMAGE, "images": [image()]}
    assert sounds(film(address, ask, operation, {**sample, **changes})) == streams


def test_a_cover_is_a_picture(address: str, ask: Any) -> None:
    found = creation(address, ask, "text2video", TEXT)
    assert ask("GET", found["cover_url"], key=None).content.startswith(b"\x89PNG")


def test_a_watermark_is_in_a_file_of_its_own(address: str, ask: Any) -> None:
    assert creation(address, ask, "text2video", TEXT)["watermarked_url"] == ""
    found = creation(address, ask, "text2video", {**TEXT, "watermark": True, "seed": 5})
    plain, marked = (ask("GET", found[name], key=None) for name in ("url", "watermarked_url"))
    assert marked.headers["content-type"] == "video/mp4"
    assert plain.content != marked.content


def test_a_query_repeats_bgm_and_off_peak(address: str, ask: Any) -> None:
    body = {**TEXT, "bgm": True, "off_peak": True}
    task_id = ask("POST", f"{address}/ent/v2/text2video", body).json["task_id"]
    answer = ask("GET", f"{address}/ent/v2/tasks/{task_id}/creations").json
    assert (answer["bgm"], answer["off_peak"]) == (True, True)


@pytest.mark.parametrize(
    ("operation", "type_"),
    [
        ("text2video", "text2video"),
        ("img2video", "img2video"),
        ("start-end2video", "headtailimg2video"),
    ],
)
def test_the_list_shows_type_and_duration(
    address: str, ask: Any, operation: str, type_: str
) -> None:
    count = {"text2video": 0, "img2video": 1, "start-end2video": 2}[operation]
    body = {"model": "viduq3-pro", "prompt": "x", "duration": 3, "images": [image()] * count}
    task_id = ask("POST", f"{address}/ent/v2/{operation}", body).json["task_id"]
    query = f"task_ids={task_id}&model_versions=q3"
    [row] = ask("GET", f"{address}/ent/v2/tasks?{query}").json["tasks"]
    assert (row["type"], row["duration"]) == (type_, 3)
    video = row["creations"][0]["video"]
    assert (video["duration"], video["fps"]) == (3, 24)


def test_a_recommended_prompt_is_not_the_users(address: str, ask: Any) -> None:
    body = {**IMAGE, "images": [image()], "is_rec": True, "seed": 5}
    first, same = (film(address, ask, "img2video", {**body, "prompt": text}) for text in "ab")
    assert first == same
    assert first != film(address, ask, "img2video", {**body, "prompt": "a", "is_rec": False})
