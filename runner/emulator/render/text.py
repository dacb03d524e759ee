"""Text: finds fonts for every character and sets text in lines that fit a box.

Pillow brings one font of its own for Latin text, so English looks the same everywhere. All other
characters take fonts of the system; those that no font has are counted, because a row of boxes
would fill the card.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby

from PIL import Image, ImageDraw, ImageFont

from runner.errors import plural

# File name without its ending, and the font in that file (2 is simplified Chinese in Noto's
# collection), best first.
_FONT_FILES = {
    "NotoSansCJK-Regular": 2,
    "NotoSansCJKsc-Regular": 0,
    "NotoSansSC-Regular": 0,
    "SourceHanSansSC-Regular": 0,
    "PingFang": 0,
    "Hiragino Sans GB": 0,
    "STHeiti Medium": 0,
    "wqy-microhei": 0,
    "wqy-zenhei": 0,
    "DroidSansFallbackFull": 0,
    "DroidSansFallback": 0,
    "Arial Unicode": 0,
    "DejaVuSans": 0,
    "NotoSans-Regular": 0,
    "LiberationSans-Regular": 0,
}
# Categories of controls, surrogates and marks that combine with other characters.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Mn"})
_PLAIN = {"—": "-", "–": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "…": "...", "。": "."}
_PROBE_SIZE = 24
_NO_CHARACTER = "\U0010ffff"

# What stays on one line: a word with the space after it, or one wide character.
_UNITS = re.compile(r"[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\uac00-\ud7af]+\s*|\S\s*|\s+")
_CLOSING = frozenset(",。、;:!?)】》」』”’…")  # must not start a line
_LEADING = 1.4


@cache  # the folders of a desktop have thousands of files
def system_fonts() -> FontSet:
    """The fonts of this machine; it is searched once."""
    return FontSet(_FONT_FILES.items())


class FontSet:
    """Pillow's own font and then those of the system, in order of preference."""

    def __init__(self, files: Iterable[tuple[str, int]] = ()):
        own = ImageFont.load_default(_PROBE_SIZE)
        assert isinstance(own, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
        self._fonts = {_PROBE_SIZE: [own]}
        for name, index in files:
            with contextlib.suppress(OSError):  # not on this machine, or no font despite its name
                # Not Raqm, which few builds have: lines must break alike everywhere.
                layout = ImageFont.Layout.BASIC
                font = ImageFont.truetype(name, _PROBE_SIZE, index, layout_engine=layout)
                self._fonts[_PROBE_SIZE].append(font)

    def at(self, size: int) -> list[ImageFont.FreeTypeFont]:
        """Every font at a size in pixels."""
        if size not in self._fonts:
            self._fonts[size] = [f.font_variant(size=size) for f in self._fonts[_PROBE_SIZE]]
        return self._fonts[size]

    def number_of(self, character: str) -> int | None:
        """The number of the first font that has the character; None if no font has it."""
        fonts = enumerate(self.at(_PROBE_SIZE))
        return next((n for n, font in fonts if _has(font, character)), None)

    def readable(self, text: str) -> str:
        """The text on one line, without controls; of characters without a font only the number."""
        shown = "".join(
            " " if c.isspace() else self._nearest(c)
            for c in unicodedata.normalize("NFC", text)
            if c.isspace() or unicodedata.category(c) not in _INVISIBLE
        )
        pieces = []
        for is_missing, group in groupby(shown, lambda c: self.number_of(c) is None):
            piece = "".join(group)
            count = plural(len(piece), "character")
            pieces.append(f"[{count} without a font]" if is_missing else piece)
        return " ".join("".join(pieces).split())

    def _nearest(self, character: str) -> str:
        """The character, or one that reads the same and has a font: a letter without its accent."""
        if self.number_of(character) is not None:
            return character
        near = _PLAIN.get(character) or unicodedata.normalize("NFKD", character)[0]
        return character if self.number_of(near[0]) is None else near

    def runs(self, text: str, size: int) -> Iterator[tuple[str, ImageFont.FreeTypeFont]]:
        """What `readable` returned, in pieces of one font each, with the font at that size."""
        fonts = self.at(size)
        for number, group in groupby(text, lambda c: self.number_of(c) or 0):
            yield "".join(group), fonts[number]

    def width_of(self, text: str, size: int) -> float:
        """Pixels that a text takes."""
        return sum(font.getlength(piece) for piece, font in self.runs(text, size))


@cache  # every character is looked up for each size that is tried
def _has(font: ImageFont.FreeTypeFont, character: str) -> bool:
    if character.isspace():
        return True
    # A font draws the same box for everything it lacks, so also for what is no character at all.
    drawn, box = font.getmask(character), font.getmask(_NO_CHARACTER)
    return drawn.size != box.size or bytes(drawn) != bytes(box)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBlock:
    """Lines of one size."""

    lines: tuple[str, ...]
    size: int
    """Height of the letters in pixels."""
    fonts: FontSet

    @property
    def line_height(self) -> int:
        """From line to line, pixels."""
        return round(self.size * _LEADING)

    @property
    def height(self) -> int:
        """Of all lines, pixels."""
        return self.line_height * len(self.lines)

    @property
    def width(self) -> float:
        """Of the widest line, pixels."""
        return max(self.fonts.width_of(line, self.size) for line in self.lines)

    def draw(self, image: Image.Image, at: tuple[int, int], colour: str) -> None:
        """Draw the lines on an image with their top left corner at `at`."""
        canvas = ImageDraw.Draw(image)
        for number, line in enumerate(self.lines):
            # Pillow's own layout of lines takes one font only.
            x, base = float(at[0]), at[1] + number * self.line_height + round(self.size * 1.05)
            for piece, font in self.fonts.runs(line, self.size):
                canvas.text((x, base), piece, fill=colour, font=font, anchor="ls")
                x += font.getlength(piece)


def fit(text: str, box: tuple[int, int], sizes: Sequence[int], fonts: FontSet) -> TextBlock:
    """The text in the largest of `sizes` (falling) that fits the box of width and height.

    In the smallest size, the end that does not fit is replaced by dots.
    """
    shown = fonts.readable(text)
    width, height = box
    for size in sizes:
        # Without measuring where even narrow letters would not fit.
        if size > sizes[-1] and len(shown) * size * size * _LEADING > 4 * width * height:
            continue
        lines = tuple(_lines(shown, width, size, fonts))
        block = TextBlock(lines=lines, size=size, fonts=fonts)
        if block.height <= height:
            return block
    room = max(1, height // block.line_height)
    if len(block.lines) <= room:
        return block
    last = block.lines[room - 1][:-2] + "..."
    return replace(block, lines=(*block.lines[: room - 1], last))


def _lines(text: str, width: int, size: int, fonts: FontSet) -> Iterator[str]:
    line, used = "", 0.0
    for unit in _units(text, width, size, fonts):
        length = fonts.width_of(unit, size)
        if line and used + length > width and unit[0] not in _CLOSING:
            yield line.rstrip()
            line, used = "", 0.0
        line, used = line + unit, used + length
    yield line.rstrip()


def _units(text: str, width: int, size: int, fonts: FontSet) -> Iterator[str]:
    """What stays on one line; a word that is longer than a line is split."""
    for unit in _UNITS.findall(text):
        length = fonts.width_of(unit, size) if len(unit) > 8 else 0
        if length > width:
            step = max(1, int(len(unit) * width / length))
            yield from (unit[start : start + step] for start in range(0, len(unit), step))
        else:
            yield unit
