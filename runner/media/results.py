"""Results: measures a fetched file, and finds out whether all of it is there.

A picture is whole where its format's end is there (`endings`) and its header can be read; its
pixels are not decoded. A video or a sound is whole where PyAV also gets every packet that its own
index announces, see `stream_reader`. Without PyAV only the ends are checked; for that of an MP3
see `mp3`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from runner.media import streams
from runner.media.endings import is_truncated
from runner.media.labels import labels_of
from runner.media.pixels import UnusableError, pixels_of
from runner.media.types import kind_of
from runner.model.file_facts import FileFacts

Damage: TypeAlias = Literal["truncated", "unreadable", "no pictures"]
"""What is wrong with a file in itself; "no pictures": of a video, that it has sound alone."""


class Measured(NamedTuple):
    """What was found in a file."""

    facts: FileFacts
    damage: Damage | None = None


def measure_result(path: Path, media_type: str) -> Measured:
    """What a fetched file of that type is; raises OSError. Blocks, for a minute at most."""
    labels = labels_of(path, media_type)
    damage: Damage | None = "truncated" if is_truncated(path, media_type) else None
    if kind_of(media_type) == "image":
        return _picture(path, media_type, FileFacts(labels=labels), damage)
    if not streams.is_available():
        return Measured(FileFacts(labels=labels), damage)
    try:
        found = streams.examine(path, media_type)
    except streams.UnreadableError:
        return Measured(FileFacts(labels=labels), damage or "unreadable")
    has_pictures, width, height, seconds, rate, codec = found.facts
    facts = FileFacts(
        width=width,
        height=height,
        seconds=seconds,
        frames_per_second=rate,
        codec=codec,
        has_sound=found.has_sound,
        labels=labels,
    )
    if damage is None and found.is_cut:
        damage = "truncated"
    if damage is None and kind_of(media_type) == "video" and not has_pictures:
        damage = "no pictures"
    return Measured(facts, damage)


def _picture(path: Path, media_type: str, facts: FileFacts, damage: Damage | None) -> Measured:
    try:
        with path.open("rb") as file:
            pixels = pixels_of(media_type, file)
    except UnusableError:
        return Measured(facts, damage or "unreadable")
    if pixels is None:  # of a type that is not measured
        return Measured(facts, damage)
    return Measured(FileFacts(width=pixels[0], height=pixels[1], labels=facts.labels), damage)
