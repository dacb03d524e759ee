"""What the models besides Vidu's make and answer: pixels, seconds, sound, usage, ids and expiry."""

from __future__ import annotations

import io
from typing import Any

import av
import pytest
from PIL import Image

from runner.emulator.faults.script import parse_faults
from runner.emulator.requests import prompt_in
from tests.builders import as_data_uri
from tests.emulator.media import image, sound_bytes
from tests.emulator.operations.modelverse.conftest import request_body
from tests.emulator.operations.modelverse.families.kling import shot, shots
from tests.emulator.operations.modelverse.families.seedance import frame
from tests.emulator.operations.modelverse.families.shared import SOUND_URL, bare
from tests.emulator.operations.modelverse.families.veo import inline

SEEDANCE = "seedance-1.5-pro"
SHORT_SOUND, LONG_SOUND = (
    as_data_uri(sound_bytes(seconds=seconds), "audio/mpeg") for seconds in (2, 12)
)
WIDE = bare(size=(600, 300))


def make(address: str, ask: Any, operation: str, changes: dict[str, Any]) -> str:
    answer = ask("POST", f"{address}/v1/tasks/submit", request_body(operation, changes), key="k")
    assert answer.status == 200, answer.json
    task_id: str = answer.json["output"]["task_id"]
    return task_id


def status(address: str, ask: Any, task_id: str) -> Any:
    return ask("GET", f"{address}/v1/tasks/status?task_id={task_id}", key="k").json


RESULTS: list[tuple[str, dict[str, Any], tuple[int, int], int, int]] = [
    ("wan2.5-t2v", {}, (832, 480), 5, 0),
    ("wan2.5-t2v", {"input.audio_url": SOUND_URL}, (832, 480), 5, 1),
    # A longer sound is cut, a shorter one leaves silence.
    ("wan2.5-t2v", {"input.audio_url": SHORT_SOUND}, (832, 480), 5, 1),
    ("wan2.5-t2v", {"input.audio_url": LONG_SOUND}, (832, 480), 5, 1),
    ("wan2.6-t2v", {"parameters.size": "720x1280"}, (720, 1280), 5, 0),
    ("wan2.6-i2v", {"input.img_url": image(300, 300)}, (1080, 1080), 5, 0),
    ("kling-v3", {"parameters.duration": 3, "parameters.sound": "on"}, (1280, 720), 3, 1),
    # With an image, its ratio counts.
    ("kling-v3", {"parameters.image": WIDE, "parameters.aspect_ratio": "1:1"}, (1440, 720), 5, 0),
    ("kling-v3", shots(shot(1, 1), shot(2, 2), seconds=3), (1280, 720), 3, 0),
    ("kling-v2-6", {"parameters.aspect_ratio": "1:1"}, (1080, 1080), 5, 0),
    ("hailuo-2.3", {}, (1366, 768), 6, 0),
    ("hailuo-2.3-fast", {"input.first_frame_image": image(400, 400)}, (768, 768), 6, 0),
    ("veo-3.1", {"parameters.duration": 4, "parameters.generate_audio": True}, (1280, 720), 4, 1),
    ("veo-3.1", {"input.image": inline(), "parameters.aspect_ratio": "9:16"}, (720, 1280), 8, 0),
    (SEEDANCE, {"parameters.duration": 4, "parameters.draft": True}, (854, 480), 4, 0),
    (
        SEEDANCE,
        {"input.content": [frame(None, image(300, 300))], "parameters.generate_audio": True},
        (720, 720),
        5,
        1,
    ),
]


@pytest.mark.parametrize(("operation", "changes", "size", "seconds", "sounds"), RESULTS)
def test_a_video_is_as_asked_for(
    address: str,
    ask: Any,
    operation: str,
    changes: dict[str, Any],
    size: tuple[int, int],
    seconds: int,
    sounds: int,
) -> None:
    answer = status(address, ask, make(address, ask, operation, changes))
    assert answer["output"]["task_status"] == "Success"
    assert answer["usage"]["duration"] == seconds
    [url] = answer["output"]["urls"]
    with av.open(io.BytesIO(ask("GET", url, key=None).content), "r") as container:
        [stream] = container.streams.video
        assert (stream.width, stream.height) == size
        assert container.duration == seconds * 1_000_000
        assert len(container.streams.audio) == sounds


def film(address: str, ask: Any, operation: str, changes: dict[str, Any]) -> bytes:
    [url] = status(address, ask, make(address, ask, operation, changes))["output"]["urls"]
    content: bytes = ask("GET", url, key=None).content
    return content


