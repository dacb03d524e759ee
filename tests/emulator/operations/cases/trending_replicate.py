"""Cases of trending-replicate."""

from __future__ import annotations

from tests.emulator.media import image, video
from tests.emulator.operations.cases.shared import (
    COUNT,
    INVALID,
    LACKING,
    REF,
    SIZE,
    VIDEO_FORMAT,
    Accepted,
    Changes,
    Refused,
)

FILM = "https://example.com/cat.mp4"
OPERATION = "trending-replicate"
SAMPLE: Changes = {"video_url": FILM, "images": [REF]}

ACCEPTED: Accepted = [
    *({"video_url": source} for source in (video(), video("mov"))),
    *({"images": images} for images in ([REF] * 7, [image(20, 60)])),
    {"prompt": "x" * 2000},
    *({"aspect_ratio": ratio} for ratio in ("1:1", "16:9", "9:16", "4:3", "3:4")),
    *({"resolution": p} for p in ("540p", "720p", "1080p")),
    *({"remove_audio": value} for value in (True, False)),
    {"callback_url": "https://example.com/hook"},
]
REFUSED: Refused = [
    *(({"video_url": value}, LACKING) for value in (None, "")),
    *(({"video_url": value}, INVALID) for value in ("cat.mp4", [FILM], video(seconds=4))),
    ({"video_url": video("avi")}, VIDEO_FORMAT),
    ({"images": None}, LACKING),
    *(({"images": [REF] * count}, COUNT) for count in (0, 8)),
    ({"images": [image(512, 128)]}, SIZE),
    ({"prompt": "x" * 2001}, INVALID),
    *(({"aspect_ratio": value}, INVALID) for value in ("21:9", "auto")),
    *(({"resolution": value}, INVALID) for value in ("360p", "2K")),
    ({"remove_audio": "true"}, INVALID),
    ({"callback_url": "example.com"}, INVALID),
]
