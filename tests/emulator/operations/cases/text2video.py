"""Cases of text2video."""

from __future__ import annotations

from tests.emulator.operations.cases.shared import (
    INVALID,
    LACKING,
    VIDEO_ACCEPTED,
    VIDEO_REFUSED,
    Accepted,
    Changes,
    Refused,
)

OPERATION = "text2video"
SAMPLE: Changes = {"model": "viduq3-pro", "prompt": "a cat on a window sill"}


ACCEPTED: Accepted = [
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
    *VIDEO_ACCEPTED,
    {"bgm": True},
]
REFUSED: Refused = [
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
    *VIDEO_REFUSED,
    *(({name: "true"}, INVALID) for name in ("bgm",)),
]
