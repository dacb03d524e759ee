"""Cases of start-end2video."""

from __future__ import annotations

from tests.emulator.media import image
from tests.emulator.operations.cases.shared import (
    COUNT,
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

OPERATION = "start-end2video"
SAMPLE: Changes = {"model": "viduq3-pro", "images": [REF, REF]}


Q3 = ("viduq3-turbo", "viduq3-pro")
Q2 = ("viduq2-pro-fast", "viduq2-pro", "viduq2-turbo")
OLDER = (*Q2, "viduq1", "viduq1-classic", "vidu2.0")
ACCEPTED: Accepted = [
    *({"model": model} for model in (*Q3, *OLDER)),
    {"images": [image(200, 100), image(200, 125)]},
    # The same ratio in another size.
    {"images": [image(400, 200), image(200, 100)]},
    {"images": [image(200, 100), REF]},
    *({"prompt": text} for text in ("", "猫" * 5000)),
    *({"is_rec": True, "prompt": text} for text in (None, "ignored")),
    *({"model": model, "duration": seconds} for model in Q3 for seconds in (1, 16)),
    *({"model": model, "duration": seconds} for model in Q2 for seconds in (1, 8)),
    *({"model": model, "duration": 5} for model in ("viduq1", "viduq1-classic")),
    *({"model": "vidu2.0", "duration": 4, "resolution": p} for p in ("360p", "720p", "1080p")),
    *({"model": "vidu2.0", "duration": 8, "resolution": p} for p in (None, "720p")),
    *({"resolution": p} for p in ("540p", "720p", "1080p")),
    *({"model": "viduq2-pro-fast", "resolution": p} for p in ("720p", "1080p")),
    *({"audio": audio} for audio in (True, False)),
    *({"model": model, "audio": False} for model in OLDER),
    *({"model": model, "off_peak": True} for model in OLDER),
    {"aspect_ratio": "unknown fields are ignored"},
    *VIDEO_ACCEPTED,
    {"bgm": True},
]
REFUSED: Refused = [
    *(({"model": model}, INVALID) for model in ("viduq2", "viduq3-pro-fast", "viduq4-preview")),
    ({"images": None}, LACKING),
    *(({"images": value}, COUNT) for value in ([], [REF], [REF] * 3)),
    ({"images": [image(128, 128), image(300, 128)]}, SIZE),
    ({"images": [image(128, 128), image(512, 128)]}, SIZE),
    ({"images": [REF, "cat.png"]}, INVALID),
    *(({"model": model, "duration": 9}, INVALID) for model in Q2),
    *(({"model": "viduq1", "duration": seconds}, INVALID) for seconds in (4, 8)),
    *(({"model": "vidu2.0", "duration": seconds}, INVALID) for seconds in (5, 6)),
    *(
        ({"model": "vidu2.0", "duration": 8, "resolution": value}, INVALID)
        for value in ("360p", "1080p")
    ),
    ({"resolution": "360p"}, INVALID),
    *(
        ({"model": model, "resolution": "540p"}, INVALID)
        for model in ("viduq2-pro-fast", "viduq1", "vidu2.0")
    ),
    *(({"model": model, "audio": True}, INVALID) for model in OLDER),
    *(({"model": model, "off_peak": True, "audio": False}, INVALID) for model in Q3),
    *VIDEO_REFUSED,
    *(({name: "true"}, INVALID) for name in ("bgm", "is_rec")),
]
