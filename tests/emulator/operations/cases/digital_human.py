"""Cases of digital-human."""

from __future__ import annotations

from tests.emulator.media import image
from tests.emulator.operations.cases.shared import (
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

SOUND = "https://example.com/song.mp3"
OPERATION = "digital-human"
SAMPLE: Changes = {"model": "viduq2-turbo", "image": REF, "text": "a text to read out"}

ACCEPTED: Accepted = [
    *({"model": model} for model in ("viduq2-turbo", "viduq2-pro")),
    *({"image": source} for source in (REF, image(20, 60))),
    {"prompt": "x" * 2000},
    {"text": None, "audio_url": SOUND},
    {"audio_url": SOUND},
    {"text": "one<#2#>two"},
    {"voice_id": "professional_host"},
    *({"resolution": p} for p in ("540p", "720p", "1080p")),
    *TAGS_ACCEPTED,
]
REFUSED: Refused = [
    ({"model": None}, LACKING),
    *(({"model": model}, INVALID) for model in ("viduq2", "viduq3-pro", "viduq2-pro-fast")),
    *(({"image": value}, LACKING) for value in (None, "")),
    *(({"image": value}, INVALID) for value in ([REF], "cat.png")),
    ({"image": image(512, 128)}, SIZE),
    ({"prompt": "x" * 2001}, INVALID),
    ({"text": None}, LACKING),
    *(({"text": value}, INVALID) for value in ("abc", "x" * 2001, 5)),
    ({"audio_url": "song.mp3"}, INVALID),
    ({"voice_id": 5}, INVALID),
    *(({"resolution": value}, INVALID) for value in ("360p", "2K", "")),
    *TAGS_REFUSED,
]
