"""Expected results: what a request lets expect of what it makes: seconds, shape, size, sound.

Parameters are known by the names that the API documents share, so that a further operation needs
no code; schemas/README.md lists them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


def requested_s(operation: Operation, parameters: Parameters) -> float | None:
    """The seconds that the request asks for; None where the result may have others."""
    wanted = expected(operation, parameters)
    return None if wanted.at_least else wanted.seconds
