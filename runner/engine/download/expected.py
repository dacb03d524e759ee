"""Expected results: what a request lets expect of its files, and in what a measured file differs.

Parameters are known by the names that the API documents share, so that a further operation is
checked without code; schemas/README.md lists them. What is wrong is a warning, never a failure:
the file was paid for, and how exactly a provider keeps to a number is its own affair. So each
tolerance is wide enough for what encoders round, and narrower than to the next thing on offer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runner.media.results import Damage, Measured
from runner.model.file_facts import FileFacts, ResultWarning
from runner.model.operations import Operation
from runner.model.values import Deferred, Parameters, is_number, map_leaves
from runner.operations import defaults_of
from runner.validation.schema import is_valid

_SECONDS = "duration"
_VIDEO_ID = "video_creation_id"
"""A video that is named by the provider's own id."""
_RATIOS = ("aspect_ratio", "ratio")
_SIZE = "size"
_RESOLUTION = "resolution"
"""Also as the end of a name: `upscale_resolution`."""
_SOUND_SWITCHES = ("audio", "generate_audio", "sound", "bgm")
_ON = (True, "on")

_RATIO = re.compile(r"([1-9][0-9]{0,3}):([1-9][0-9]{0,3})")
_PIXELS = re.compile(r"([1-9][0-9]{1,4})[x*]([1-9][0-9]{1,4})")
_LINES = re.compile(r"([1-9][0-9]{2,3})[pP]")
_THOUSANDS = {"1K": 720, "2K": 1440, "4K": 2160, "8K": 4320}
"""Names of sizes to the shorter side of 16:9; in cinemas they are those of the longer side, in
units of 1024."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What was asked for; None where nothing was, or where it cannot be seen in a file."""

    seconds: float | None = None
    at_least: bool = False
    """Whether the result may be longer, since it may contain the video that it is made of."""
    ratio: tuple[int, int] | None = None
    """Width to height."""
    size: str | None = None
    """As it is written: "720p", "4K", "832x480"."""
    sound: str | None = None
    """The parameter that asks for sound."""


def expected(operation: Operation, parameters: Parameters) -> Expected:
    """What a request with these parameters lets expect of each of its results."""
    unsure = {name for name in _CHECKED if not _has_effect(operation, name, parameters)}
    every = {**defaults_of(operation, parameters), **parameters}
    asked = {name: value for name, value in every.items() if name not in unsure}
    given = {name: value for name, value in asked.items() if name in parameters}
    kinds = {operation.limits_of(path).kind: str(path[0]) for path, _ in operation.media_in(asked)}
    seconds = asked.get(_SECONDS)
    is_video = operation.makes == "video"
    return Expected(
        # 0 lets the provider choose.
        seconds=float(seconds) if is_number(seconds) and seconds > 0 else None,
        at_least="video" in kinds or _VIDEO_ID in asked,
        # Not the default where media are given: by the documents these decide then, or it is open.
        ratio=_ratio(given if kinds else asked),
        size=_size(asked),
        sound=(_sound_switch(asked) or kinds.get("audio")) if is_video else None,
    )


_CHECKED = frozenset({_SECONDS, *_RATIOS, _SIZE, _RESOLUTION, *_SOUND_SWITCHES})


def _has_effect(operation: Operation, name: str, parameters: Parameters) -> bool:
    """Whether nothing in the schema warns about what is written for a parameter that is checked."""
    if name not in parameters:
        return True
    rules = operation.schema.get("x-warnings", ())
    own = [rule["if"] for rule in rules if rule["parameter"] == name and "each" not in rule]
    return not own or not any(is_valid(condition, _plain(parameters)) for condition in own)


def _plain(parameters: Parameters) -> Any:
    """The parameters as JSON, with a text in place of what other jobs make."""
    return map_leaves(parameters, lambda _, leaf: "" if isinstance(leaf, Deferred) else leaf)


def _ratio(parameters: Parameters) -> tuple[int, int] | None:
    written = next((parameters[name] for name in _RATIOS if name in parameters), None)
    pattern = _RATIO
    if written is None:
        written, pattern = parameters.get(_SIZE), _PIXELS
    found = pattern.fullmatch(written) if isinstance(written, str) else None
    return (int(found[1]), int(found[2])) if found else None


