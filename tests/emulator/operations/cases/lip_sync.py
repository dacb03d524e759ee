"""Cases of lip-sync."""

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

FILM, SOUND = "https://example.com/cat.mp4", "https://example.com/song.mp3"
OPERATION = "lip-sync"
SAMPLE: Changes = {"video_url": FILM, "text": "a text to read out"}

ACCEPTED: Accepted = [
    *({"text": text} for text in ("word", "x" * 2000, "猫" * 2, "猫" * 1000, "a line\nanother")),
    *({"text": f"one<#{seconds}#>two"} for seconds in ("0.01", "99.99", "2")),
    {"text": None, "audio_url": SOUND},
    {"audio_url": SOUND},
    {"voice_id": "Chinese (Mandarin)_News_Anchor"},
    *({"speed": number} for number in (0.5, 1, 2)),
    *({"volume": number} for number in (0, 10, "3")),
    {"text": None, "audio_url": SOUND, "voice_id": "x", "speed": 2, "volume": 3},
    {"ref_photo_url": REF},
    {"character_id": "x", "language": "x"},
    *TAGS_ACCEPTED,
]
REFUSED: Refused = [
    *(({"video_url": value}, LACKING) for value in (None, "")),
    *(({"video_url": value}, INVALID) for value in ("cat.mp4", [FILM], video())),
    ({"text": None}, LACKING),
    *(({"audio_url": value}, INVALID) for value in ("song.mp3", 5, "data:audio/mpeg;base64,AA==")),
    *(({"text": text}, INVALID) for text in ("abc", "x" * 2001, "猫", "猫" * 1001, 5)),
    *(({"text": f"one<#{seconds}#>two"}, INVALID) for seconds in ("0", "100", "1.234", "x")),
    *(({"text": text}, INVALID) for text in ("<#1#>word", "word<#1#>", "one<#1#><#2#>two")),
    ({"voice_id": 5}, INVALID),
    *(({"speed": value}, INVALID) for value in (0.4, 2.1, "fast")),
    *(({"volume": value}, INVALID) for value in (-1, 11, 1.5)),
    *(({"ref_photo_url": value}, INVALID) for value in ("cat.png", image())),
    *TAGS_REFUSED,
]
