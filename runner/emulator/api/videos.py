"""Videos: checks those of a request against the limits of its operation.

MP4, MOV and AVI are measured by their headers. What has other headers passes unmeasured where the
operation takes more containers than these.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import ClassVar

from runner.emulator.api.containers import AVI, H264, MP4, BrokenVideoError, measure, video_type_of
from runner.emulator.api.errors import ApiError, invalid
from runner.emulator.api.images import check_bytes, check_sides
from runner.emulator.api.images import media_type_of as image_type_of
from runner.emulator.state.tasks import Reference

_MB = 1024 * 1024
_ROUNDING_S = 0.05  # the last frame of a video may end a little late

_wrong_format = partial(ApiError, "VideoFormatInvalid")


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoLimits:
    """What videos have to be."""

    example: ClassVar[str] = "data:video/mp4;base64,"
    declared: ClassVar[Mapping[str, str]] = MappingProxyType(
        dict.fromkeys((MP4, "video/quicktime", "video/mov"), MP4)
        | dict.fromkeys((AVI, "video/avi", "video/msvideo"), AVI)
    )

    takes_data: bool = True
    """Whether a data URI will do instead of a URL."""
    takes_avi: bool = True
    takes_others: bool = False
    """Whether containers are taken that cannot be measured here."""
    least_s: float = 0
    most_s: float
    least_side: int = 1
    """Pixels."""
    most_side: int | None = None
    ratio: int | None = None
    takes_ratio: bool = False
    """Both as for images."""
    is_h264: bool = False
    """Whether no other codec is taken."""
    below_fps: int | None = None
    most_bytes: int | None = None
    most_inline_bytes: int = 20 * _MB
    """Of the content of a data URI."""

    @property
    def names(self) -> str:
        """The containers, for messages."""
        known = "mp4, mov or avi" if self.takes_avi else "mp4 or mov"
        return f"{known}, or another documented format" if self.takes_others else known

    def wrong_format(self, message: str) -> ApiError:
        """The error of what is no such video."""
        return _wrong_format(message)

    def unreachable(self, message: str) -> ApiError:
        """The error of a video that cannot be fetched."""
        return ApiError("VideoDownloadFailure", message)

    def check(self, content: bytes, name: str, *, is_inline: bool) -> Reference:
        """What a video is, by its headers; raises ApiError when it is beyond a limit."""
        most = self.most_inline_bytes if is_inline else self.most_bytes
        check_bytes(content, name, most)
        media_type, digest = video_type_of(content), hashlib.sha256(content).hexdigest()
        is_other = self.takes_others and image_type_of(content) is None
        taken = is_other if media_type is None else media_type == MP4 or self.takes_avi
        if not taken:
            raise _wrong_format(f"{name} must be {self.names}")
        if media_type is None:
            return Reference(sha256=digest, media_type=MP4)
        try:
            found = measure(content, media_type)
        except BrokenVideoError as error:
            raise _wrong_format(f"{name} cannot be read as {media_type}: {error}") from error
        reference = Reference(
            sha256=digest,
            media_type=media_type,
            width=found.width,
            height=found.height,
            seconds=found.seconds,
        )
        if self.is_h264 and found.codec not in H264:
            raise _wrong_format(f"{name} must be H.264, its codec is {found.codec}")
        self.check_measures(reference, name)
        if self.below_fps is not None and found.fps >= self.below_fps:
            rate = f"{found.fps:.4g} frames a second"
            raise invalid(f"{name} has {rate}, they must be below {self.below_fps}")
        return reference

    def check_measures(self, video: Reference, name: str) -> None:
        """Raise ApiError for a size or a length beyond the limits."""
        check_sides(video.width, video.height, name, self)
        if not self.least_s <= video.seconds <= self.most_s + _ROUNDING_S:
            allowed = f"it must have {self.least_s:g} to {self.most_s:g} s"
            raise invalid(f"{name} has {video.seconds:.3g} s, {allowed}")
