"""Tables: the pixels of an order's result, as its resolution and ratio are usually meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from runner.emulator.state.tasks import Order, Reference

FPS = 24
"""Frames a second of all videos."""

SHORT_SIDE: Mapping[str, int] = MappingProxyType(
    {"360p": 360, "540p": 540, "720p": 720, "1080p": 1080, "2K": 1440, "4K": 2160, "8K": 4320}
    | {"480p": 480, "720P": 720, "768P": 768, "1080P": 1080}
)
"""Pixels of the shorter side: ours, after the usual meaning of these names. The longer side follows
from the ratio, so 16:9 is 1920x1080, 2560x1440 and 3840x2160, 1:1 is 1080x1080."""
_SIZE = re.compile(r"(?P<width>[0-9]+)x(?P<height>[0-9]+)")


def pixels_of(order: Order) -> tuple[int, int]:
    """Width and height of the result, both even: yuv420p halves both sides.

    A resolution such as 832x480 is the size itself. "auto", "adaptive" and no ratio take that of
    the video, or else of the first image; where there is none, or its size is unknown because the
    emulator fetches nothing from outside, it is 16:9.
    """
    if not order.resolution:  # that of the first image
        image = order.images[0]
        return (image.width // 2 * 2, image.height // 2 * 2) if image.width else (1280, 720)
    if size := _SIZE.fullmatch(order.resolution):
        return int(size["width"]), int(size["height"])
    across, down = _ratio(order)
    short = SHORT_SIDE[order.resolution]
    longer = 2 * round(short * max(across, down) / min(across, down) / 2)
    return (longer, short) if across >= down else (short, longer)


def is_smaller(video: Reference, resolution: str) -> bool:
    """Whether a video is below a resolution; true where its size is not known."""
    return min(video.width, video.height) < SHORT_SIDE[resolution]


def _ratio(order: Order) -> tuple[int, int]:
    if order.aspect_ratio not in {"", "auto", "adaptive"}:
        across, down = order.aspect_ratio.split(":")
        return int(across), int(down)
    media = (*order.videos[-1:], *order.images)
    return (media[0].width, media[0].height) if media and media[0].width else (16, 9)