def _size(asked: Mapping[str, Any]) -> str | None:
    named = (value for name, value in asked.items() if name.endswith(_RESOLUTION))
    written = next(named, asked.get(_SIZE))
    return written if isinstance(written, str) else None


def _sound_switch(asked: Mapping[str, Any]) -> str | None:
    return next((name for name in _SOUND_SWITCHES if asked.get(name) in _ON), None)


# ------------------------------------------------------------------------------- how a file differs


def shortcomings(wanted: Expected, found: Measured) -> Iterator[ResultWarning]:
    """In what a measured result differs from what was asked for."""
    if found.damage is not None:
        yield damage_warning(found.damage)
    facts = found.facts
    if text := _wrong_duration(wanted, facts):
        yield ResultWarning(code="wrong_duration", message=text)
    if text := _wrong_shape(wanted, facts):
        yield ResultWarning(code="wrong_shape", message=text)
    if text := _wrong_size(wanted, facts):
        yield ResultWarning(code="wrong_resolution", message=text)
    if wanted.sound is not None and facts.has_sound is False:
        text = f"there is no sound, which {wanted.sound} asks for"
        yield ResultWarning(code="missing_sound", message=text)


_DAMAGES: Mapping[Damage, ResultWarning] = {
    "truncated": ResultWarning(code="truncated_file", message="the file ends too early"),
    "unreadable": ResultWarning(code="unreadable_file", message="the file cannot be read"),
    "no pictures": ResultWarning(code="wrong_kind", message="it has sound alone, and no pictures"),
}


def damage_warning(damage: Damage) -> ResultWarning:
    """What is reported about a file that is wrong in itself."""
    return _DAMAGES[damage]


_SECONDS_OFF = 0.5
"""Half of what durations differ by: a clip of 5 s often has a frame more, or a tail of sound."""
_SHARE_OFF = 0.05
"""Of a film, whose cuts follow its text or its music; of a ratio, since sides are rounded to
multiples of 8 and 16 (1280x704). 4:3 and 5:4 differ by 6 %, all other ratios by more."""


def _wrong_duration(wanted: Expected, facts: FileFacts) -> str | None:
    if wanted.seconds is None or facts.seconds is None:
        return None
    off = facts.seconds - wanted.seconds
    if wanted.at_least and off > 0:
        return None
    if abs(off) <= max(_SECONDS_OFF, wanted.seconds * _SHARE_OFF):
        return None
    return f"{facts.seconds:g} s instead of {wanted.seconds:g} s"


def _wrong_shape(wanted: Expected, facts: FileFacts) -> str | None:
    if wanted.ratio is None or not facts.width or not facts.height:
        return None
    across, down = wanted.ratio
    share = (facts.width * down) / (facts.height * across)
    if 1 - _SHARE_OFF <= share <= 1 / (1 - _SHARE_OFF):
        return None
    return f"{facts.width}x{facts.height} pixels instead of {across}:{down}"


LEAST_SHARE = 0.8
"""Of the shorter side, or of the pixels of 16:9, that a class of sizes stands for. A model may keep
the number of pixels in every shape, so that 21:9 is 13 % less high than 16:9. The next smaller
class has at most 75 % of the height; larger is no loss."""


def _wrong_size(wanted: Expected, facts: FileFacts) -> str | None:
    if wanted.size is None or not facts.width or not facts.height:
        return None
    short = _short_side(wanted.size)
    if short is None:
        return None
    is_high = min(facts.width, facts.height) >= LEAST_SHARE * short
    is_large = facts.width * facts.height >= LEAST_SHARE * short * short * 16 / 9
    in_cinemas = _THOUSANDS.get(wanted.size.upper()) and int(wanted.size[:-1]) * 1024
    if is_high or is_large or (in_cinemas and max(facts.width, facts.height) >= in_cinemas):
        return None
    return f"{facts.width}x{facts.height} pixels instead of {wanted.size}"


def _short_side(size: str) -> int | None:
    """Pixels of the shorter side; None for a name that stands for no size."""
    if found := _PIXELS.fullmatch(size):
        return min(int(found[1]), int(found[2]))
    if found := _LINES.fullmatch(size):
        return int(found[1])
    return _THOUSANDS.get(size.upper())
