"""Cases of reference2video with subjects."""

from __future__ import annotations

from typing import Any

from tests.emulator.media import image, video
from tests.emulator.operations.cases.shared import (
    COUNT,
    INVALID,
    LACKING,
    REF,
    SIZE,
    UNWANTED,
    VIDEO_ACCEPTED,
    VIDEO_REFUSED,
    Accepted,
    Changes,
    Refused,
)

FILM = "https://example.com/cat.mp4"


def subject(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {"name": f"cat{number}", **(fields or {"images": [REF]})}


def subjects(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [subject(number, **fields) for number in range(count)]


OPERATION = "reference2video"
SAMPLE: Changes = {"model": "viduq3", "subjects": subjects(1), "prompt": "@cat1 jumps"}

Q3, OLDER = ("viduq3", "viduq3-turbo"), ("viduq2-pro", "viduq2", "viduq1", "vidu2.0")
FILMED: dict[str, Any] = {"videos": [FILM]}
STORED: dict[str, Any] = {"server_id": "123"}

ACCEPTED: Accepted = [
    *({"model": model} for model in (*Q3, *OLDER)),
    *({"model": model, "subjects": subjects(7)} for model in (*Q3, "viduq2", "viduq1", "vidu2.0")),
    *({"subjects": [subject(images=[REF] * count)]} for count in (1, 3)),
    {"subjects": [subject(images=[image(64, 64)])]},
    {"subjects": [subject(**STORED), subject(2, images=[REF], voice_id="male-qn")]},
    {"subjects": [{"name": "a text subject"}]},
    {"model": "viduq2-pro", "subjects": subjects(4)},
    {"model": "viduq2-pro", "subjects": [*subjects(4), subject(5, **FILMED)]},
    {"model": "viduq2-pro", "subjects": subjects(6, **STORED)},
    {"model": "viduq2-pro", "subjects": [subject(videos=[video()], images=[REF] * 2)]},
    {"auto_subjects": True},
    *({"prompt": text} for text in ("@cat1", "[@cat1]", "nobody", "猫" * 5000)),
    *({"model": model, "audio": audio} for model in (*Q3, *OLDER) for audio in (True, False)),
    *({"audio_type": name} for name in ("all", "speech_only", "sound_effect_only")),
    *({"duration": seconds} for seconds in (3, 16)),
    *({"model": "viduq2-pro", "duration": seconds} for seconds in (0, 10)),
    *({"model": "viduq2", "duration": seconds} for seconds in (1, 10)),
    *({"resolution": p} for p in ("540p", "720p", "1080p")),
    *({"aspect_ratio": ratio} for ratio in ("16:9", "9:16", "1:1", "4:3", "3:4")),
    *({"model": model, "aspect_ratio": "21:9"} for model in ("viduq2", "viduq2-pro")),
    *({"model": model, "aspect_ratio": "9:16"} for model in ("viduq1", "vidu2.0")),
    *({"model": model, "off_peak": True} for model in (*Q3, *OLDER)),
    {"bgm": "unknown fields are ignored"},
    *VIDEO_ACCEPTED,
]
REFUSED: Refused = [
    *(({"model": model}, INVALID) for model in ("viduq3-mix", "viduq3-ad", "viduq4-preview")),
    ({"images": [REF]}, UNWANTED),
    ({"videos": [FILM]}, UNWANTED),
    *(({"subjects": subjects(count)}, COUNT) for count in (0, 8)),
    *(({"subjects": value}, INVALID) for value in ("cat", ["cat"], {"name": "cat"})),
    *(({"subjects": [{**subject(), "name": value}]}, LACKING) for value in ("", None)),
    ({"subjects": [{"id": "1", "images": [REF]}]}, LACKING),
    ({"subjects": [subject(images=[REF] * 4)]}, COUNT),
    ({"subjects": [subject(images=REF)]}, INVALID),
    ({"subjects": [subject(images=["cat.png"])]}, INVALID),
    ({"subjects": [subject(images=[image(512, 128)])]}, SIZE),
    *(
        ({"model": model, "subjects": [subject(**FILMED)]}, COUNT)
        for model in ("viduq3", "viduq3-turbo", "viduq2", "viduq1", "vidu2.0")
    ),
    ({"model": "viduq2-pro", "subjects": subjects(5)}, COUNT),
    ({"model": "viduq2-pro", "subjects": subjects(2, **FILMED)}, COUNT),
    ({"model": "viduq2-pro", "subjects": subjects(7, **STORED)}, COUNT),
    ({"model": "viduq2-pro", "subjects": [subject(videos=[FILM] * 2)]}, COUNT),
    ({"model": "viduq2-pro", "subjects": [subject(**FILMED, images=[REF] * 3)]}, COUNT),
    ({"model": "viduq2-pro", "subjects": [subject(videos=[video(seconds=6)])]}, INVALID),
    ({"auto_subjects": "true"}, INVALID),
    *(({"prompt": value}, LACKING) for value in (None, "")),
    ({"audio_type": "music_only"}, INVALID),
    *(({"duration": seconds}, INVALID) for seconds in (1, 2)),
    *(({"aspect_ratio": value}, INVALID) for value in ("21:9", "", 1)),
    *(({"model": m, "aspect_ratio": "4:3"}, INVALID) for m in ("viduq1", "vidu2.0")),
    *(({"model": "viduq2", "aspect_ratio": value}, INVALID) for value in ("0:9", "wide", "16/9")),
    *(({"model": model, "off_peak": True, "audio": False}, INVALID) for model in Q3),
    *(({"model": model, "off_peak": True, "audio": True}, INVALID) for model in OLDER),
    *VIDEO_REFUSED,
]
