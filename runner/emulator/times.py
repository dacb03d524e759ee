"""Times: how long the generation of an order takes, as ModelVerse publishes it or as we guess it.

Vidu publishes no times of its own: its videos take those of the same models at ModelVerse.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from runner.emulator.state.tasks import Order

Row: TypeAlias = Sequence[float]
"""Seconds of generation for videos of 1 s, 2 s and so on."""
Table: TypeAlias = Mapping[str, Row]
"""A row by resolution."""

_TEXT: Table = {
    "540p": (3.6, 4.8, 6.5, 8.9, 10.9, 13.4, 16.1, 19.0, 34.0, 40.0),
    "720p": (4.6, 8.0, 13.1, 17.2, 22.6, 28.7, 35.7, 43.5, 70.0, 84.5),
    "1080p": (6.9, 11.1, 16.2, 22.5, 29.6, 36.2, 44.0, 53.3, 80.3, 96.3),
}
_REFERENCES: Table = {
    "540p": (5.0, 6.6, 8.4, 11.0, 14.7, 16.5, 18.7, 22.1, 37.0, 43.0),
    "720p": (8.1, 12.4, 16.3, 22.3, 28.7, 34.9, 41.2, 49.5, 75.0, 89.0),
    "1080p": (9.9, 15.7, 20.4, 27.1, 35.3, 44.1, 53.0, 62.9, 90.0, 106.0),
}
_FRAMES: Mapping[str, Table] = {
    "turbo": {
        "540p": (3.4, 5.2, 6.8, 9.1, 12.3, 13.9, 16.9, 19.8, 27.8, 30.8),
        "720p": (7.2, 10.6, 15.3, 21.1, 26.4, 33.5, 40.8, 48.7, 51.8, 64.7),
        "1080p": (8.1, 13.2, 18.5, 25.9, 32.1, 39.7, 46.9, 57.3, 70.3, 73.5),
    },
    "pro": {
        "540p": (8.0, 10.8, 15.9, 23.0, 29.9, 37.6, 50.8, 54.8, 70.0, 76.0),
        "720p": (13.3, 23.5, 36.7, 53.3, 71.8, 94.9, 120.3, 148.4, 175.0, 189.0),
        "1080p": (14.9, 26.5, 40.0, 59.5, 78.7, 101.9, 124.2, 155.6, 183.0, 196.0),
    },
    "pro-fast": {
        "720p": (5.8, 8.6, 10.5, 12.4, 14.4, 17.8, 20.6, 23.5),
        "1080p": (5.3, 7.2, 9.5, 12.1, 15.7, 18.8, 21.5, 25.1),
    },
}
"""Of videos from a first frame, by the model's pace."""
# The middle of the published ranges.
_EXTENSIONS: Mapping[str, Table] = {
    "turbo": {
        "540p": (8.55, 10.85, 13.8, 17.3, 21.05, 25.15, 28.55),
        "720p": (11.5, 15.8, 21.4, 28.0, 35.3, 43.25, 52.2),
        "1080p": (12.25, 16.9, 22.6, 29.35, 36.8, 45.05, 53.25),
    },
    "pro": {
        "540p": (15.45, 21.2, 29.3, 38.6, 48.15, 57.85, 71.3),
        "720p": (26.35, 41.15, 59.7, 82.2, 107.1, 134.65, 167.75),
        "1080p": (26.55, 42.4, 61.5, 83.55, 110.2, 138.5, 169.55),
    },
}
_BY_PACE: Mapping[str, Mapping[str, Table]] = {
    **dict.fromkeys(("img2video", "start-end2video"), _FRAMES),
    # A segment of multiframe costs what an extension costs: our guess is that it takes as long.
    **dict.fromkeys(("extend", "multiframe"), _EXTENSIONS),
}
# Our guess, after a short film for which the vendor's sample took nine minutes.
_FILM_S = 18.0
_EACH_SECOND = {
    **dict.fromkeys(("one-click/mv", "one-click/general_one_click"), _FILM_S),
    **dict.fromkeys(("ad-one-click", "trending-replicate"), _FILM_S),
    **dict.fromkeys(("lip-sync", "image2dance", "digital-human"), 6.0),
}
"""Of operations whose time grows with nothing but the length of the result."""
# Not published: our guesses. Speech is made faster than it is heard, or nobody would wait for it.
_SOUND_S, _SPEECH_S, _SPEECH_SHARE = 8.0, 0.5, 0.02
_OTHER_MODELS = 12.0  # than Vidu's: our guess, as no page has their times
_TABLES = {"text2video": _TEXT}
"""By operation; the others take the table of reference2video."""

# Resolutions that a table lacks, and those whose seconds we take for them.
_NEAREST_RESOLUTION = {"360p": "540p", "2K": "1080p", "4K": "1080p", "8K": "1080p"}

# Of pictures. Not published: our guess, lognormal as such durations tend to be.
_IMAGE_MEDIAN_S = {"1080p": 6.0, "2K": 8.0, "4K": 12.0}
_IMAGE_SIGMA = 0.25


def seconds_of(order: Order) -> float:
    """How long the task takes at time scale 1; the same order always takes the same time."""
    if order.is_video:
        return _video_seconds(order)
    if order.is_sound:
        return _SPEECH_S + _SPEECH_SHARE * order.sound_s if order.is_synchronous else _SOUND_S
    chance = random.Random(f"{order.model} {order.prompt} {order.seed}")  # noqa: S311 - no secret
    return _IMAGE_MEDIAN_S[order.resolution] * chance.lognormvariate(0, _IMAGE_SIGMA)


def _video_seconds(order: Order) -> float:
    if order.operation in _EACH_SECOND:
        return _EACH_SECOND[order.operation] * order.duration_s
    if order.api == "modelverse" and "vidu" not in order.model:
        return _OTHER_MODELS * order.duration_s
    table = _table_of(order.operation, order.model)
    row = table[_NEAREST_RESOLUTION.get(order.resolution, order.resolution)]
    return sum(_in_row(row, length_s) for length_s in _lengths(order))


def _lengths(order: Order) -> list[int]:
    """The seconds of each video that has to be generated for the result."""
    if order.operation == "multiframe":
        return [segment["duration"] for segment in order.details["image_settings"]]
    # An extension is generated, and not the video before it.
    return [order.details.get("duration") or order.duration_s]


def _in_row(row: Row, length_s: int) -> float:
    # A row ends at some length: our guess is that its last step is repeated.
    beyond = max(0, length_s - len(row))
    return row[length_s - beyond - 1] + beyond * (row[-1] - row[-2])


def _table_of(operation: str, model: str) -> Table:
    if operation in _BY_PACE:
        return _BY_PACE[operation][_pace_of(model)]
    return _TABLES.get(operation, _REFERENCES)


def _pace_of(model: str) -> str:
    """The q2 model that a model is as fast as; those without one in their name are our guess."""
    pace = model.partition("-")[2]
    return pace if pace in _FRAMES else "pro"
