"""Cases of Kling 3 and 2.6."""

from __future__ import annotations

from typing import Any

from tests.builders import image_bytes
from tests.emulator.media import image
from tests.emulator.operations.modelverse.families.shared import (
    MB,
    URL,
    Accepted,
    Changes,
    Refused,
    bare,
    lacking,
    padded,
    wrong_flags,
    wrong_names,
    wrong_numbers,
    wrong_texts,
)

_TEXT = {"prompt": "a cat on a window sill"}
SAMPLES: dict[str, Any] = {
    "kling-v3": {"model": "kling-v3", "input": _TEXT, "parameters": {}},
    "kling-v2-6": {"model": "kling-v2-6", "input": _TEXT, "parameters": {}},
}
_BOTH = ("kling-v3", "kling-v2-6")


def shot(index: int, seconds: int) -> dict[str, Any]:
    """One of several shots."""
    return {"index": index, "prompt": f"shot {index}", "duration": str(seconds)}


def shots(*found: dict[str, Any], seconds: int = 5, **changes: Any) -> Changes:
    """Changes that ask for several shots."""
    return {
        "input.prompt": None,
        "parameters.multi_shot": True,
        "parameters.shot_type": "customize",
        "parameters.multi_prompt": list(found),
        "parameters.duration": seconds,
        **{f"parameters.{name}": value for name, value in changes.items()},
    }


_TWO = (shot(1, 2), shot(2, 3))
_LARGE = padded(image_bytes(size=(300, 300)), 10 * MB + 1)

