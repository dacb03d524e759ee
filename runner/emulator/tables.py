"""Tables: duration and pixels of an order, as published or as we guess them."""

from __future__ import annotations

import random

from runner.emulator.state.tasks import Order

FPS = 24
"""Frames a second of all videos."""

# Seconds of generation by resolution and length 1-10 s (ModelVerse's published table).
_VIDEO_SECONDS = {
    "540p": (5.0, 6.6, 8.4, 11.0, 14.7, 16.5, 18.7, 22.1, 37.0, 43.0),
    "720p": (8.1, 12.4, 16.3, 22.3, 28.7, 34.9, 41.2, 49.5, 75.0, 89.0),
    "1080p": (9.9, 15.7, 20.4, 27.1, 35.3, 44.1, 53.0, 62.9, 90.0, 106.0),
}

# Those that the table lacks, and the ones whose seconds we take for them.
_NEAREST_RESOLUTION = {"360p": "540p", "2K": "1080p", "4K": "1080p"}

# Not published: our guess, lognormal as such durations tend to be.
_IMAGE_MEDIAN_S = {"1080p": 6.0, "2K": 8.0, "4K": 12.0}
_IMAGE_SIGMA = 0.25

# Pixels of the shorter side: ours, after the usual meaning of these names. The longer side follows
# from the ratio, so 16:9 is 1920x1080, 2560x1440 and 3840x2160, 1:1 is 1080x1080.
_SHORT_SIDE = {"360p": 360, "540p": 540, "720p": 720, "1080p": 1080, "2K": 1440, "4K": 2160}


def seconds_of(order: Order) -> float:
    """How long the task takes at time scale 1; the same order always takes the same time."""
    if order.is_video:
        return _video_seconds(order.resolution, order.duration_s)
    chance = random.Random(f"{order.model} {order.prompt} {order.seed}")  # noqa: S311 - no secret
    return _IMAGE_MEDIAN_S[order.resolution] * chance.lognormvariate(0, _IMAGE_SIGMA)


def _video_seconds(resolution: str, duration_s: int) -> float:
    # The table ends at 10 s: our guess is that its last step is repeated.
    known = _VIDEO_SECONDS[_NEAREST_RESOLUTION.get(resolution, resolution)]
    beyond = max(0, duration_s - len(known))
    return known[duration_s - beyond - 1] + beyond * (known[-1] - known[-2])


def pixels_of(order: Order) -> tuple[int, int]:
    """Width and height of the result, both even: yuv420p halves both sides.

    "auto" and no ratio take that of the first image; without one, or where its size is unknown
    because the emulator fetches nothing from outside, it is 16:9.
    """
    across, down = _ratio(order)
    short = _SHORT_SIDE[order.resolution]
    longer = 2 * round(short * max(across, down) / min(across, down) / 2)
    return (longer, short) if across >= down else (short, longer)


def _ratio(order: Order) -> tuple[int, int]:
    if order.aspect_ratio not in {"", "auto"}:
        across, down = order.aspect_ratio.split(":")
        return int(across), int(down)
    first = order.images[0] if order.images else None
    return (first.width, first.height) if first and first.width else (16, 9)
