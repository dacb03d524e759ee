"""Cases that come back in most operations: what a page allows, and what it forbids."""

from __future__ import annotations

from typing import Any, TypeAlias

Changes: TypeAlias = dict[str, Any]
"""Changes to a module's SAMPLE; a change to None leaves the field out."""
Accepted: TypeAlias = list[Changes]
Refused: TypeAlias = list[tuple[Changes, str]]
"""With the reason of the refusal."""

REF = "https://example.com/cat.png"
INVALID, LACKING, COUNT = "FieldInvalid", "FieldLacking", "FieldItemCountOutOfRange"
UNWANTED, SIZE = "FieldUnwanted", "PageSizeOutOfRange"
IMAGE_FORMAT, VIDEO_FORMAT = "ImageFormatInvalid", "VideoFormatInvalid"

TAGS_ACCEPTED: Accepted = [
    *({"payload": text} for text in ("", "tag", "p" * 1_048_576)),
    {"callback_url": "https://example.com/hook?a=1"},
    {"negative_prompt": "unknown fields are ignored"},
]
TAGS_REFUSED: Refused = [
    ({"payload": "p" * 1_048_577}, INVALID),
    ({"payload": {"a": 1}}, INVALID),
    *(({"callback_url": value}, INVALID) for value in ("example.com/hook", 5)),
]
SEED_ACCEPTED: Accepted = [*({"seed": seed} for seed in (0, 1, "616519648", 2**31 - 1))]
SEED_REFUSED: Refused = [*(({"seed": value}, INVALID) for value in (-1, 2**31, 1.5, "x", True))]
WATERMARK_ACCEPTED: Accepted = [
    {"watermark": True, "wm_url": "https://example.com/mark.png"},
    *({"meta_data": text} for text in ('{"Label": "AI"}', "free text")),
]
WATERMARK_REFUSED: Refused = [
    ({"watermark": "true"}, INVALID),
    ({"wm_url": "mark.png"}, INVALID),
    ({"meta_data": {"Label": "AI"}}, INVALID),
]
# A corner is a number in most operations, and a text in the others.
CORNER_ACCEPTED: Accepted = [*({"wm_position": position} for position in (1, 2, 3, 4, "4"))]
CORNER_REFUSED: Refused = [*(({"wm_position": value}, INVALID) for value in (0, 5, "top_left"))]
_CORNERS = ("top_left", "top_right", "bottom_right", "bottom_left")
CORNER_NAME_ACCEPTED: Accepted = [*({"wm_position": name} for name in _CORNERS)]
CORNER_NAME_REFUSED: Refused = [*(({"wm_position": value}, INVALID) for value in (3, "3", "top"))]

VIDEO_ACCEPTED: Accepted = [
    *TAGS_ACCEPTED,
    *SEED_ACCEPTED,
    *WATERMARK_ACCEPTED,
    *CORNER_ACCEPTED,
    *({"movement_amplitude": name} for name in ("auto", "small", "medium", "large")),
    {"off_peak": True},
]
"""Of operations with a model, a prompt and all usual fields."""
VIDEO_REFUSED: Refused = [
    *TAGS_REFUSED,
    *SEED_REFUSED,
    *WATERMARK_REFUSED,
    *CORNER_REFUSED,
    ({"model": None}, LACKING),
    ({"model": "viduq2.5"}, INVALID),
    ({"prompt": "x" * 5001}, INVALID),
    ({"prompt": 5}, INVALID),
    *(({"duration": value}, INVALID) for value in (0, -1, 17, 5.5, "five", True, [5])),
    *(({"resolution": value}, INVALID) for value in ("2K", "720", "720P", "", 720)),
    *(({"movement_amplitude": value}, INVALID) for value in ("huge", "", 1)),
    *(({name: "true"}, INVALID) for name in ("audio", "off_peak")),
]
