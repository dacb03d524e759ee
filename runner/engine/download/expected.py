"""Expected results: in what a measured file differs from what its request lets expect.

What is wrong is a warning, never a failure: the file was paid for, and how exactly a provider keeps
to a number is its own affair. So each tolerance is wide enough for what encoders round, and
narrower than to the next thing on offer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from runner.media.results import Damage, Measured
from runner.model.file_facts import FileFacts, ResultWarning
from runner.validation.expected import Expected

_PIXELS = re.compile(r"([1-9][0-9]{1,4})[x*]([1-9][0-9]{1,4})")
_LINES = re.compile(r"([1-9][0-9]{2,3})[pP]")
_THOUSANDS = {"1K": 720, "2K": 1440, "4K": 2160, "8K": 4320}
"""Names of sizes to the shorter side of 16:9; in cinemas they are those of the longer side, in
units of 1024."""


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
