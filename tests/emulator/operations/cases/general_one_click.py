"""Cases of one-click/general_one_click."""

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

OPERATION = "one-click/general_one_click"
SAMPLE: Changes = {"images": [REF], "duration": 10}

ACCEPTED: Accepted = [
    *({"images": images} for images in ([REF] * 7, [image(20, 60)])),
    *({"duration": seconds} for seconds in (1, 180, "30")),
    {"prompt": "x" * 3000},
    *({"aspect_ratio": ratio} for ratio in ("1:1", "16:9", "9:16", "4:3", "3:4")),
    *TAGS_ACCEPTED,
]
REFUSED: Refused = [
    ({"images": None}, LACKING),
    *(({"images": [REF] * count}, COUNT) for count in (0, 8)),
    ({"images": [image(512, 128)]}, SIZE),
    ({"duration": None}, LACKING),
    *(({"duration": value}, INVALID) for value in (0, 181, 10.5, "long", True)),
    ({"prompt": "x" * 3001}, INVALID),
    *(({"aspect_ratio": value}, INVALID) for value in ("21:9", "auto", "")),
    *TAGS_REFUSED,
]
