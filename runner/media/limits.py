"""Media limits: checks an image against what an operation accepts."""

from __future__ import annotations

from runner.media.sources import label
from runner.media.types import describe_type
from runner.model.jobs import Media
from runner.model.operations import MediaLimits


def check_limits(media: Media, limits: MediaLimits) -> list[str]:
    """Every limit that the image breaks, as messages; empty for URLs, which are not probed.

    Pixels count as stored: an EXIF rotation swaps the sides, which changes neither the shorter
    side nor the ratio.
    """
    name = label(media.source)
    if media.media_type is None:
        return []
    if media.media_type not in limits.media_types:
        accepted = _list_types(limits.media_types)
        return [f"{name} is {describe_type(media.media_type)}; {accepted} are accepted"]
    messages = (_check_bytes(media, limits), _check_pixels(media, limits))
    return [f"{name} {message}" for message in (*messages, _check_ratio(media, limits)) if message]


def _list_types(media_types: tuple[str, ...]) -> str:
    """The types as a list to choose from: "png, jpeg or webp"."""
    *names, last = (media_type.partition("/")[2] for media_type in media_types)
    return f"{', '.join(names)} or {last}" if names else last


def _check_bytes(media: Media, limits: MediaLimits) -> str | None:
    if media.size_bytes is None or media.size_bytes <= limits.max_bytes:
        return None
    # The documents' "50M" is read as MiB, so that nothing they may allow is rejected.
    mib = f"{limits.max_bytes / 2**20:g} MiB"
    return f"has {media.size_bytes:,} bytes; at most {limits.max_bytes:,} ({mib}) are accepted"


def _check_pixels(media: Media, limits: MediaLimits) -> str | None:
    if media.width is None or media.height is None:
        return None
    if media.width >= limits.min_width and media.height >= limits.min_height:
        return None
    minimum = f"{limits.min_width}x{limits.min_height}"
    return f"is {media.width}x{media.height} pixels, but at least {minimum} are needed"


def _check_ratio(media: Media, limits: MediaLimits) -> str | None:
    if not media.width or not media.height:
        return None
    longer, shorter = max(media.width, media.height), min(media.width, media.height)
    if longer < limits.max_ratio * shorter:  # the documents require "smaller than", not "at most"
        return None
    ratio, maximum = f"{longer / shorter:.4g}", f"{limits.max_ratio:g}"
    size = f"is {media.width}x{media.height} pixels"
    if media.width > media.height:
        return f"{size} ({ratio}:1); the ratio must be below {maximum}:1"
    return f"{size} (1:{ratio}); the ratio must be above 1:{maximum}"
