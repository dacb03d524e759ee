"""Cases of ad-one-click."""

from __future__ import annotations

from tests.emulator.media import image
from tests.emulator.operations.cases.shared import (
    COUNT,
    INVALID,
    LACKING,
    REF,
    SIZE,
    Accepted,
    Changes,
    Refused,
)

OPERATION = "ad-one-click"
SAMPLE: Changes = {"images": [REF]}

ACCEPTED: Accepted = [
    *({"images": images} for images in ([REF] * 7, [image(20, 60)])),
    {"prompt": "x" * 2000},
    *({"duration": seconds} for seconds in (8, 60)),
    *({"aspect_ratio": ratio} for ratio in ("1:1", "16:9", "9:16")),
    *({"language": name} for name in ("zh", "en")),
    {"creative": True},
    {"callback_url": "https://example.com/hook"},
]
REFUSED: Refused = [
    ({"images": None}, LACKING),
    *(({"images": [REF] * count}, COUNT) for count in (0, 8)),
    ({"images": [image(512, 128)]}, SIZE),
    ({"prompt": "x" * 2001}, INVALID),
    *(({"duration": value}, INVALID) for value in (7, 61, 8.5)),
    *(({"aspect_ratio": value}, INVALID) for value in ("4:3", "3:4", "auto")),
    *(({"language": value}, INVALID) for value in ("fr", 1)),
    ({"creative": "true"}, INVALID),
    ({"callback_url": "example.com"}, INVALID),
]
