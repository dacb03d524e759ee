"""Cases of Hailuo 2.3 and 2.3-Fast."""

from __future__ import annotations

from tests.builders import as_data_uri, image_bytes
from tests.emulator.media import image
from tests.emulator.operations.modelverse.families.shared import (
    MB,
    URL,
    Accepted,
    Refused,
    bare,
    data_uri,
    lacking,
    padded,
    wrong_flags,
    wrong_names,
    wrong_numbers,
    wrong_texts,
)

_TEXT = {"prompt": "a cat on a window sill"}
SAMPLES = {
    "hailuo-2.3": {"model": "MiniMax-Hailuo-2.3", "input": _TEXT, "parameters": {}},
    "hailuo-2.3-fast": {
        "model": "MiniMax-Hailuo-2.3-Fast",
        "input": {**_TEXT, "first_frame_image": URL},
        "parameters": {},
    },
}
_BOTH = ("hailuo-2.3", "hailuo-2.3-fast")
_FLAGS = ("prompt_optimizer", "fast_pretreatment", "aigc_watermark")
_SMALL = image_bytes(size=(301, 301))

ACCEPTED: Accepted = [
    *((name, {"input.prompt": "猫[左摇]" + "猫" * 1995}) for name in _BOTH),
    ("hailuo-2.3", {"input.first_frame_image": URL}),
    *(
        (name, {"input.first_frame_image": found})
        for name in _BOTH
        for found in (
            *(data_uri(kind, (301, 301)) for kind in ("PNG", "JPEG", "WEBP")),
            as_data_uri(image_bytes("JPEG", (301, 301)), "image/jpg"),
            *(image(*size) for size in ((800, 320), (320, 800))),
            "data:image/png;base64," + padded(_SMALL, 20 * MB),
        )
    ),
    *((name, {"parameters.duration": seconds}) for name in _BOTH for seconds in (6, 10)),
    *((name, {"parameters.resolution": p}) for name in _BOTH for p in ("768P", "1080P")),
    *((name, {"parameters.duration": 10, "parameters.resolution": "768P"}) for name in _BOTH),
    *(
        (name, {f"parameters.{field}": flag})
        for name in _BOTH
        for field in _FLAGS
        for flag in (True, False)
    ),
    *((name, {"parameters.seed": "unknown fields are ignored"}) for name in _BOTH),
]
REFUSED: Refused = [
    *lacking(_BOTH, "input.prompt"),
    *wrong_texts(_BOTH, "input.prompt"),
    *(
        (name, {"input.prompt": "x" * 2001}, "input.prompt has 2001 characters, at most 2000")
        for name in _BOTH
    ),
    *lacking(["hailuo-2.3-fast"], "input.first_frame_image"),
    *(
        (name, {"input.first_frame_image": wrong}, f"input.first_frame_image {message}")
        for name in _BOTH
        for wrong, message in (
            (bare(size=(301, 301)), "must be an http(s) URL or data:image/png;base64"),
            (as_data_uri(image_bytes("GIF"), "image/gif"), "must be png, jpeg, jpg or webp"),
            (as_data_uri(_SMALL, "image/jpeg"), "is image/png, not image/jpeg as it declares"),
            (image(300, 400), "is 300x400, at least 301x301 pixels are needed"),
            (image(801, 320), "is 801x320, the ratio must be between 1:2.5 and 2.5:1"),
            (image(320, 801), "is 320x801, the ratio must be between 1:2.5 and 2.5:1"),
            (
                "data:image/png;base64," + padded(_SMALL, 20 * MB + 1),
                "has 20971521 bytes, at most 20971520 are allowed",
            ),
            (5, "must be a string"),
        )
    ),
    *wrong_numbers(_BOTH, "parameters.duration"),
    *((name, {"parameters.duration": 8}, "must be one of 6, 10") for name in _BOTH),
    *((name, {"parameters.duration": 5}, "must be from 6 to 10") for name in _BOTH),
    *wrong_names(_BOTH, "parameters.resolution", "768p", "720P", "512P"),
    *(
        (
            name,
            {"parameters.duration": 10, "parameters.resolution": "1080P"},
            "parameters.resolution must be one of 768P",
        )
        for name in _BOTH
    ),
    *(refused for field in _FLAGS for refused in wrong_flags(_BOTH, f"parameters.{field}")),
]
