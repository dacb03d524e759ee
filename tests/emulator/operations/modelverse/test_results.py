from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import av
import pytest

from runner.emulator.faults.script import parse_faults
from runner.emulator.options import EmulatorOptions
from runner.emulator.server import run_emulator
from tests.emulator.media import image
from tests.emulator.operations.modelverse.conftest import SAMPLES, request_body

SHORT = {"parameters.duration": 1, "parameters.resolution": "540p"}
SMALL = {"model": "viduq2-turbo", **SHORT}


def film(address: str, ask: Any, operation: str, changes: dict[str, Any]) -> bytes:
    submitted = ask(
        "POST", f"{address}/v1/tasks/submit", request_body(operation, changes), key="k"
    ).json
    task_id = submitted["output"]["task_id"]
    answer = ask("GET", f"{address}/v1/tasks/status?task_id={task_id}", key="k").json
    assert answer["output"]["task_status"] == "Success"
    assert answer["usage"] == {"duration": changes["parameters.duration"]}
    [url] = answer["output"]["urls"]
    content: bytes = ask("GET", url, key=None).content
    return content


@pytest.mark.parametrize(
    ("operation", "changes", "size"),
    [
        ("text2video", {**SHORT, "parameters.aspect_ratio": "9:16"}, (540, 960)),
        ("img2video", {**SMALL, "input.first_frame_url": image(300, 200)}, (810, 540)),
        (
            "start-end2video",
            {
                **SMALL,
                "parameters.duration": 2,
                "input.first_frame_url": image(200, 300),
                "input.last_frame_url": image(210, 300),
            },
            (540, 810),
        ),
        ("subjects", {**SHORT, "parameters.aspect_ratio": "1:1"}, (540, 540)),
    ],
)
def test_a_video_is_as_asked_for(
    address: str, ask: Any, operation: str, changes: dict[str, Any], size: tuple[int, int]
) -> None:
    content = film(address, ask, operation, changes)
    with av.open(io.BytesIO(content), "r") as container:
        [stream] = container.streams.video
        assert (stream.width, stream.height) == size
        assert stream.average_rate == 24
        assert container.duration == changes["parameters.duration"] * 1_000_000


@pytest.mark.parametrize(
    ("operation", "changes", "streams"),
    [
        ("text2video", {}, 0),
        ("text2video", {"parameters.bgm": True}, 1),
        ("img2video", {"model": "viduq2-turbo"}, 0),
        ("img2video", {"model": "viduq2-turbo", "parameters.audio": True}, 1),
        # "Cannot be switched off."
        ("img2video", {"model": "viduq3-pro", "parameters.audio": False}, 1),
        ("subjects", {"parameters.audio": True}, 1),
        ("reference2video", {"parameters.audio": True}, 0),  # the old body has no such field
    ],
)
def test_sound_is_heard_where_asked_for(
    address: str, ask: Any, operation: str, changes: dict[str, Any], streams: int
) -> None:
    content = film(address, ask, operation, {**SHORT, **changes})
    with av.open(io.BytesIO(content), "r") as container:
        assert len(container.streams.audio) == streams


def test_the_images_of_subjects_are_seen(address: str, ask: Any) -> None:
    one, two = ({"id": name, "images": [image(side)]} for name, side in (("a", 128), ("b", 200)))
    changes = {**SHORT, "parameters.seed": 5}
    films = {
        film(address, ask, "subjects", {**changes, "input.subjects": chosen})
        for chosen in ([one], [two], [one, two])
    }
    assert len(films) == 3


@pytest.fixture(scope="module")
def failing() -> Iterator[str]:
    faults = parse_faults([{"fault": "fail_task", "err_code": "CreationPolicyViolation"}])
    with run_emulator(EmulatorOptions(time_scale=0, faults=faults)) as url:
        yield url


@pytest.mark.parametrize("operation", sorted(SAMPLES.keys() - {"lip-sync", "one-click/mv"}))
def test_a_failure_has_a_message_and_the_length(failing: str, ask: Any, operation: str) -> None:
    body = request_body(operation, {"parameters.duration": 3})
    task_id = ask("POST", f"{failing}/v1/tasks/submit", body, key="k").json["output"]["task_id"]
    answer = ask("GET", f"{failing}/v1/tasks/status?task_id={task_id}", key="k").json
    assert answer["output"]["task_status"] == "Failure"
    assert answer["output"]["error_message"] == "CreationPolicyViolation"
    assert "urls" not in answer["output"]
    assert answer["usage"] == {"duration": 3}


def test_a_lip_synced_video_has_the_spoken_sound_alone(address: str, ask: Any) -> None:
    task = request_body("text2video", {**SHORT, "parameters.bgm": True})
    task_id = ask("POST", f"{address}/v1/tasks/submit", task, key="k").json["output"]["task_id"]
    answer = ask("GET", f"{address}/v1/tasks/status?task_id={task_id}", key="k").json
    [source] = answer["output"]["urls"]
    changes = {"input.video_url": source, "input.audio_url": None, "input.text": "x" * 16}
    body = request_body("lip-sync", changes)
    task_id = ask("POST", f"{address}/v1/tasks/submit", body, key="k").json["output"]["task_id"]
    answer = ask("GET", f"{address}/v1/tasks/status?task_id={task_id}", key="k").json
    assert answer["usage"] == {"duration": 2}
    [url] = answer["output"]["urls"]
    with av.open(io.BytesIO(ask("GET", url, key=None).content), "r") as container:
        assert len(container.streams.audio) == 1
        assert container.duration == 2_000_000  # the video alone has 1 s
        assert (container.streams.video[0].width, container.streams.video[0].height) == (1280, 720)