def corner(content: bytes, second: float) -> tuple[int, ...]:
    """The colour bottom left, beside the card, after so many seconds."""
    with av.open(io.BytesIO(content), "r") as container:
        for each in container.decode(video=0):
            if (each.time or 0) >= second:
                picture = each.to_image()  # type: ignore[no-untyped-call]
                found = picture.getpixel((4, picture.height // 3))
                assert isinstance(found, tuple)
                return found
    raise AssertionError("the video is shorter")


def coloured(colour: str) -> str:
    file = io.BytesIO()
    Image.new("RGB", (300, 300), colour).save(file, "PNG")
    return as_data_uri(file.getvalue())


@pytest.mark.parametrize("is_swapped", [False, True])
def test_a_video_goes_from_its_first_frame_to_its_last_one(
    address: str, ask: Any, is_swapped: bool
) -> None:
    frames = [frame("first_frame", coloured("red")), frame("last_frame", coloured("blue"))]
    content = {"input.content": frames[::-1] if is_swapped else frames}
    small = {**content, "parameters.resolution": "480p", "parameters.ratio": "1:1"}
    found = film(address, ask, SEEDANCE, {**small, "parameters.duration": 4})
    (red, _, _), (_, _, blue) = corner(found, 0), corner(found, 3.8)
    assert (red > 200, blue > 200) == (True, True)


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("kling-v3", "watermark_enabled"),
        ("hailuo-2.3", "aigc_watermark"),
        (SEEDANCE, "watermark"),
    ],
)
def test_a_watermark_is_drawn_where_asked_for(
    address: str, ask: Any, operation: str, name: str
) -> None:
    answers = [
        status(address, ask, make(address, ask, operation, {f"parameters.{name}": flag}))
        for flag in (True, False)
    ]
    marked, plain = (answer["output"]["urls"][0] for answer in answers)
    assert ("watermarked.mp4" in marked, "watermarked.mp4" in plain) == (True, False)


def test_the_usage_of_seedance_has_the_tokens_of_the_page(address: str, ask: Any) -> None:
    changes = {"parameters.ratio": "16:9", "parameters.generate_audio": True}
    answer = status(address, ask, make(address, ask, SEEDANCE, changes))
    tokens = {"completion_tokens": 108_900, "total_tokens": 108_900}
    assert answer["usage"] == {**tokens, "duration": 5}


# ------------------------------------------------------------------------------- the user's own id


def test_a_task_can_be_queried_by_its_external_id(address: str, ask: Any) -> None:
    task_id = make(address, ask, "kling-v3", {"parameters.external_task_id": "scene-1"})
    assert status(address, ask, "scene-1")["output"]["task_id"] == task_id
    missing = ask("GET", f"{address}/v1/tasks/status?task_id=scene-2", key="k")
    assert missing.status == 404


def test_an_external_id_is_unique(start: Any, ask: Any, tmp_path: Any) -> None:
    body = request_body("kling-v3", {"parameters.external_task_id": "scene-1"})
    for expected in (200, 400):  # after a restart too
        answer = ask("POST", f"{start(state_dir=tmp_path)}/v1/tasks/submit", body, key="k")
        assert answer.status == expected
    assert "external_task_id scene-1 is taken" in answer.json["error"]["message"]


def test_submissions_that_differ_in_the_external_id_are_the_same(url: str, ask: Any) -> None:
    for name in ("a", "b"):
        make(url, ask, "kling-v3", {"parameters.external_task_id": name})
    first, second = ask("GET", f"{url}/_emulator/requests").json["submissions"]
    assert first["untagged"] == second["untagged"]
    assert first["digest"] != second["digest"]


# ------------------------------------------------------------------------------------------ expiry


def expiring(start: Any) -> str:
    entries = [{"on": "modelverse.submit", "fault": "expire_task", "after_s": 1000}]
    address: str = start(faults=parse_faults(entries))
    return address


def test_a_task_of_seedance_expires(start: Any, ask: Any, clock: Any) -> None:
    url = expiring(start)
    task_id = make(url, ask, SEEDANCE, {})
    clock.forward(999)
    assert status(url, ask, task_id)["output"]["task_status"] == "Pending"
    clock.forward(1)
    answer = status(url, ask, task_id)
    assert answer["output"]["task_status"] == "Expired"
    assert "urls" not in answer["output"]
    assert answer["usage"] == {"completion_tokens": 0, "total_tokens": 0, "duration": 0}


def test_tasks_of_other_models_do_not_expire(start: Any, ask: Any, clock: Any) -> None:
    url = expiring(start)
    task_id = make(url, ask, "kling-v3", {})
    clock.forward(1000)
    assert status(url, ask, task_id)["output"]["task_status"] == "Success"


def test_a_task_that_would_end_too_late_expires(start: Any, ask: Any, clock: Any) -> None:
    url = start(time_scale=100)  # 5 s take 6000 s
    task_id = make(url, ask, SEEDANCE, {"parameters.execution_expires_after": 3600})
    clock.forward(3599)
    assert status(url, ask, task_id)["output"]["task_status"] == "Pending"
    clock.forward(1)
    assert status(url, ask, task_id)["output"]["task_status"] == "Expired"


def test_the_flexible_tier_waits_longer(start: Any, ask: Any, clock: Any) -> None:
    url = start()
    usual, flexible = (
        make(url, ask, SEEDANCE, {"parameters.service_tier": tier}) for tier in ("default", "flex")
    )
    clock.forward(60)
    states = [status(url, ask, each)["output"]["task_status"] for each in (usual, flexible)]
    assert states == ["Success", "Pending"]


# --------------------------------------------------------------------------------- fault scripts


@pytest.mark.parametrize(
    ("body", "prompt"),
    [
        ({"prompt": "a boat"}, "a boat"),
        ({"text": "spoken"}, "spoken"),
        ({"prompt": "", "text": "spoken"}, "spoken"),
        ({"input": {"prompt": "a boat"}}, "a boat"),
        ({"input": {"content": [{"text": "a boat"}, {"image_url": {}}, 5]}}, "a boat"),
        ({"input": None}, ""),
        ({"input": []}, ""),
        ({"input": {"prompt": 5}}, ""),
        ({"input": {"content": "a boat"}}, ""),
    ],
)
def test_a_prompt_is_found_where_each_body_has_it(body: dict[str, Any], prompt: str) -> None:
    assert prompt_in(body) == prompt
