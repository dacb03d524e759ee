"""What the cases of the families share: their form, media, and frequent wrong values."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, TypeAlias

from tests.builders import as_data_uri, image_bytes

Changes: TypeAlias = dict[str, Any]
"""Values by their full name, such as `input.prompt`; None leaves a field out."""
Accepted: TypeAlias = list[tuple[str, Changes]]
"""A sample's name, and changes to it that are accepted."""
Refused: TypeAlias = list[tuple[str, Changes, str]]
"""A sample's name, changes to it that are refused, and a part of the message."""

URL = "https://example.com/cat.png"
SOUND_URL = "https://example.com/song.mp3"
MB = 1024 * 1024


def bare(kind: str = "PNG", size: tuple[int, int] = (300, 300)) -> str:
    """An image as base64 without the head of a data URI."""
    return base64.b64encode(image_bytes(kind, size)).decode()


def data_uri(kind: str, size: tuple[int, int] = (300, 300)) -> str:
    """An image as a data URI that declares what it is."""
    return as_data_uri(image_bytes(kind, size), f"image/{kind.lower()}")


def padded(content: bytes, size: int) -> str:
    """An image of so many bytes, as base64."""
    return base64.b64encode(content.ljust(size, b"\0")).decode()


def wrong_texts(names: Sequence[str], field: str) -> Refused:
    """A number instead of a text."""
    return [(name, {field: 5}, f"{field} must be a string") for name in names]


def wrong_flags(names: Sequence[str], field: str) -> Refused:
    """What looks like a boolean and is none."""
    return [
        (name, {field: value}, f"{field} must be a boolean")
        for name in names
        for value in ("true", 1)
    ]


def wrong_numbers(names: Sequence[str], field: str) -> Refused:
    """What looks like a whole number and is none."""
    return [
        (name, {field: value}, f"{field} must be an integer")
        for name in names
        for value in ("5", 5.0, True)
    ]


def wrong_names(names: Sequence[str], field: str, *values: str) -> Refused:
    """Names that are not offered."""
    return [(name, {field: value}, f"{field} must be one of") for name in names for value in values]


def lacking(names: Sequence[str], field: str, *, is_text: bool = True) -> Refused:
    """A required field that is missing or empty."""
    values = (None, "") if is_text else (None,)
    return [(name, {field: value}, f"{field} is missing") for name in names for value in values]
