"""Cases of image2dance."""

from __future__ import annotations

from tests.emulator.media import image, video
from tests.emulator.operations.cases.shared import (
    INVALID,
    LACKING,
    REF,
    TAGS_ACCEPTED,
    TAGS_REFUSED,
    Accepted,
    Changes,
    Refused,
)

OPERATION = "image2dance"
SAMPLE: Changes = {"image_url": REF, "video_url": "https://example.com/cat.mp4"}

ACCEPTED: Accepted = [{}, {"model": "ignored"}, *TAGS_ACCEPTED]
REFUSED: Refused = [
    *(({"image_url": value}, LACKING) for value in (None, "")),
    *(({"image_url": value}, INVALID) for value in ("cat.png", [REF], image(300, 300))),
    *(({"video_url": value}, LACKING) for value in (None, "")),
    *(({"video_url": value}, INVALID) for value in ("cat.mp4", 5, video(size=(300, 300)))),
    *TAGS_REFUSED,
]
