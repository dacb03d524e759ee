"""Cases of text2audio."""

from __future__ import annotations

from tests.emulator.operations.cases.shared import (
    INVALID,
    LACKING,
    SEED_ACCEPTED,
    SEED_REFUSED,
    Accepted,
    Changes,
    Refused,
)

OPERATION = "text2audio"
SAMPLE: Changes = {"model": "audio1.0", "prompt": "rain on a roof"}

ACCEPTED: Accepted = [
    {"prompt": "x" * 1500},
    *({"duration": seconds} for seconds in (2, 2.5, 9.99, 10)),
    {"callback_url": "https://example.com/hook"},
    {"payload": {"ignored": "this operation has none"}},
    *SEED_ACCEPTED,
]
REFUSED: Refused = [
    ({"model": None}, LACKING),
    ({"model": "viduq2"}, INVALID),
    *(({"prompt": value}, LACKING) for value in (None, "")),
    *(({"prompt": value}, INVALID) for value in ("x" * 1501, 5)),
    *(({"duration": value}, INVALID) for value in (1.9, 10.1, 0, -2, "five", True)),
    ({"callback_url": "example.com"}, INVALID),
    *SEED_REFUSED,
]
