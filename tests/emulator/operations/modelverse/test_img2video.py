from __future__ import annotations

from typing import Any

import pytest

from tests.builders import as_data_uri, image_bytes
from tests.emulator.media import image
from tests.emulator.operations.modelverse.conftest import named, refusal

OPERATION = "img2video"
Q2 = ("viduq2-pro", "viduq2-turbo", "viduq2-pro-fast")
ACCEPTED: list[dict[str, Any]] = [
    *({"model": model} for model in (*Q2, "viduq3-pro")),
    *({"input.first_frame_url": image(*size)} for size in ((128, 128), (20, 60), (510, 128))),
    *(
        {"input.first_frame_url": as_data_uri(image_bytes(form), f"image/{form}")}
        for form in ("jpeg", "webp")
    ),
    *({"input.prompt": text} for text in ("", "猫" * 2000)),
    *({"model": model, "parameters.duration": seconds} for model in Q2 for seconds in (1, 10)),
    *({"model": "viduq3-pro", "parameters.duration": seconds} for seconds in (1, 16)),
    *({"parameters.seed": seed} for seed in (0, 2**31 - 1)),
    *(
        {"model": model, "parameters.resolution": name}
        for model in ("viduq2-pro", "viduq2-turbo")
        for name in ("360p", "540p", "720p", "1080p")
    ),
    *(
        {"model": "viduq3-pro", "parameters.resolution": name}
        for name in ("360p", "540p", "720p", "1080p", "2K")
    ),
    *({"model": "viduq2-pro-fast", "parameters.resolution": name} for name in ("720p", "1080p")),
    *({"parameters.movement_amplitude": name} for name in ("auto", "small", "medium", "large")),
    *({"model": model, "parameters.bgm": True} for model in ("viduq2-pro", "viduq3-pro")),
    *(
        {"model": model, "parameters.audio": flag}
        for model in ("viduq2-pro", "viduq3-pro")
        for flag in (True, False)
    ),
    {"parameters.audio": True, "parameters.voice_id": "professional_host"},
    {"parameters.audio": False, "parameters.voice_id": "Chinese (Mandarin)_News_Anchor"},
    {"parameters.aspect_ratio": "unknown fields are ignored"},
]
REFUSED: list[tuple[dict[str, Any], str]] = [
    *(
        ({"model": model}, "model must be one of viduq3-pro, viduq2-pro")
        for model in ("viduq2", "viduq3-turbo", "viduq1")
    ),
    ({"input.first_frame_url": None}, "input.first_frame_url is missing"),
    ({"input.first_frame_url": ""}, "input.first_frame_url is missing"),
    ({"input.first_frame_url": [image()]}, "input.first_frame_url must be a string"),
    ({"input.first_frame_url": "cat.png"}, "input.first_frame_url must be an http(s) URL or data"),
    ({"input.first_frame_url": image(512, 128)}, "the ratio must be inside 1:4 and 4:1"),
    (
        {"input.first_frame_url": image().replace("png", "jpeg", 1)},
        "input.first_frame_url is image/png, not image/jpeg",
    ),
    (
        {"input.first_frame_url": image().replace("png", "gif", 1)},
        "input.first_frame_url must be png, jpeg, jpg or webp",
    ),
    ({"input.prompt": "x" * 2001}, "at most 2000"),
    *(
        ({"model": model, "parameters.duration": 11}, "parameters.duration must be from 1 to 10")
        for model in Q2
    ),
    (
        {"model": "viduq3-pro", "parameters.duration": 17},
        "parameters.duration must be from 1 to 16",
    ),
    ({"parameters.duration": 0}, "parameters.duration must be from 1 to 10"),
    ({"parameters.resolution": "2K"}, "parameters.resolution must be one of 360p, 540p"),
    *(
        (
            {"model": "viduq2-pro-fast", "parameters.resolution": name},
            "parameters.resolution must be one of 720p, 1080p",
        )
        for name in ("360p", "540p")
    ),
    ({"parameters.seed": 1.5}, "parameters.seed must be an integer"),
    ({"parameters.movement_amplitude": "huge"}, "parameters.movement_amplitude must be one of"),
    *(
        ({"model": model, "parameters.audio": "true"}, "parameters.audio must be a boolean")
        for model in ("viduq2-pro", "viduq3-pro")
    ),
    ({"parameters.bgm": 1}, "parameters.bgm must be a boolean"),
    ({"parameters.voice_id": 5}, "parameters.voice_id must be a string"),
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
