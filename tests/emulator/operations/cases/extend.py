"""Cases of extend."""

from __future__ import annotations

from tests.emulator.media import image, video
from tests.emulator.operations.cases.shared import (
    CORNER_NAME_ACCEPTED,
    CORNER_NAME_REFUSED,
    COUNT,
    INVALID,
    LACKING,
    REF,
    TAGS_ACCEPTED,
    TAGS_REFUSED,
    UNWANTED,
    WATERMARK_ACCEPTED,
    WATERMARK_REFUSED,
    Accepted,
    Changes,
    Refused,
)

FILM = "https://example.com/cat.mp4"
OPERATION = "extend"
SAMPLE: Changes = {"model": "viduq2-turbo", "video_url": FILM}

ACCEPTED: Accepted = [
    *({"model": model} for model in ("viduq2-turbo", "viduq2-pro")),
    {"video_creation_id": ""},
    *({"images": images} for images in ([], [REF], [image(20, 60)])),
    {"prompt": "x" * 3000},
    *({"duration": seconds} for seconds in (1, 7)),
    *({"resolution": p} for p in ("540p", "720p", "1080p")),
    *({name: True} for name in ("seed", "audio", "bgm", "off_peak")),
    *TAGS_ACCEPTED,
    *WATERMARK_ACCEPTED,
    *CORNER_NAME_ACCEPTED,
]
REFUSED: Refused = [
    ({"model": None}, LACKING),
    *(({"model": model}, INVALID) for model in ("viduq2", "viduq3-pro", "vidu2.0")),
    *(({"video_url": value}, LACKING) for value in (None, "")),
    ({"video_creation_id": "123"}, UNWANTED),
    ({"video_url": None, "video_creation_id": "123"}, "CreationNotFound"),
    ({"video_url": None, "video_creation_id": "x" * 70}, "CreationNotFound"),
    ({"video_url": None, "video_creation_id": 123}, INVALID),
    *(({"video_url": value}, INVALID) for value in ("cat.mp4", [FILM], video())),
    ({"images": [REF] * 2}, COUNT),
    ({"images": REF}, INVALID),
    ({"prompt": 5}, INVALID),
    *(({"duration": value}, INVALID) for value in (0, 8, 2.5, True)),
    *(({"resolution": value}, INVALID) for value in ("360p", "2K", "720", "")),
    *TAGS_REFUSED,
    *WATERMARK_REFUSED,
    *CORNER_NAME_REFUSED,
]
