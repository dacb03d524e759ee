"""What is known of an image and what a provider accepts in, messages out."""

from __future__ import annotations

from runner.media.sources import label
from runner.media.types import described, list_types
from runner.model import Media, MediaLimits


def check_limits(media: Media, limits: MediaLimits) -> list[str]:
    """Everything that is wrong with the image for this provider; nothing for URLs.

    Pixels count as stored: an EXIF rotation swaps the sides, which changes neither the least
    side nor the ratio.
    """
    name = label(media.source)
    if media.media_type is None:
        return []
    if media.media_type not in limits.media_types:
        accepted = list_types(limits.media_types)
        return [f"{name} is {described(media.media_type)}; {accepted} are accepted"]
    found = (_bytes(media, limits), _pixels(media, limits), _ratio(media, limits))
    return [f"{name} {message}" for message in found if message]


def _bytes(media: Media, limits: MediaLimits) -> str | None:
    """The documents' "50M" is read as MiB, so that nothing they may allow is refused."""
    if media.size_bytes is None or media.size_bytes <= limits.max_bytes:
        return None
    mib = f"{limits.max_bytes / 2**20:g} MiB"
    return f"has {media.size_bytes:,} bytes; at most {limits.max_bytes:,} ({mib}) are accepted"


def _pixels(media: Media, limits: MediaLimits) -> str | None:
    if media.width is None or media.height is None:
        return None
    if media.width >= limits.min_width and media.height >= limits.min_height:
        return None
    least = f"{limits.min_width}x{limits.min_height}"
    return f"is {media.width}x{media.height} pixels, at least {least} are needed"


def _ratio(media: Media, limits: MediaLimits) -> str | None:
    """The documents say "smaller than": the very ratio is already too much."""
    if not media.width or not media.height:
        return None
    longer, shorter = max(media.width, media.height), min(media.width, media.height)
    if longer < limits.max_ratio * shorter:
        return None
    ratio, most = f"{longer / shorter:.4g}", f"{limits.max_ratio:g}"
    size = f"is {media.width}x{media.height} pixels"
    if media.width > media.height:
        return f"{size} ({ratio}:1); the ratio must be below {most}:1"
    return f"{size} (1:{ratio}); the ratio must be above 1:{most}"
