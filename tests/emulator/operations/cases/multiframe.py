"""Cases of multiframe."""

from __future__ import annotations

from typing import Any

from tests.emulator.media import image
from tests.emulator.operations.cases.shared import (
    CORNER_NAME_ACCEPTED,
    CORNER_NAME_REFUSED,
    COUNT,
    IMAGE_FORMAT,
    INVALID,
    LACKING,
    REF,
    SIZE,
    TAGS_ACCEPTED,
    TAGS_REFUSED,
    WATERMARK_ACCEPTED,
    WATERMARK_REFUSED,
    Accepted,
    Changes,
    Refused,
)


def segments(count: int = 2, **fields: Any) -> list[dict[str, Any]]:
    return [{"key_image": REF, **fields} for _ in range(count)]


OPERATION = "multiframe"
SAMPLE: Changes = {"model": "viduq2-turbo", "start_image": REF, "image_settings": segments()}

ACCEPTED: Accepted = [
    *({"model": model} for model in ("viduq2-turbo", "viduq2-pro")),
    *({"start_image": source} for source in (REF, image(20, 60))),
    *({"image_settings": segments(count)} for count in (2, 9)),
    {"image_settings": [{"key_image": image(), "prompt": "x" * 3000}, *segments(1)]},
    *({"image_settings": segments(duration=seconds)} for seconds in (2, 7, "3")),
    *({"resolution": p} for p in ("540p", "720p", "1080p")),
    *({name: 1} for name in ("seed", "duration", "off_peak", "images", "movement_amplitude")),
    *TAGS_ACCEPTED,
    *WATERMARK_ACCEPTED,
    *CORNER_NAME_ACCEPTED,
]
REFUSED: Refused = [
    ({"model": None}, LACKING),
    *(({"model": model}, INVALID) for model in ("viduq2", "viduq2-pro-fast", "viduq3-pro")),
    *(({"start_image": value}, LACKING) for value in (None, "")),
    *(({"start_image": value}, INVALID) for value in ([REF], "cat.png")),
    ({"start_image": image(512, 128)}, SIZE),
    ({"image_settings": None}, LACKING),
    *(({"image_settings": segments(count)}, COUNT) for count in (0, 1, 10)),
    *(({"image_settings": value}, INVALID) for value in (REF, [REF, REF])),
    ({"image_settings": [{"prompt": "no image"}, *segments()]}, LACKING),
    ({"image_settings": segments(key_image="cat.png")}, INVALID),
    ({"image_settings": segments(key_image=image().replace("png", "jpeg", 1))}, IMAGE_FORMAT),
    ({"image_settings": segments(prompt=5)}, INVALID),
    *(({"image_settings": segments(duration=value)}, INVALID) for value in (1, 8, 2.5, True)),
    *(({"resolution": value}, INVALID) for value in ("360p", "2K", "720", "")),
    *TAGS_REFUSED,
    *WATERMARK_REFUSED,
    *CORNER_NAME_REFUSED,
]
