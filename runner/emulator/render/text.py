"""A text set in lines: broken between words, inside Chinese anywhere, shrunk until it fits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import ImageDraw

from runner.emulator.render.fonts import FontSet

_UNITS = re.compile(r"[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\uac00-\ud7af]+\s*|\S\s*|\s+")
"""What stays together: a word with the space after it, or one wide character."""
_CLOSING = frozenset(",。、;:!?)】》」』”’…")
"""Signs that must not start a line."""
_LEADING = 1.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Lines of one size."""

    lines: tuple[str, ...]
    size: int
    """Height of the letters in pixels."""

    @property
    def step(self) -> int:
        """From line to line, pixels."""
        return round(self.size * _LEADING)

    @property
    def height(self) -> int:
        """Of all lines, pixels."""
        return self.step * len(self.lines)


def width_of(text: str, size: int, faces: FontSet) -> float:
    """Pixels that a text takes."""
    fonts = faces.at(size)
    return sum(fonts[face].getlength(piece) for piece, face in faces.runs(text))


def fit(text: str, box: tuple[int, int], sizes: Sequence[int], faces: FontSet) -> Setting:
    """The text in the largest of `sizes` (falling) that fits the box of width and height.

    In the smallest, what does not fit is cut and the cut is shown.
    """
    shown = faces.readable(text)
    for size in sizes:
        if len(shown) * size * size * _LEADING > 4 * box[0] * box[1]:
            continue  # no need to measure: even narrow letters would not go in
        setting = Setting(lines=tuple(_lines(shown, box[0], size, faces)), size=size)
        if setting.height <= box[1]:
            return setting
    return _cut(shown, box, sizes[-1], faces)


def _cut(text: str, box: tuple[int, int], size: int, faces: FontSet) -> Setting:
    lines = tuple(_lines(text, box[0], size, faces))
    room = max(1, box[1] // Setting(lines=(), size=size).step)
    if len(lines) <= room:
        return Setting(lines=lines, size=size)
    return Setting(lines=(*lines[: room - 1], lines[room - 1][:-2] + "..."), size=size)


def _lines(text: str, width: int, size: int, faces: FontSet) -> Iterator[str]:
    line, used = "", 0.0
    for unit in _pieces(text, width, size, faces):
        length = width_of(unit, size, faces)
        if line and used + length > width and unit[0] not in _CLOSING:
            yield line.rstrip()
            line, used = "", 0.0
        line, used = line + unit, used + length
    yield line.rstrip()


def _pieces(text: str, width: int, size: int, faces: FontSet) -> Iterator[str]:
    """The units, those that are longer than a line taken apart."""
    for unit in _UNITS.findall(text):
        if len(unit) > 8 and width_of(unit, size, faces) > width:
            step = max(1, int(len(unit) * width / width_of(unit, size, faces)))
            yield from (unit[start : start + step] for start in range(0, len(unit), step))
        else:
            yield unit


def write(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], setting: Setting, ink: str, faces: FontSet
) -> None:
    """Draw the lines with their top left corner at `at`."""
    fonts = faces.at(setting.size)
    for number, line in enumerate(setting.lines):
        x, base = float(at[0]), at[1] + number * setting.step + round(setting.size * 1.05)
        for piece, face in faces.runs(line):
            draw.text((x, base), piece, fill=ink, font=fonts[face], anchor="ls")
            x += fonts[face].getlength(piece)
