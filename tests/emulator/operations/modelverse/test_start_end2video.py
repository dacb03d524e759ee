from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.media import image
from tests.emulator.operations.modelverse.conftest import URL, named, refusal

OPERATION = "start-end2video"
Q2 = ("viduq2-pro", "viduq2-turbo", "viduq2-pro-fast")


def frames(first: str, last: str) -> dict[str, Any]:
    return {"input.first_frame_url": first, "input.last_frame_url": last}


ACCEPTED: list[dict[str, Any]] = [
    *({"model": model} for model in (*Q2, "viduq3-pro")),
    frames(image(200, 100), image(200, 125)),
    frames(image(200, 100), image(200, 80)),
    frames(image(400, 200), image(200, 100)),  # the same ratio in another size
    frames(image(20, 60), image(20, 60)),
    frames(image(200, 100), URL),
    *({"input.prompt": text} for text in ("", "猫" * 2000)),
    *({"model": model, "parameters.duration": seconds} for model in Q2 for seconds in (1, 8)),
    *({"model": "viduq3-pro", "parameters.duration": seconds} for seconds in (1, 16)),
    *(
        {"model": model, "parameters.resolution": name}
        for model in ("viduq2-pro", "viduq2-turbo", "viduq3-pro")
        for name in ("540p", "720p", "1080p")
    ),
    *({"model": "viduq2-pro-fast", "parameters.resolution": name} for name in ("720p", "1080p")),
    *({"parameters.movement_amplitude": name} for name in ("auto", "small", "medium", "large")),
    {"parameters.bgm": True},
    {"parameters.seed": 2**31 - 1},
    {"parameters.audio": "unknown fields are ignored"},
]
REFUSED: list[tuple[dict[str, Any], str]] = [
    *(
        ({"model": model}, "model must be one of viduq2-pro, viduq2-turbo")
        for model in ("viduq2", "viduq3-turbo")
    ),
    ({"input.first_frame_url": None}, "input.first_frame_url is missing"),
    ({"input.last_frame_url": None}, "input.last_frame_url is missing"),
    ({"input.last_frame_url": "cat.png"}, "input.last_frame_url must be an http(s) URL"),
    ({"input.last_frame_url": image(512, 128)}, "input.last_frame_url is 512x128, the ratio"),
    (frames(image(128, 128), image(300, 128)), "the images are 128x128 and 300x128"),
    ({"input.prompt": "x" * 2001}, "at most 2000"),
    *(
        ({"model": model, "parameters.duration": 9}, "parameters.duration must be from 1 to 8")
        for model in Q2
    ),
    (
        {"model": "viduq3-pro", "parameters.duration": 17},
        "parameters.duration must be from 1 to 16",
    ),
    *(
        ({"parameters.resolution": name}, "parameters.resolution must be one of 540p, 720p")
        for name in ("360p", "2K")
    ),
    (
        {"model": "viduq2-pro-fast", "parameters.resolution": "540p"},
        "parameters.resolution must be one of 720p, 1080p",
    ),
    ({"parameters.movement_amplitude": ""}, "parameters.movement_amplitude must be one of"),
    ({"parameters.bgm": 0}, "parameters.bgm must be a boolean"),
    ({"parameters.seed": -1}, "parameters.seed must be from 0"),
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
