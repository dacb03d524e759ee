"""Images inside a body as bare base64, without the head of a data URI, as Kling and Veo take them.

A value that such a kind has read is a data URI, or a URL: what all other images are too.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from runner.emulator.api.errors import ApiError, invalid
from runner.emulator.api.fields import Fields, is_web_url
from runner.emulator.api.images import media_type_of
from runner.emulator.operations.kinds import Medium

_HEAD = 24  # characters of base64 that contain the first bytes of every format


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlOrBase64(Medium):
    """An image by its URL, or as bare base64; empty without one."""

    def read(self, body: Fields, name: str) -> str:
        """The value, by the rules of `Kind`."""
        text = body.text(name, None if self.is_required else "")
        if not text or is_web_url(text):
            return text
        _check_bare(text, body.path + name)
        media_type = _media_type(text)
        if media_type is None:
            message = f"{body.path}{name} must be an http(s) URL, or base64 of {self.limits.names}"
            raise ApiError("ImageFormatInvalid", message)
        return f"data:{media_type};base64,{text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineImage(Medium):
    """An object with an image as bare base64, and its media type; empty without one."""

    def read(self, body: Fields, name: str) -> str:
        """The value, by the rules of `Kind`."""
        if body.values.get(name) is None:
            return ""
        image = body.object(name)
        media_type = image.choice("mimeType", sorted(set(self.limits.declared.values())))
        text = image.text("bytesBase64Encoded")
        _check_bare(text, f"{image.path}bytesBase64Encoded")
        return f"data:{media_type};base64,{text}"


def _check_bare(text: str, name: str) -> None:
    if text[:5].lower() == "data:":
        raise invalid(f"{name} must be base64 without the head of a data URI")


def _media_type(text: str) -> str | None:
    try:
        return media_type_of(base64.b64decode(text[:_HEAD], validate=True))
    except (binascii.Error, ValueError):
        return None
