from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.operations.conftest import image

REF = "https://example.com/cat.png"
OPERATION = "start-end2video"
SAMPLE: dict[str, Any] = {"model": "viduq3-pro", "images": [REF, REF]}
INVALID, LACKING, COUNT = "FieldInvalid", "FieldLacking", "FieldItemCountOutOfRange"
FLAGS = ("bgm", "audio", "is_rec", "off_peak", "watermark")


def named(value: object) -> str:
    return json.dumps(value, default=str)[:60]


Q3 = ("viduq3-turbo", "viduq3-pro")
Q2 = ("viduq2-pro-fast", "viduq2-pro", "viduq2-turbo")
OLDER = (*Q2, "viduq1", "viduq1-classic", "vidu2.0")
ACCEPTED: list[dict[str, Any]] = [
    *({"model": model} for model in (*Q3, *OLDER)),
    {"images": [image(200, 100), image(200, 125)]},
    # The same ratio in another size.
    {"images": [image(400, 200), image(200, 100)]},
    {"images": [image(200, 100), REF]},
    *({"prompt": text} for text in ("", "猫" * 5000)),
    *({"is_rec": True, "prompt": text} for text in (None, "ignored")),
    *({"model": model, "duration": seconds} for model in Q3 for seconds in (1, 16)),
    *({"model": model, "duration": seconds} for model in Q2 for seconds in (1, 8)),
    *({"model": model, "duration": 5} for model in ("viduq1", "viduq1-classic")),
    *({"model": "vidu2.0", "duration": 4, "resolution": p} for p in ("360p", "720p", "1080p")),
    *({"model": "vidu2.0", "duration": 8, "resolution": p} for p in (None, "720p")),
    *({"resolution": p} for p in ("540p", "720p", "1080p")),
    *({"model": "viduq2-pro-fast", "resolution": p} for p in ("720p", "1080p")),
    *({"audio": audio} for audio in (True, False)),
    *({"model": model, "audio": False} for model in OLDER),
    *({"model": model, "off_peak": True} for model in OLDER),
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
    *(({"model": model}, INVALID) for model in ("viduq2", "viduq3-pro-fast", "viduq4-preview")),
    ({"images": None}, LACKING),
    *(({"images": value}, COUNT) for value in ([], [REF], [REF] * 3)),
    ({"images": [image(128, 128), image(300, 128)]}, "PageSizeOutOfRange"),
    ({"images": [image(128, 128), image(512, 128)]}, "PageSizeOutOfRange"),
    ({"images": [REF, "cat.png"]}, INVALID),
    *(({"model": model, "duration": 9}, INVALID) for model in Q2),
    *(({"model": "viduq1", "duration": seconds}, INVALID) for seconds in (4, 8)),
    *(({"model": "vidu2.0", "duration": seconds}, INVALID) for seconds in (5, 6)),
    *(
        ({"model": "vidu2.0", "duration": 8, "resolution": value}, INVALID)
        for value in ("360p", "1080p")
    ),
    ({"resolution": "360p"}, INVALID),
    *(
        ({"model": model, "resolution": "540p"}, INVALID)
        for model in ("viduq2-pro-fast", "viduq1", "vidu2.0")
    ),
    *(({"model": model, "audio": True}, INVALID) for model in OLDER),
    *(({"model": model, "off_peak": True, "audio": False}, INVALID) for model in Q3),
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
    answer = submit({"audio": False}).json
    assert (answer["images"], answer["audio"], answer["duration"]) == ([REF, REF], False, 5)
    assert not {"aspect_ratio", "audio_type"} & answer.keys()
