from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.operations.conftest import image

REF = "https://example.com/cat.png"
OPERATION = "img2video"
SAMPLE: dict[str, Any] = {"model": "viduq3-pro", "images": [REF]}
INVALID, LACKING, COUNT = "FieldInvalid", "FieldLacking", "FieldItemCountOutOfRange"
FLAGS = ("bgm", "audio", "is_rec", "off_peak", "watermark")


def named(value: object) -> str:
    return json.dumps(value, default=str)[:60]


Q3 = ("viduq3-turbo", "viduq3-pro", "viduq3-pro-fast")
Q2 = ("viduq2-pro-fast", "viduq2-pro", "viduq2-turbo")
OLDER = (*Q2, "viduq1", "viduq1-classic", "vidu2.0")
Q4 = "viduq4-preview"
ACCEPTED: list[dict[str, Any]] = [
    *({"model": Q4, "duration": seconds} for seconds in (3, 16)),
    *({"model": Q4, "resolution": p} for p in ("540p", "720p", "1080p", "2K", "4K")),
    *({"model": Q4, "audio": audio} for audio in (True, False)),
    {"model": Q4, "prompt": "x" * 20_000, "is_rec": False},
    *({"model": model} for model in (*Q3, *OLDER)),
    {"images": [image(20, 60)]},
    {"images": [image(510, 128)]},
    *({"prompt": text} for text in ("", "猫" * 5000)),
    *({"is_rec": True, "prompt": text} for text in (None, "ignored")),
    *({"model": model, "duration": seconds} for model in Q3 for seconds in (1, 16)),
    *({"model": model, "duration": seconds} for model in Q2 for seconds in (1, 10)),
    *({"model": model, "duration": 5} for model in ("viduq1", "viduq1-classic")),
    *({"model": "vidu2.0", "duration": 4, "resolution": p} for p in ("360p", "720p", "1080p")),
    *({"model": "vidu2.0", "duration": 8, "resolution": p} for p in (None, "720p")),
    *({"model": "viduq2-pro", "resolution": p} for p in ("540p", "720p", "1080p")),
    *({"resolution": p} for p in ("540p", "720p", "1080p")),
    *({"model": "viduq3-pro-fast", "resolution": p} for p in ("720p", "1080p")),
    *({"model": model, "audio": audio} for model in (*Q3, *OLDER) for audio in (True, False)),
    *(
        {"model": "viduq2-pro", "audio": True, "audio_type": name}
        for name in ("all", "speech_only", "sound_effect_only")
    ),
    {"audio_type": "speech_only"},
    {"voice_id": "Chinese (Mandarin)_News_Anchor"},
    {"model": "viduq2-pro", "audio": False, "voice_id": "professional_host"},
    *({"model": model, "off_peak": True} for model in OLDER),
    {"model": "viduq3-pro-fast", "off_peak": True, "audio": False},
    {"aspect_ratio": "unknown fields are ignored"},
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
    *(({"model": Q4, "duration": seconds}, INVALID) for seconds in (2, 17)),
    *(({"model": Q4, "resolution": p}, INVALID) for p in ("360p", "8K")),
    *(({"model": model}, INVALID) for model in ("viduq2", "viduq3")),
    ({"images": None}, LACKING),
    *(({"images": value}, COUNT) for value in ([], [REF, REF])),
    ({"images": REF}, INVALID),
    ({"images": ["cat.png"]}, INVALID),
    ({"images": [image(512, 128)]}, "PageSizeOutOfRange"),
    ({"images": [image().replace("image/png", "image/gif")]}, "ImageFormatInvalid"),
    ({"images": [image().replace("image/png", "image/jpeg")]}, "ImageFormatInvalid"),
    *(({"model": model, "duration": 11}, INVALID) for model in Q2),
    *(({"model": "viduq1", "duration": seconds}, INVALID) for seconds in (4, 8)),
    *(({"model": "vidu2.0", "duration": seconds}, INVALID) for seconds in (5, 6)),
    *(
        ({"model": "vidu2.0", "duration": 8, "resolution": value}, INVALID)
        for value in ("360p", "1080p")
    ),
    ({"model": "vidu2.0", "resolution": "540p"}, INVALID),
    ({"resolution": "360p"}, INVALID),
    *(
        ({"model": model, "resolution": "540p"}, INVALID)
        for model in ("viduq3-pro-fast", "viduq2-pro-fast", "viduq1")
    ),
    ({"audio_type": "music_only"}, INVALID),
    ({"voice_id": 5}, INVALID),
    *(({"model": model, "off_peak": True, "audio": True}, INVALID) for model in OLDER),
    *(
        ({"model": model, "off_peak": True, "audio": False}, INVALID)
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
    answer = submit({"model": "viduq2-pro", "audio": True, "is_rec": True}).json
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
def test_defaults_follow_from_the_model(
    submit: Any, model: str, duration: int, resolution: str, audio: bool
) -> None:
    answer = submit({"model": model}).json
    found = (answer["duration"], answer["resolution"], answer["audio"])
    assert found == (duration, resolution, audio)


def test_vidu20_has_another_default_at_8_s(submit: Any) -> None:
    assert submit({"model": "vidu2.0", "duration": 8}).json["resolution"] == "720p"
