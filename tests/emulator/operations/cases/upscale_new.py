"""Cases of upscale-new."""

from __future__ import annotations

from tests.emulator.media import video
from tests.emulator.operations.cases.shared import (
    INVALID,
    LACKING,
    TAGS_ACCEPTED,
    TAGS_REFUSED,
    Accepted,
    Changes,
    Refused,
)

FILM = "https://example.com/cat.mkv"
OPERATION = "upscale-new"
SAMPLE: Changes = {"video_url": FILM}

ACCEPTED: Accepted = [
    {},
    *({"upscale_resolution": name} for name in ("1080p", "2K", "4K", "8K")),
    *({name: "unknown"} for name in ("model", "prompt", "resolution")),
    *TAGS_ACCEPTED,
]
REFUSED: Refused = [
    *(({"video_url": value}, LACKING) for value in (None, "")),
    *(({"video_url": value}, INVALID) for value in ("cat.mp4", [FILM], video())),
    ({"video_url": None, "video_creation_id": "123"}, "CreationNotFound"),
    ({"video_creation_id": "123"}, "CreationNotFound"),
    *(({"upscale_resolution": value}, INVALID) for value in ("720p", "1080P", "8k", "", 1080)),
    *TAGS_REFUSED,
]
