"""Cases of img2video."""

from __future__ import annotations

from tests.emulator.media import image
from tests.emulator.operations.cases.shared import (
    COUNT,
    IMAGE_FORMAT,
    INVALID,
    LACKING,
    REF,
    SIZE,
    VIDEO_ACCEPTED,
    VIDEO_REFUSED,
    Accepted,
    Changes,
    Refused,
)

OPERATION = "img2video"
SAMPLE: Changes = {"model": "viduq3-pro", "images": [REF]}


Q3 = ("viduq3-turbo", "viduq3-pro", "viduq3-pro-fast")
Q2 = ("viduq2-pro-fast", "viduq2-pro", "viduq2-turbo")
OLDER = (*Q2, "viduq1", "viduq1-classic", "vidu2.0")
Q4 = "viduq4-preview"
ACCEPTED: Accepted = [
    *({"model": Q4, "duration": seconds} for seconds in (3, 16)),
    *({"model": Q4, "resolution": p} for p in ("540p", "720p", "1080p", "2K", "4K")),
    *({"model": Q4, "audio": audio} for audio in (True, False)),
    {"model": Q4, "prompt": "x" * 20_000, "is_rec": False},
    *({"model": model} for model in (*Q3, *OLDER)),
    {"images": [image(20, 60)]},
    {"images": [image(510, 128)]},
    *({"prompt": text} for text in ("", "猫" * 5000)),
    *({"is_rec": True, "prompt": text} for text in (None, "ignored")),
    *({"model": model, "duration": seconds} for model in Q3 for seconds in (1, 16)),
    *({"model": model, "duration": seconds} for model in Q2 for seconds in (1, 10)),
    *({"model": model, "duration": 5} for model in ("viduq1", "viduq1-classic")),
    *({"model": "vidu2.0", "duration": 4, "resolution": p} for p in ("360p", "720p", "1080p")),
    *({"model": "vidu2.0", "duration": 8, "resolution": p} for p in (None, "720p")),
    *({"model": "viduq2-pro", "resolution": p} for p in ("540p", "720p", "1080p")),
    *({"resolution": p} for p in ("540p", "720p", "1080p")),
    *({"model": "viduq3-pro-fast", "resolution": p} for p in ("720p", "1080p")),
    *({"model": model, "audio": audio} for model in (*Q3, *OLDER) for audio in (True, False)),
    *(
        {"model": "viduq2-pro", "audio": True, "audio_type": name}
        for name in ("all", "speech_only", "sound_effect_only")
    ),
    {"audio_type": "speech_only"},
    {"voice_id": "Chinese (Mandarin)_News_Anchor"},
    {"model": "viduq2-pro", "audio": False, "voice_id": "professional_host"},
    *({"model": model, "off_peak": True} for model in OLDER),
    {"model": "viduq3-pro-fast", "off_peak": True, "audio": False},
    {"aspect_ratio": "unknown fields are ignored"},
    *VIDEO_ACCEPTED,
    {"bgm": True},
]
REFUSED: Refused = [
    *(({"model": Q4, "duration": seconds}, INVALID) for seconds in (2, 17)),
    *(({"model": Q4, "resolution": p}, INVALID) for p in ("360p", "8K")),
    *(({"model": model}, INVALID) for model in ("viduq2", "viduq3")),
    ({"images": None}, LACKING),
    *(({"images": value}, COUNT) for value in ([], [REF, REF])),
    ({"images": REF}, INVALID),
    ({"images": ["cat.png"]}, INVALID),
    ({"images": [image(512, 128)]}, SIZE),
    ({"images": [image().replace("image/png", "image/gif")]}, IMAGE_FORMAT),
    ({"images": [image().replace("image/png", "image/jpeg")]}, IMAGE_FORMAT),
    *(({"model": model, "duration": 11}, INVALID) for model in Q2),
    *(({"model": "viduq1", "duration": seconds}, INVALID) for seconds in (4, 8)),
    *(({"model": "vidu2.0", "duration": seconds}, INVALID) for seconds in (5, 6)),
    *(
        ({"model": "vidu2.0", "duration": 8, "resolution": value}, INVALID)
        for value in ("360p", "1080p")
    ),
    ({"model": "vidu2.0", "resolution": "540p"}, INVALID),
    ({"resolution": "360p"}, INVALID),
    *(
        ({"model": model, "resolution": "540p"}, INVALID)
        for model in ("viduq3-pro-fast", "viduq2-pro-fast", "viduq1")
    ),
    ({"audio_type": "music_only"}, INVALID),
    ({"voice_id": 5}, INVALID),
    *(({"model": model, "off_peak": True, "audio": True}, INVALID) for model in OLDER),
    *(
        ({"model": model, "off_peak": True, "audio": False}, INVALID)
        for model in ("viduq3-pro", "viduq3-turbo")
    ),
    *VIDEO_REFUSED,
    *(({name: "true"}, INVALID) for name in ("bgm", "is_rec")),
]
