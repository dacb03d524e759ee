from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.operations.modelverse.conftest import named, refusal

OPERATION = "text2video"
ACCEPTED: list[dict[str, Any]] = [
    {},
    {"input.prompt": "猫" * 2000},
    *({"parameters.duration": seconds} for seconds in (1, 10)),
    *({"parameters.seed": seed} for seed in (0, 616519648, 2**31 - 1)),
    *({"parameters.aspect_ratio": ratio} for ratio in ("16:9", "9:16", "3:4", "4:3", "1:1")),
    *(
        {"parameters.resolution": name, "parameters.duration": 10}
        for name in ("540p", "720p", "1080p")
    ),
    *({"parameters.guidance_scale": number} for number in (-1, 0, 7, 7.5)),
    *({"parameters.bgm": flag} for flag in (True, False)),
    {"parameters.negative_prompt": "unknown fields are ignored"},
]
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"model": "viduq3-pro"}, "model must be one of viduq2"),
    ({"input.prompt": None}, "input.prompt is missing"),
    ({"input.prompt": ""}, "input.prompt is missing"),
    ({"input.prompt": "x" * 2001}, "input.prompt has 2001 characters, at most 2000"),
    ({"input.prompt": ["x"]}, "input.prompt must be a string"),
    *(
        ({"parameters.duration": value}, "parameters.duration must be from 1 to 10")
        for value in (0, 11)
    ),
    *(
        ({"parameters.duration": value}, "parameters.duration must be an integer")
        for value in ("5", 5.0, True)
    ),
    *(
        ({"parameters.seed": value}, "parameters.seed must be from 0 to 2147483647")
        for value in (-1, 2**31)
    ),
    ({"parameters.seed": "7"}, "parameters.seed must be an integer"),
    *(
        ({"parameters.aspect_ratio": value}, "parameters.aspect_ratio must be one of")
        for value in ("21:9", "auto")
    ),
    *(
        ({"parameters.resolution": value}, "parameters.resolution must be one of")
        for value in ("360p", "2K", "720P")
    ),
    *(
        ({"parameters.guidance_scale": value}, "parameters.guidance_scale must be a number")
        for value in ("7", True)
    ),
    ({"parameters.bgm": "true"}, "parameters.bgm must be a boolean"),
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
