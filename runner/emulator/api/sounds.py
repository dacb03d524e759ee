"""Sounds: checks those of a request against the limits of its operation.

MP3, AAC, WAV and M4A are measured by their headers; what has other headers passes unmeasured where
the operation takes more formats than these.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from runner.emulator.api.audio_files import (
    AAC,
    M4A,
    MP3,
    WAV,
    BrokenSoundError,
    seconds_of_sound,
    sound_type_of,
)
from runner.emulator.api.errors import ApiError, invalid
from runner.emulator.api.images import check_bytes
from runner.emulator.state.tasks import Reference

_MB = 1024 * 1024
_ROUNDING_S = 0.15  # encoders fill up the first and the last frame
_NAMES = {MP3: "mp3", WAV: "wav", AAC: "aac", M4A: "m4a"}
# A data URI may declare a type by any of its usual names.
_DECLARED: Mapping[str, str] = MappingProxyType(
    dict.fromkeys((MP3, "audio/mp3"), MP3)
    | dict.fromkeys((WAV, "audio/x-wav", "audio/wave"), WAV)
    | dict.fromkeys((AAC, "audio/x-aac"), AAC)
    | dict.fromkeys((M4A, "audio/m4a", "audio/x-m4a"), M4A)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundLimits:
    """What sounds have to be."""

    example: ClassVar[str] = "data:audio/mpeg;base64,"

    types: Sequence[str] = (MP3,)
    takes_others: bool = False
    """Whether formats are taken that cannot be measured here."""
    takes_data: bool = True
    """Whether a data URI will do instead of a URL."""
    least_s: float = 0
    most_s: float = math.inf
    most_bytes: int | None = 50 * _MB
    most_inline_bytes: int | None = 50 * _MB
    """Of the content of a data URI."""

    @property
    def names(self) -> str:
        """The formats, for messages."""
        *rest, last = [_NAMES[media_type] for media_type in self.types]
        known = f"{', '.join(rest)} or {last}" if rest else last
        return f"{known}, or another documented format" if self.takes_others else known

    @property
    def declared(self) -> Mapping[str, str]:
        """The media types that data URIs may declare, and those that they stand for."""
        return {name: type_ for name, type_ in _DECLARED.items() if type_ in self.types}

    def wrong_format(self, message: str) -> ApiError:
        """The error of what is no such sound."""
        return invalid(message)  # no reason of its own is documented

    def unreachable(self, message: str) -> ApiError:
        """The error of a sound that cannot be fetched."""
        return invalid(message)  # as above

    def check(self, content: bytes, name: str, *, is_inline: bool) -> Reference:
        """What a sound is, by its headers; raises ApiError when it is beyond a limit."""
        check_bytes(content, name, self.most_inline_bytes if is_inline else self.most_bytes)
        media_type, digest = sound_type_of(content), hashlib.sha256(content).hexdigest()
        if media_type is None and self.takes_others:
            return Reference(sha256=digest, media_type=MP3)
        if media_type is None or media_type not in self.types:
            raise invalid(f"{name} must be {self.names}")
        try:
            seconds = seconds_of_sound(content, media_type)
        except BrokenSoundError as error:
            raise invalid(f"{name} cannot be read as {media_type}: {error}") from error
        if not self.least_s - _ROUNDING_S <= seconds <= self.most_s + _ROUNDING_S:
            allowed = f"it must have {self.least_s:g} to {self.most_s:g} s"
            raise invalid(f"{name} has {seconds:.3g} s, {allowed}")
        return Reference(sha256=digest, media_type=media_type, seconds=seconds)
