from __future__ import annotations

import io
from typing import Any

import av
import pytest
from PIL import Image

from runner.emulator.api import modelverse
from runner.emulator.api.errors import ApiError
from runner.emulator.api.fields import Fields
from runner.emulator.api.references import receive
from runner.emulator.state.tasks import Order
from tests.builders import as_data_uri, image_bytes
from tests.emulator.media import video_bytes
from tests.emulator.operations.modelverse.conftest import (
    URL,
    VIDEO_URL,
    named,
    refusal,
    request_body,
)

OPERATION = "extend"
PNG = image_bytes()
ACCEPTED: list[dict[str, Any]] = [
    *({"model": model} for model in ("viduq2-turbo", "viduq2-pro")),
    *({"input.last_frame_url": source} for source in (URL, as_data_uri(PNG))),
    # No length is stated.
    *({"input.prompt": text} for text in ("", "x" * 5000)),
    *({"parameters.duration": seconds} for seconds in (1, 7)),
    *({"parameters.resolution": name} for name in ("540p", "720p", "1080p")),
    {"parameters.seed": "unknown fields are ignored"},
]
REFUSED: list[tuple[dict[str, Any], str]] = [
    *(
        ({"model": model}, "model must be one of viduq2-turbo, viduq2-pro")
        for model in ("viduq2", "viduq2-pro-fast", "viduq3-pro")
    ),
    ({"input.video_url": None}, "input.video_url is missing"),
    ({"input.video_url": ""}, "input.video_url is missing"),
    ({"input.video_url": [VIDEO_URL]}, "input.video_url must be a string"),
    *(
        ({"input.video_url": source}, "input.video_url must be an http(s) URL")
        for source in ("clip.mp4", as_data_uri(video_bytes(), "video/mp4"))
    ),
    ({"input.last_frame_url": "cat.png"}, "input.last_frame_url must be an http(s) URL or data"),
    (
        {"input.last_frame_url": as_data_uri(PNG + bytes(10 * 1024 * 1024 - len(PNG)))},
        "input.last_frame_url has 10485760 bytes, at most 10485759 are allowed",
    ),
    ({"input.prompt": 5}, "input.prompt must be a string"),
    *(
        ({"parameters.duration": value}, "parameters.duration must be from 1 to 7")
        for value in (0, 8)
    ),
    ({"parameters.duration": "5"}, "parameters.duration must be an integer"),
    *(
        ({"parameters.resolution": value}, "parameters.resolution must be one of 540p, 720p")
        for value in ("360p", "2K")
    ),
]


@pytest.mark.parametrize("changes", ACCEPTED, ids=named)
def test_what_the_page_allows_is_accepted(submit: Any, changes: dict[str, Any]) -> None:
    answer = submit(changes)
    assert answer.status == 200, answer.json


@pytest.mark.parametrize(("changes", "message"), REFUSED, ids=named)
def test_what_the_page_forbids_is_refused(
    submit: Any, changes: dict[str, Any], message: str
) -> None:
    assert message in refusal(submit(changes))


def read(content: bytes) -> Order:
    """The order of an extension of a video that this emulator itself has."""
    fields = Fields(values=request_body(OPERATION, {}))
    return modelverse.read(
        fields, lambda sources: [found for found, _ in receive(sources, lambda _: content)]
    )


@pytest.mark.parametrize("seconds", [4, 60])
def test_a_video_may_have_4_to_60_s(seconds: int) -> None:
    assert read(video_bytes(seconds=seconds, fps=2)).duration_s == seconds + 5


@pytest.mark.parametrize("seconds", [3.5, 60.5])
def test_shorter_and_longer_videos_are_refused(seconds: float) -> None:
    with pytest.raises(ApiError, match=r"input\.video_url has .* s, it must have 4 to 60 s"):
        read(video_bytes(seconds=seconds, fps=2))


def test_a_picture_is_no_video() -> None:
    with pytest.raises(ApiError, match=r"input\.video_url must be mp4, mov or avi"):
        read(PNG)


def answer_of(address: str, ask: Any, operation: str, changes: dict[str, Any]) -> Any:
    body = request_body(operation, changes)
    task_id = ask("POST", f"{address}/v1/tasks/submit", body, key="k").json["output"]["task_id"]
    return ask("GET", f"{address}/v1/tasks/status?task_id={task_id}", key="k").json


def frames(content: bytes) -> list[Image.Image]:
    with av.open(io.BytesIO(content), "r") as container:
        return [frame.to_image() for frame in container.decode(video=0)]  # type: ignore[no-untyped-call]


def test_an_extension_begins_with_the_whole_video(address: str, ask: Any) -> None:
    small = {"parameters.duration": 4, "parameters.resolution": "540p"}
    taken = {**small, "parameters.aspect_ratio": "1:1", "parameters.seed": 5}
    first = answer_of(address, ask, "text2video", taken)["output"]["urls"][0]
    changes = {"input.video_url": first, **small, "parameters.duration": 2}
    answer = answer_of(address, ask, OPERATION, changes)
    assert answer["usage"] == {"duration": 2}  # of the extension
    [url] = answer["output"]["urls"]
    films = [frames(ask("GET", each, key=None).content) for each in (first, url)]
    assert [len(film) for film in films] == [4 * 24, 6 * 24]
    assert {film[0].size for film in films} == {(540, 540)}
