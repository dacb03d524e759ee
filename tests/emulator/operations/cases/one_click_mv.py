"""Cases of one-click/mv."""

from __future__ import annotations

from tests.builders import as_data_uri
from tests.emulator.media import image, sound_bytes
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

SONG = "https://example.com/song.mp3"
OPERATION = "one-click/mv"
SAMPLE: Changes = {"images": [REF], "audio_url": SONG}
_SYNCED = {"lip_sync": True, "lip_ref_url": REF}


def song(seconds: float, form: str = "mp3", type_: str = "audio/mpeg") -> str:
    return as_data_uri(sound_bytes(form, seconds=seconds, rate=16_000), type_)


ACCEPTED: Accepted = [
    *({"images": images} for images in ([REF] * 7, [image(20, 60)])),
    *({"audio_url": song(10, form, type_)} for form, type_ in (("mp3", "audio/mpeg"),)),
    {"audio_url": song(10, "wav", "audio/wav")},
    {"audio_url": song(10, "adts", "audio/aac")},
    {"audio_url": song(10, "ipod", "audio/m4a")},
    {"audio_url": song(300)},
    {"prompt": "x" * 3000},
    *({"aspect_ratio": ratio} for ratio in ("1:1", "16:9", "9:16", "4:3", "3:4")),
    *({"quality": name} for name in ("standard", "high")),
    *({"resolution": p} for p in ("540p", "720p", "1080p")),
    _SYNCED,
    {"lip_ref_url": REF},
    {"add_subtitle": True, "subtitle_color": "#00ffAA", "srt_url": "https://example.com/a.srt"},
    *({"language": name} for name in ("en", "zh")),
    {"callback_url": "https://example.com/hook"},
]
REFUSED: Refused = [
    ({"images": None}, LACKING),
    *(({"images": [REF] * count}, COUNT) for count in (0, 8)),
    ({"images": [image(512, 128)]}, SIZE),
    *(({"audio_url": value}, LACKING) for value in (None, "")),
    *(({"audio_url": value}, INVALID) for value in ("song.mp3", [SONG], song(9), song(301))),
    ({"prompt": "x" * 3001}, INVALID),
    *(({"aspect_ratio": value}, INVALID) for value in ("21:9", "auto", "")),
    *(({"quality": value}, INVALID) for value in ("best", 1)),
    ({"quality": "high", "resolution": "540p"}, INVALID),
    *(({"resolution": value}, INVALID) for value in ("360p", "2K", 720)),
    ({"lip_sync": True}, LACKING),
    ({**_SYNCED, "resolution": "540p"}, INVALID),
    ({"lip_sync": "true"}, INVALID),
    *(({"lip_ref_url": value}, INVALID) for value in ("cat.png", image())),
    ({"add_subtitle": 1}, INVALID),
    *(({"subtitle_color": value}, INVALID) for value in ("white", "#FFF", "#GGGGGG", "")),
    ({"language": "fr"}, INVALID),
    ({"srt_url": "a.srt"}, INVALID),
    ({"callback_url": "example.com"}, INVALID),
]
