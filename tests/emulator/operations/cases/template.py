"""Cases of template."""

from __future__ import annotations

from tests.emulator.media import image
from tests.emulator.operations.cases.shared import (
    CORNER_ACCEPTED,
    CORNER_REFUSED,
    COUNT,
    INVALID,
    LACKING,
    REF,
    SEED_ACCEPTED,
    SEED_REFUSED,
    SIZE,
    TAGS_ACCEPTED,
    TAGS_REFUSED,
    UNWANTED,
    WATERMARK_ACCEPTED,
    WATERMARK_REFUSED,
    Accepted,
    Changes,
    Refused,
)

OPERATION = "template"
SAMPLE: Changes = {"template": "hugging", "images": [REF]}
PRINCESS, BEAST = {"template": "exotic_princess"}, {"template": "beast_companion"}

ACCEPTED: Accepted = [
    *({"template": name} for name in ("hugging", "subject_3", "of next week")),
    *({"images": [REF] * count} for count in (1, 2, 3)),
    {"images": [image(128, 511)]},
    *({"prompt": text} for text in ("", "猫" * 2000)),
    *({"aspect_ratio": ratio} for ratio in ("16:9", "9:16", "1:1")),
    *({**PRINCESS, "area": name} for name in ("auto", "denmark", "japan")),
    *({**BEAST, "beast": name} for name in ("auto", "bear", "wolf")),
    {"bgm": True},
    *({name: "unknown"} for name in ("model", "duration", "resolution", "off_peak")),
    *TAGS_ACCEPTED,
    *SEED_ACCEPTED,
    *WATERMARK_ACCEPTED,
    *CORNER_ACCEPTED,
]
REFUSED: Refused = [
    *(({"template": value}, LACKING) for value in (None, "")),
    ({"template": 3}, INVALID),
    ({"images": None}, LACKING),
    ({"images": []}, COUNT),
    *(({"images": value}, INVALID) for value in (REF, ["cat.png"])),
    *(({"images": [image(*size)]}, SIZE) for size in ((127, 128), (128, 512))),
    ({"prompt": "x" * 2001}, INVALID),
    *(({"aspect_ratio": value}, INVALID) for value in ("4:3", "auto", "")),
    ({"area": "denmark"}, UNWANTED),
    ({"beast": "wolf"}, UNWANTED),
    ({**BEAST, "area": "denmark"}, UNWANTED),
    *(({**PRINCESS, "area": value}, INVALID) for value in ("france", 1)),
    *(({**BEAST, "beast": value}, INVALID) for value in ("cat", 1)),
    ({"bgm": "true"}, INVALID),
    *TAGS_REFUSED,
    *SEED_REFUSED,
    *WATERMARK_REFUSED,
    *CORNER_REFUSED,
]
