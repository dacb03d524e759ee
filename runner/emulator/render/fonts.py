"""Fonts that can show a text: which of those on this machine has a character, and none has not.

Pillow brings one face of its own for Latin text, so English looks alike everywhere. Everything
else takes fonts of the system; what none of them has is put into words, never into boxes.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from PIL import ImageFont

Run: TypeAlias = tuple[str, int]
"""A piece of text and the number of the face that shows it."""

_WANTED = (
    ("NotoSansCJK-Regular.ttc", 2),
    ("NotoSansCJKsc-Regular.otf", 0),
    ("NotoSansSC-Regular.otf", 0),
    ("NotoSansSC-Regular.ttf", 0),
    ("SourceHanSansSC-Regular.otf", 0),
    ("PingFang.ttc", 0),
    ("Hiragino Sans GB.ttc", 0),
    ("STHeiti Medium.ttc", 0),
    ("wqy-microhei.ttc", 0),
    ("wqy-zenhei.ttc", 0),
    ("DroidSansFallbackFull.ttf", 0),
    ("DroidSansFallback.ttf", 0),
    ("Arial Unicode.ttf", 0),
    ("DejaVuSans.ttf", 0),
    ("NotoSans-Regular.ttf", 0),
    ("LiberationSans-Regular.ttf", 0),
)
"""File name and face in it (2 is simplified Chinese in Noto's collection), best first."""
_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "~/.fonts",
    "~/.local/share/fonts",
    "~/Library/Fonts",
)
_SCRIPTS = {"CJK": "Chinese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean"}
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Mn"})
"""Categories of controls, halves and marks that stand on other characters."""
_PLAIN = {"—": "-", "–": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "…": "...", "。": "."}
_PROBE_SIZE = 24
_NO_CHARACTER = "\U0010ffff"


@lru_cache(maxsize=1)
def system_faces() -> FontSet:
    """What this machine has; looked for once."""
    found: dict[str, Path] = {}
    wanted = {name for name, _ in _WANTED}
    home = os.environ.get("HOME", "/nonexistent")
    for folder in _FOLDERS:
        for path in sorted(Path(folder.replace("~", home)).rglob("*")):
            if path.name in wanted:
                found.setdefault(path.name, path)
    return FontSet([(found[name], index) for name, index in _WANTED if name in found])


class FontSet:
    """Pillow's own face and then the given files, in order of preference."""

    def __init__(self, files: Sequence[tuple[Path, int]] = ()):
        self._files = [(path, index) for path, index in files if _opens(path, index)]
        self._faces: dict[int, list[ImageFont.FreeTypeFont]] = {}
        self._holders: dict[str, int | None] = {}

    def at(self, size: int) -> list[ImageFont.FreeTypeFont]:
        """Every face at a size in pixels."""
        if size not in self._faces:
            self._faces[size] = [_own(size), *(_open(*file, size) for file in self._files)]
        return self._faces[size]

    def holder(self, character: str) -> int | None:
        """The number of the first face that has the character."""
        if character not in self._holders:
            faces = enumerate(self.at(_PROBE_SIZE))
            self._holders[character] = next((n for n, f in faces if _has(f, character)), None)
        return self._holders[character]

    def readable(self, text: str) -> str:
        """The text on one line, without controls, what no face has told in words."""
        whole = unicodedata.normalize("NFC", text)
        plain = "".join(" " if c.isspace() else c for c in whole)
        shown = "".join(self._near(c) for c in plain if unicodedata.category(c) not in _UNSEEN)
        return re.sub(r"\] (?=[,.;:!?])", "]", " ".join("".join(self._told(shown)).split()))

    def _near(self, character: str) -> str:
        """The character, or what reads the same and can be shown: a letter without its accent."""
        if self.holder(character) is not None:
            return character
        near = _PLAIN.get(character) or unicodedata.normalize("NFKD", character)[0]
        return character if self.holder(near[0]) is None else near

    def _told(self, text: str) -> Iterator[str]:
        for missing, group in groupby(text, lambda c: self.holder(c) is None and _script(c)):
            piece = "".join(group)
            yield f" [{_count(piece, missing)}] " if missing else piece

    def runs(self, text: str) -> list[Run]:
        """The text in pieces of one face each; call it with what `readable` gave."""
        grouped = groupby(text, lambda c: self.holder(c) or 0)
        return [("".join(group), face) for face, group in grouped]


def _own(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):  # Pillow without FreeType has no sizes
        raise TypeError("Pillow was built without FreeType")
    return font


def _open(path: Path, index: int, size: int) -> ImageFont.FreeTypeFont:
    # not ImageFont.truetype: for a bad file that one quietly takes a namesake elsewhere
    return ImageFont.FreeTypeFont(path, size, index, layout_engine=ImageFont.Layout.BASIC)


def _opens(path: Path, index: int) -> bool:
    try:
        _open(path, index, _PROBE_SIZE)
    except OSError:
        return False
    return True


def _has(face: ImageFont.FreeTypeFont, character: str) -> bool:
    if character.isspace():
        return True
    drawn, nothing = face.getmask(character), face.getmask(_NO_CHARACTER)
    return drawn.size != nothing.size or bytes(drawn) != bytes(nothing)


def _script(character: str) -> str:
    """A word for what a character belongs to."""
    name = unicodedata.name(character, "")
    if unicodedata.category(character)[0] in "LN" and name:
        first = name.split()[0]
        return _SCRIPTS.get(first, first.capitalize())
    is_wide = unicodedata.east_asian_width(character) in "WF" and character < "\U00010000"
    return "Chinese" if is_wide else f"={name.lower() or 'unknown character'}"


def _count(piece: str, script: str) -> str:
    """How missing characters are told: 24 Chinese characters, signs by name: cat face."""
    if script.startswith("="):
        return script[1:] if len(piece) == 1 else f"{len(piece)} x {script[1:]}"
    return f"{len(piece)} {script} character{'s' * (len(piece) > 1)}"
