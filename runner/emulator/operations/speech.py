"""Speech: the kind of a text that is read out, with pauses such as `<#1.5#>`."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeAlias

from runner.emulator.api.errors import invalid
from runner.emulator.api.fields import Fields

_PAUSE = re.compile(r"<#([^<>#]*)#>")
_SECONDS = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,2})?")
_UNITS_A_SECOND = 8  # four Chinese characters, or eight others: our guess


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """A text that is read out; empty without one."""

    is_required: bool = False
    least: int = 1
    most: int
    """Characters, pauses included."""
    counts_wide_twice: bool = False
    """Whether a Chinese character counts as two."""

    def read(self, body: Fields, name: str) -> str:
        """The value, by the rules of `Kind`."""
        text = body.text(name, None if self.is_required else "")
        if not text:
            return text
        count = _units(text) if self.counts_wide_twice else len(text)
        if not self.least <= count <= self.most:
            allowed = f"from {self.least} to {self.most} are allowed"
            raise invalid(f"{body.path}{name} has {count} characters, {allowed}")
        _check_pauses(text, body.path + name)
        return text


def _check_pauses(text: str, name: str) -> None:
    for pause in _PAUSE.finditer(text):
        if not (_SECONDS.fullmatch(pause[1]) and float(pause[1]) >= 0.01):
            raise invalid(f"{name}: the pause {pause[0][:20]} must have from 0.01 to 99.99 s")
    spoken = _PAUSE.split(text)[::2]
    if len(spoken) > 1 and not all(part.strip() for part in spoken):
        raise invalid(f"{name}: a pause must stand between two spoken texts")


Part: TypeAlias = tuple[str, float]
"""A text that is spoken, empty for a pause, and how many seconds it takes."""


def parts_of(text: str, speed: float = 1) -> list[Part]:
    """What is heard one after the other; the speed is that of the words, not of the pauses."""
    parts = _PAUSE.split(text)  # a spoken text, a pause, a spoken text, and so on
    spoken = [(part, _units(part) / _UNITS_A_SECOND / speed) for part in parts[::2]]
    pauses = [("", float(part)) for part in parts[1::2]]
    return [part for pair in zip_longest(spoken, pauses) for part in pair if part is not None]


def exact_seconds_of(text: str, speed: float = 1) -> float:
    """How long it takes to read a text out, at least 1 s."""
    return max(1.0, sum(seconds for _, seconds in parts_of(text, speed)))


def seconds_of(text: str, speed: float = 1) -> int:
    """The same in whole seconds, as a video has them."""
    return math.ceil(exact_seconds_of(text, speed))


def _units(text: str) -> int:
    """Characters, of which wide ones count twice."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)
