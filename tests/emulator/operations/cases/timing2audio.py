"""Cases of timing2audio."""

from __future__ import annotations

from typing import Any

from tests.emulator.operations.cases.shared import (
    COUNT,
    INVALID,
    LACKING,
    SEED_ACCEPTED,
    SEED_REFUSED,
    Accepted,
    Changes,
    Refused,
)


def timed(start: Any, end: Any, prompt: Any = "thunder") -> dict[str, Any]:
    return {"from": start, "to": end, "prompt": prompt}


OPERATION = "timing2audio"
SAMPLE: Changes = {"model": "audio1.0", "timing_prompts": [timed(0, 3), timed(2, 9.5)]}

ACCEPTED: Accepted = [
    {"timing_prompts": [timed(0, 10, "x" * 1500)]},
    {"timing_prompts": [timed(0, 2)], "duration": 2},
    {"timing_prompts": [timed(0, 1)] * 20},
    {"duration": 9.5},
    {"callback_url": "https://example.com/hook"},
    *SEED_ACCEPTED,
]
REFUSED: Refused = [
    ({"model": None}, LACKING),
    ({"model": "audio2.0"}, INVALID),
    ({"timing_prompts": None}, LACKING),
    ({"timing_prompts": []}, COUNT),
    *(({"timing_prompts": value}, INVALID) for value in ("rain", ["rain"])),
    *(({"timing_prompts": [timed(*times)]}, LACKING) for times in ((None, 1), (0, None))),
    *(({"timing_prompts": [timed(0, 1, value)]}, LACKING) for value in (None, "")),
    ({"timing_prompts": [timed(0, 1, "x" * 1501)]}, INVALID),
    *(({"timing_prompts": [timed(*times)]}, INVALID) for times in ((-1, 1), (2, 2), (3, 2))),
    *(({"timing_prompts": [timed(*times)]}, INVALID) for times in ((0, 10.5), ("0", 1), (0, "1"))),
    ({"duration": 9}, INVALID),
    *(({"duration": value}, INVALID) for value in (1.9, 10.1, "five")),
    ({"callback_url": "example.com"}, INVALID),
    *SEED_REFUSED,
]
