"""Cases of template-story."""

from __future__ import annotations

from tests.emulator.media import image
from tests.emulator.operations.cases.shared import (
    COUNT,
    INVALID,
    LACKING,
    REF,
    SIZE,
    TAGS_ACCEPTED,
    TAGS_REFUSED,
    Accepted,
    Changes,
    Refused,
)

OPERATION = "template-story"
SAMPLE: Changes = {"story": "love_story", "images": [REF]}
STORIES = ("love_story", "workday_feels", "monkey_king", "pigsy", "monk_tang", "one_shot")

ACCEPTED: Accepted = [
    *({"story": name} for name in STORIES),
    *({"images": [REF] * count} for count in (1, 4)),
    {"images": [image(20, 60)]},
    *({name: "unknown"} for name in ("prompt", "seed", "template", "watermark")),
    *TAGS_ACCEPTED,
]
REFUSED: Refused = [
    *(({"story": value}, LACKING) for value in (None, "")),
    *(({"story": value}, INVALID) for value in ("sad_story", 1)),
    ({"images": None}, LACKING),
    ({"images": []}, COUNT),
    *(({"images": value}, INVALID) for value in (REF, ["cat.png"])),
    ({"images": [image(512, 128)]}, SIZE),
    *TAGS_REFUSED,
]
