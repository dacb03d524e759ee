"""Cases of reference2video with images."""

from __future__ import annotations

from tests.emulator.media import image, video
from tests.emulator.operations.cases.shared import (
    COUNT,
    IMAGE_FORMAT,
    INVALID,
    LACKING,
    REF,
    SIZE,
    VIDEO_ACCEPTED,
    VIDEO_FORMAT,
    VIDEO_REFUSED,
    Accepted,
    Changes,
    Refused,
)

OPERATION = "reference2video"
SAMPLE: Changes = {"model": "viduq3", "images": [REF], "prompt": "the cat jumps"}

FILM = "https://example.com/cat.mp4"
Q4 = "viduq4-preview"
MAPPED = ("viduq3-drama", "viduq3-ad")
Q3 = ("viduq3", "viduq3-turbo", *MAPPED)
OLDER = ("viduq2-pro", "viduq2", "viduq1", "vidu2.0")
RATIOS = ("16:9", "9:16", "4:3", "3:4", "1:1")
ALL_P = ("540p", "720p", "1080p")
SOUND = "https://example.com/voice.mp3"

ACCEPTED: Accepted = [
    *({"model": model} for model in ("viduq3-mix", *Q3, *OLDER, Q4)),
    *({"images": [REF] * count} for count in (1, 7)),
    *({"model": model, "images": [REF] * 7} for model in OLDER),
    {"images": [image(128, 128), image(511, 128)]},
    {"model": Q4, "images": [REF] * 15},
    {"model": Q4, "images": [image(128, 600)]},
    *({"model": Q4, "prompt": "x" * 20_000, "resolution": p} for p in (*ALL_P, "2K", "4K")),
    *({"model": Q4, "duration": seconds} for seconds in (3, 16)),
    *({"model": Q4, "sounds": [SOUND] * count} for count in (0, 3)),
    *({"model": "viduq2-pro", "videos": [FILM] * count} for count in (0, 1, 2)),
    *({"model": "viduq2-pro", "videos": [FILM], "images": [REF] * n} for n in (1, 4)),
    {"model": "viduq2-pro", "videos": [video(seconds=8)]},
    {"model": "viduq2-pro", "videos": [video(), video("avi")]},
    {"model": "viduq2-pro", "videos": [video("mov")]},
    {"model": "viduq2-pro", "videos": [video(size=(510, 128))]},
    *({"prompt": "猫" * length} for length in (2001, 5000)),
    *({"audio": audio} for audio in (True, False)),
    *({"model": model, "audio": False} for model in OLDER),
    *({"model": model, "duration": s} for model in ("viduq3", "viduq3-mix") for s in (3, 16)),
    *({"model": model, "duration": seconds} for model in MAPPED for seconds in (3, 15)),
    *({"model": "viduq2-pro", "duration": seconds} for seconds in (0, 1, 10)),
    *({"model": "viduq2", "duration": seconds} for seconds in (1, 10)),
    {"model": "viduq1", "duration": 5, "resolution": "1080p"},
    *({"model": "vidu2.0", "duration": 4, "resolution": p} for p in ("360p", "720p")),
    *({"resolution": p} for p in ALL_P),
    *({"model": model, "resolution": p} for model in ("viduq2", "viduq2-pro") for p in ALL_P),
    *({"model": "viduq3-mix", "resolution": p} for p in ("720p", "1080p")),
    *({"aspect_ratio": ratio} for ratio in RATIOS),
    *({"model": model, "aspect_ratio": "3:4"} for model in ("viduq3-mix", "viduq2", Q4)),
    *({"model": model, "aspect_ratio": "1:1"} for model in OLDER),
    *({"model": model, "off_peak": True} for model in (*Q3, *OLDER)),
    {"model": "viduq2", "bgm": True, "duration": 9},
    {"bgm": True},
    *VIDEO_ACCEPTED,
]
REFUSED: Refused = [
    *(({"model": model}, INVALID) for model in ("viduq3-pro", "viduq2-turbo", "viduq1-classic")),
    ({"images": None}, LACKING),
    *(({"images": [REF] * count}, COUNT) for count in (0, 8)),
    ({"images": [REF, "cat.png"]}, INVALID),
    *(({"images": [image(*size)]}, SIZE) for size in ((127, 128), (512, 128))),
    ({"images": [image().replace("image/png", "image/jpeg")]}, IMAGE_FORMAT),
    ({"model": Q4, "images": [REF] * 16}, COUNT),
    ({"model": Q4, "images": [image(128, 640)]}, SIZE),
    ({"model": Q4, "resolution": "8K"}, INVALID),
    *(({"model": Q4, "duration": seconds}, INVALID) for seconds in (2, 17)),
    ({"model": Q4, "sounds": [SOUND] * 4}, COUNT),
    ({"model": Q4, "sounds": [SOUND], "audio": False}, INVALID),
    ({"model": Q4, "sounds": ["data:audio/mpeg;base64,aGVsbG8="]}, INVALID),
    ({"sounds": [SOUND]}, COUNT),
    *(({"model": model, "videos": [FILM]}, COUNT) for model in ("viduq3", "viduq2", "viduq1", Q4)),
    ({"model": "viduq2-pro", "videos": [FILM] * 3}, COUNT),
    ({"model": "viduq2-pro", "videos": [FILM], "images": [REF] * 5}, COUNT),
    ({"model": "viduq2-pro", "videos": [FILM], "images": []}, COUNT),
    ({"model": "viduq2-pro", "videos": FILM}, INVALID),
    ({"model": "viduq2-pro", "videos": [video(seconds=9)]}, INVALID),
    ({"model": "viduq2-pro", "videos": [video(seconds=6), video()]}, INVALID),
    *(
        ({"model": "viduq2-pro", "videos": [video(size=size)]}, SIZE)
        for size in ((126, 128), (512, 128))
    ),
    ({"model": "viduq2-pro", "videos": [image()]}, VIDEO_FORMAT),
    ({"model": "viduq2-pro", "videos": [video("matroska")]}, VIDEO_FORMAT),
    ({"model": "viduq2-pro", "videos": [image().replace("image/png", "video/mp4")]}, VIDEO_FORMAT),
    ({"model": "viduq2-pro", "videos": [video("avi").replace("/avi", "/mp4")]}, VIDEO_FORMAT),
    ({"model": "viduq2-pro", "videos": [video()[:400]]}, VIDEO_FORMAT),
    *(({"prompt": value}, LACKING) for value in (None, "")),
    *(({"model": model, "audio": True}, INVALID) for model in OLDER),
    *(({"duration": seconds}, INVALID) for seconds in (1, 2)),
    *(({"model": model, "duration": s}, INVALID) for model in MAPPED for s in (2, 16)),
    *(({"model": model, "duration": 11}, INVALID) for model in ("viduq2", "viduq2-pro")),
    ({"model": "viduq2", "duration": 0}, INVALID),
    *(({"model": "viduq1", "duration": seconds}, INVALID) for seconds in (4, 8)),
    *(({"model": "vidu2.0", "duration": seconds}, INVALID) for seconds in (5, 8)),
    ({"resolution": "360p"}, INVALID),
    *(
        ({"model": model, "resolution": "540p"}, INVALID)
        for model in ("viduq3-mix", *MAPPED, "viduq1", "vidu2.0")
    ),
    ({"model": "vidu2.0", "resolution": "1080p"}, INVALID),
    *(({"aspect_ratio": value}, INVALID) for value in ("21:9", "auto", "", 1)),
    *(({"model": m, "aspect_ratio": "4:3"}, INVALID) for m in ("viduq1", "vidu2.0")),
    ({"model": "viduq3-mix", "off_peak": True}, INVALID),
    *(({"model": model, "off_peak": True, "audio": False}, INVALID) for model in Q3),
    ({"bgm": "true"}, INVALID),
    *VIDEO_REFUSED,
]