ACCEPTED: Accepted = [
    *(("kling-v3", {f"input.{name}": "猫" * 2500}) for name in ("prompt", "negative_prompt")),
    *(("kling-v2-6", {f"input.{name}": "猫" * 3000}) for name in ("prompt", "negative_prompt")),
    *(("kling-v3", {"parameters.mode": mode}) for mode in ("std", "pro")),
    ("kling-v2-6", {"parameters.mode": "pro"}),
    *(
        (name, {"parameters.aspect_ratio": ratio})
        for name in _BOTH
        for ratio in ("16:9", "9:16", "1:1")
    ),
    *(("kling-v3", {"parameters.duration": seconds}) for seconds in (3, 4, 15)),
    *(("kling-v2-6", {"parameters.duration": seconds}) for seconds in (5, 10)),
    *(("kling-v3", {"parameters.sound": sound}) for sound in ("on", "off")),
    ("kling-v2-6", {"parameters.sound": "off"}),
    *(
        (name, {"parameters.image": first, "parameters.image_tail": last})
        for name in _BOTH
        for first, last in (
            (URL, ""),
            (URL, URL),
            (bare(), bare("JPEG")),
            (bare(size=(750, 300)), bare(size=(300, 750))),
            (padded(image_bytes(size=(300, 300)), 10 * MB), ""),
        )
    ),
    ("kling-v3", shots(*_TWO)),
    ("kling-v3", shots(*_TWO, image=bare(), image_tail=URL)),
    ("kling-v3", {**shots(*_TWO), "input.prompt": "a prompt too"}),
    ("kling-v3", shots(*(shot(n, 1) for n in range(1, 7)), seconds=6)),
    ("kling-v3", shots({**shot(1, 15), "prompt": "猫" * 512}, seconds=15)),
    # Without multi_shot, they have no effect.
    ("kling-v3", {"parameters.multi_prompt": [], "parameters.multi_shot": False}),
    ("kling-v3", {"parameters.shot_type": "customize"}),
    *(("kling-v3", {"parameters.watermark_enabled": flag}) for flag in (True, False)),
    ("kling-v3", {"parameters.external_task_id": ""}),
    *((name, {"parameters.seed": "unknown fields are ignored"}) for name in _BOTH),
    *(
        ("kling-v2-6", {f"parameters.{name}": 5})
        for name in ("multi_shot", "watermark_enabled", "external_task_id")
    ),
]
REFUSED: Refused = [
    *lacking(_BOTH, "input.prompt"),
    *wrong_texts(_BOTH, "input.prompt"),
    *wrong_texts(_BOTH, "input.negative_prompt"),
    *(
        ("kling-v3", {f"input.{name}": "x" * 2501}, "has 2501 characters, at most 2500")
        for name in ("prompt", "negative_prompt")
    ),
    *wrong_names(["kling-v3"], "parameters.mode", "4k", "720P"),
    *wrong_names(["kling-v2-6"], "parameters.mode", "std"),
    *wrong_names(_BOTH, "parameters.aspect_ratio", "4:3", "auto"),
    *wrong_numbers(_BOTH, "parameters.duration"),
    *(("kling-v3", {"parameters.duration": value}, "must be from 3 to 15") for value in (2, 16)),
    ("kling-v2-6", {"parameters.duration": 7}, "must be one of 5, 10"),
    *wrong_names(["kling-v3"], "parameters.sound", "true"),
    *wrong_texts(["kling-v3"], "parameters.sound"),
    *wrong_names(["kling-v2-6"], "parameters.sound", "on"),
    *(
        (name, {"parameters.image": wrong}, f"parameters.image {message}")
        for name in _BOTH
        for wrong, message in (
            (image(300, 300), "must be base64 without the head of a data URI"),
            ("cat.png", "must be an http(s) URL, or base64 of jpeg, jpg or png"),
            (bare("GIF"), "must be an http(s) URL, or base64 of jpeg, jpg or png"),
            (bare("WEBP"), "must be jpeg, jpg or png"),
            ("iVBORw0KGgoAAAANSUhEUgAA!!", "is not valid base64"),
            (bare(size=(299, 400)), "is 299x400, at least 300x300 pixels are needed"),
            (bare(size=(751, 300)), "is 751x300, the ratio must be between 1:2.5 and 2.5:1"),
            (bare(size=(300, 751)), "is 300x751, the ratio must be between 1:2.5 and 2.5:1"),
            (_LARGE, "has 10485761 bytes, at most 10485760 are allowed"),
            (5, "must be a string"),
        )
    ),
    *(
        (name, {"parameters.image_tail": URL}, "image is missing or empty, image_tail needs it")
        for name in _BOTH
    ),
    *(
        (name, {"parameters.image": URL, "parameters.image_tail": bare(size=(200, 300))}, "200x300")
        for name in _BOTH
    ),
    *wrong_flags(["kling-v3"], "parameters.multi_shot"),
    *wrong_flags(["kling-v3"], "parameters.watermark_enabled"),
    *wrong_texts(["kling-v3"], "parameters.external_task_id"),
    *wrong_names(["kling-v3"], "parameters.shot_type", "intelligence"),
    ("kling-v3", shots(*_TWO, shot_type=None), "parameters.shot_type is missing"),
    ("kling-v3", shots(), "parameters.multi_prompt is missing"),
    ("kling-v3", shots(*(shot(n, 1) for n in range(1, 8)), seconds=7), "must have 0 to 6 items"),
    *(
        ("kling-v3", shots(*wrong), "index must count the shots from 1")
        for wrong in ((shot(2, 5),), (shot(1, 2), shot(1, 3)), (shot(2, 2), shot(1, 3)))
    ),
    ("kling-v3", shots(*_TWO, seconds=6), "have 5 s together, but parameters.duration is 6"),
    *(
        ("kling-v3", shots(wrong), f"parameters.multi_prompt[0].{message}")
        for wrong, message in (
            ({**shot(1, 5), "index": None}, "index is missing"),
            ({**shot(1, 5), "index": "1"}, "index must be an integer"),
            (shot(0, 5), "index must be from 1 to 6"),
            ({**shot(1, 5), "prompt": ""}, "prompt is missing"),
            ({**shot(1, 5), "prompt": "x" * 513}, "prompt has 513 characters, at most 512"),
            ({**shot(1, 5), "duration": 5}, "duration must be a string"),
            (shot(1, 0), "duration must be one of 1, 2"),
            ({**shot(1, 5), "duration": None}, "duration is missing"),
        )
    ),
]
