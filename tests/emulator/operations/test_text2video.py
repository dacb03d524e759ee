from __future__ import annotations

import json
from typing import Any

import pytest

OPERATION = "text2video"
SAMPLE: dict[str, Any] = {"model": "viduq3-pro", "prompt": "a cat on a window sill"}
INVALID, LACKING, COUNT = "FieldInvalid", "FieldLacking", "FieldItemCountOutOfRange"
FLAGS = ("bgm", "audio", "off_peak", "watermark")


def named(value: object) -> str:
    return json.dumps(value, default=str)[:60]


ACCEPTED: list[dict[str, Any]] = [
    {},
    *({"model": model} for model in ("viduq3-turbo", "viduq3-pro", "viduq2", "viduq1")),
    {"prompt": "猫" * 5000},
    *({"style": style} for style in ("general", "anime")),
    *({"model": "viduq1", "style": style} for style in ("general", "anime")),
    *({"duration": seconds} for seconds in (1, 16, "8")),
    *({"model": "viduq3-turbo", "duration": seconds} for seconds in (1, 16)),
    *({"model": "viduq2", "duration": seconds} for seconds in (1, 10)),
    {"model": "viduq1", "duration": 5, "resolution": "1080p"},
    *({"aspect_ratio": ratio} for ratio in ("16:9", "9:16", "3:4", "4:3", "1:1")),
    *({"model": "viduq2", "aspect_ratio": ratio} for ratio in ("3:4", "4:3")),
    *({"model": "viduq1", "aspect_ratio": ratio} for ratio in ("16:9", "9:16", "1:1")),
    *({"resolution": name} for name in ("540p", "720p", "1080p")),
    *({"model": "viduq2", "resolution": name} for name in ("540p", "720p", "1080p")),
    {"audio": False},
    {"audio": True},
    *({"model": model, "audio": False} for model in ("viduq2", "viduq1")),
    {"model": "viduq2", "bgm": True, "duration": 9},
    {"off_peak": True, "audio": True},
    {"model": "viduq2", "off_peak": True},
    *({"payload": text} for text in ("", "tag", "p" * 1_048_576)),
    *({"seed": seed} for seed in (0, 1, "616519648", 2**31 - 1)),
    *({"movement_amplitude": name} for name in ("auto", "small", "medium", "large")),
    {"callback_url": "https://example.com/hook?a=1"},
    {"off_peak": True},
    {"watermark": True, "wm_position": 1, "wm_url": "https://example.com/mark.png"},
    *({"wm_position": position} for position in (1, 2, 3, 4, "4")),
    *({"meta_data": text} for text in ('{"Label": "AI"}', "free text")),
    {"bgm": True},
    {"negative_prompt": "unknown fields are ignored"},
]
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"model": "viduq2-pro"}, INVALID),
    ({"model": "vidu2.0"}, INVALID),
    ({"prompt": None}, LACKING),
    ({"prompt": ""}, LACKING),
    ({"style": "realistic"}, INVALID),
    ({"model": "viduq2", "duration": 11}, INVALID),
    *(({"model": "viduq1", "duration": seconds}, INVALID) for seconds in (4, 6)),
    *(({"aspect_ratio": value}, INVALID) for value in ("21:9", "auto", "", 1)),
    *(({"model": "viduq1", "aspect_ratio": value}, INVALID) for value in ("3:4", "4:3")),
    ({"resolution": "360p"}, INVALID),
    *(({"model": "viduq1", "resolution": value}, INVALID) for value in ("540p", "720p")),
    *(({"model": model, "audio": True}, INVALID) for model in ("viduq2", "viduq1")),
    *(
        ({"model": model, "audio": False, "off_peak": True}, INVALID)
        for model in ("viduq3-pro", "viduq3-turbo")
    ),
    ({"model": None}, LACKING),
    ({"model": "viduq2.5"}, INVALID),
    ({"prompt": "x" * 5001}, INVALID),
    ({"prompt": 5}, INVALID),
    *(({"duration": value}, INVALID) for value in (0, -1, 17, 5.5, "five", True, [5])),
    *(({"resolution": value}, INVALID) for value in ("2K", "720", "720P", "", 720)),
    *(({"movement_amplitude": value}, INVALID) for value in ("huge", "", 1)),
    *(({"seed": value}, INVALID) for value in (-1, 2**31, 1.5, "x", True)),
    ({"payload": "p" * 1_048_577}, INVALID),
    ({"payload": {"a": 1}}, INVALID),
    *(({"callback_url": value}, INVALID) for value in ("example.com/hook", 5)),
    *(({name: "true"}, INVALID) for name in FLAGS),
    *(({"wm_position": value}, INVALID) for value in (0, 5, "top_left")),
    ({"wm_url": "mark.png"}, INVALID),
    ({"meta_data": {"Label": "AI"}}, INVALID),
]


@pytest.mark.parametrize("changes", ACCEPTED, ids=named)
def test_what_the_page_allows_is_accepted(submit: Any, changes: dict[str, Any]) -> None:
    answer = submit(changes)
    assert answer.status == 200, answer.json


@pytest.mark.parametrize(("changes", "reason"), REFUSED, ids=named)
def test_what_the_page_forbids_is_refused(
    submit: Any, changes: dict[str, Any], reason: str
) -> None:
    answer = submit(changes)
    assert (answer.status, answer.json["reason"]) == (400, reason)


def test_the_answer_repeats_values_and_defaults(submit: Any) -> None:
    answer = submit({"payload": "tag", "seed": 5}).json
    assert {name: answer[name] for name in answer if name not in {"task_id", "created_at"}} == {
        "state": "created",
        "model": "viduq3-pro",
        "prompt": SAMPLE["prompt"],
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
def test_defaults_follow_from_the_model(
    submit: Any, model: str, resolution: str, audio: bool
) -> None:
    answer = submit({"model": model}).json
    assert (answer["duration"], answer["resolution"], answer["audio"]) == (5, resolution, audio)
