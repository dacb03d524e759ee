"""Cases of Veo 3.1."""

from __future__ import annotations

from typing import Any

from tests.emulator.operations.modelverse.families.shared import (
    URL,
    Accepted,
    Refused,
    bare,
    data_uri,
    lacking,
    wrong_flags,
    wrong_names,
    wrong_numbers,
    wrong_texts,
)

NAME = "veo-3.1"
SAMPLES: dict[str, Any] = {
    NAME: {
        "model": "veo-3.1-fast-generate-001",
        "input": {"prompt": "a cat on a window sill"},
        "parameters": {"generate_audio": False},
    }
}


def inline(kind: str = "PNG", size: tuple[int, int] = (300, 300)) -> dict[str, str]:
    """An image as an object."""
    return {"bytesBase64Encoded": bare(kind, size), "mimeType": f"image/{kind.lower()}"}


_IMAGES = ("input.image", "input.last_frame")

ACCEPTED: Accepted = [
    (NAME, {"model": "veo-3.1-generate-001"}),
    (NAME, {"input.prompt": "猫" * 5000}),
    *((NAME, {"input.negative_prompt": text}) for text in ("", "dogs")),
    *((NAME, {field: inline(kind)}) for field in _IMAGES for kind in ("PNG", "JPEG", "WEBP")),
    (NAME, {field: inline(size=(500, 20)) for field in _IMAGES}),
    *((NAME, {"parameters.resolution": p}) for p in ("720p", "1080p")),
    *((NAME, {"parameters.duration": seconds}) for seconds in (4, 6, 8)),
    *((NAME, {"parameters.aspect_ratio": ratio}) for ratio in ("16:9", "9:16")),
    *((NAME, {"parameters.generate_audio": flag}) for flag in (True, False)),
    *((NAME, {"parameters.person_generation": w}) for w in ("allow_adult", "dont_allow")),
    (NAME, {"parameters.seed": "unknown fields are ignored"}),
]
REFUSED: Refused = [
    (NAME, {"model": "veo-3.1"}, "model must be one of"),
    *lacking([NAME], "input.prompt"),
    *wrong_texts([NAME], "input.prompt"),
    *wrong_texts([NAME], "input.negative_prompt"),
    *(
        (NAME, {field: wrong}, f"{field}{message}")
        for field in _IMAGES
        for wrong, message in (
            (URL, " must be an object"),
            (data_uri("PNG"), " must be an object"),
            ([inline()], " must be an object"),
            ({}, ".mimeType is missing"),
            ({"mimeType": "image/png"}, ".bytesBase64Encoded is missing"),
            ({**inline(), "mimeType": None}, ".mimeType is missing"),
            ({**inline(), "mimeType": "image/gif"}, ".mimeType must be one of"),
            ({**inline(), "mimeType": "image/jpg"}, ".mimeType must be one of"),
            ({**inline(), "mimeType": "image/jpeg"}, " is image/png, not image/jpeg"),
            (
                {**inline(), "bytesBase64Encoded": data_uri("PNG")},
                ".bytesBase64Encoded must be base64 without the head of a data URI",
            ),
            ({**inline(), "bytesBase64Encoded": URL}, " is not valid base64"),
            ({**inline(), "bytesBase64Encoded": "R0lGODlh"}, " must be png, jpeg, jpg or webp"),
        )
    ),
    *wrong_names([NAME], "parameters.resolution", "540p", "4K"),
    *wrong_numbers([NAME], "parameters.duration"),
    *((NAME, {"parameters.duration": value}, "must be one of 4, 6, 8") for value in (5, 7)),
    *((NAME, {"parameters.duration": value}, "must be from 4 to 8") for value in (3, 9)),
    *wrong_names([NAME], "parameters.aspect_ratio", "1:1", "auto"),
    *wrong_texts([NAME], "parameters.aspect_ratio"),
    *lacking([NAME], "parameters.generate_audio", is_text=False),
    *wrong_flags([NAME], "parameters.generate_audio"),
    *wrong_names([NAME], "parameters.person_generation", "allow_all"),
]
