"""Thumbnails: small WebP pictures of images, videos and sounds, and what was measured of these.

Whatever is in a file: it is decoded up to a number of pixels, and its errors are an answer.
"""

from __future__ import annotations

import io
import struct
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from PIL import Image

from runner.media import streams
from runner.media.labels import labels_of
from runner.media.types import HEAD_BYTES, kind_of, sniff
from runner.model.file_facts import Label, in_order
from runner.model.values import as_list, is_number

THUMB_PX = 480
"""Of the longer side."""
QUALITY = 75
MAX_PIXELS = 50_000_000
"""More are not decoded: they may be a bomb, and would take more memory than everything else."""
PEAKS = 60

_LARGE = 12_000_000
_large_ones = threading.Lock()
"""Held while a picture of more than `_LARGE` pixels is decoded: one at a time, for their memory."""

_FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
    "image/avif": "AVIF",
}
"""Media type to Pillow's name, of what is decoded; a browser may show others too."""

_MAX_METADATA_BYTES = 64 * 1024
_ERRORS = (
    *(OSError, ValueError, SyntaxError, EOFError, TypeError, RuntimeError, MemoryError),
    *(ArithmeticError, LookupError, struct.error, Image.DecompressionBombError),
)
"""What Pillow raises for damaged files, by their kind."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF's orientation to what turns the picture upright."""
_ORIENTATION = 0x0112

Problem: TypeAlias = Literal["unreadable", "large", "no_pyav"]
"""Damaged or no medium at all; of too many pixels to be decoded; measured only with PyAV."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    """What was measured of a file; None for what its kind does not have."""

    width: int | None = None
    """Pixels as shown: a rotation is applied."""
    height: int | None = None
    seconds: float | None = None
    frames_per_second: float | None = None
    has_sound: bool | None = None
    peaks: tuple[int, ...] = ()
    labels: tuple[Label, ...] = ()
    """The marks of generated content that it carries."""
    problem: Problem | None = None

    def record(self) -> dict[str, Any]:
        """What is known, as JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        known = {name: value for name, value in values.items() if value not in (None, ())}
        lists = {name: list(known[name]) for name in ("peaks", "labels") if name in known}
        return known | lists

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> MediaFacts:
        """The facts in a record; what is no such value in it is left out."""
        numbers = {
            name: record[name]
            for name in ("width", "height", "seconds", "frames_per_second")
            if is_number(record.get(name))
        }
        problem, sound = record.get("problem"), record.get("has_sound")
        peaks = [each for each in as_list(record.get("peaks")) if type(each) is int]
        return cls(
            **numbers,
            has_sound=sound if isinstance(sound, bool) else None,
            peaks=tuple(peaks[:PEAKS]),
            labels=in_order(
                each for each in as_list(record.get("labels")) if isinstance(each, str)
            ),
            problem=problem if problem in ("unreadable", "large") else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnails:
    """What one file has become."""

    facts: MediaFacts
    pictures: Mapping[int, bytes]
    """Pixels of the longer side to a WebP file; empty for what cannot be seen."""


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Ignore Pillow's warnings about odd metadata and large sizes.

    To be held around all threads that make thumbnails: warning filters belong to the process.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def make_thumbnails(path: Path, sizes: Sequence[int]) -> Thumbnails:
    """Measure a file, and make a picture of each size in pixels of the longer side.

    What it is counts by its content. For any thread. Raises OSError where it cannot be opened.
    """
    with path.open("rb") as file:
        media_type = sniff(file.read(HEAD_BYTES))
        kind = kind_of(media_type) if media_type else None
        if media_type is None or kind is None:
            return _problem("unreadable")
        file.seek(0)
        is_image = kind == "image"
        made = _of_image(file, media_type, sizes) if is_image else _of_path(path, media_type, sizes)
    return replace(made, facts=replace(made.facts, labels=labels_of(path, media_type)))


def _of_path(path: Path, media_type: str, sizes: Sequence[int]) -> Thumbnails:
    if not streams.is_available():
        return _problem("no_pyav")
    try:
        return _of_stream(streams.view(path, media_type, max(sizes)), sizes)
    except streams.UnreadableError:
        return _problem("unreadable")


def _problem(name: Problem, **facts: Any) -> Thumbnails:
    return Thumbnails(facts=MediaFacts(problem=name, **facts), pictures={})


def _of_image(file: io.BufferedReader, media_type: str, sizes: Sequence[int]) -> Thumbnails:
    if media_type not in _FORMATS:
        return Thumbnails(facts=MediaFacts(), pictures={})  # a browser may know it
    try:
        with Image.open(file, formats=[_FORMATS[media_type]]) as image:
            orientation = _orientation(image)
            width, height = image.size[::-1] if orientation >= 5 else image.size
            if width * height > MAX_PIXELS:
                return _problem("large", width=width, height=height)
            if width * height > _LARGE:
                with _large_ones:
                    pictures = _shrunk(image, sizes, orientation)
            else:
                pictures = _shrunk(image, sizes, orientation)
    except _ERRORS:
        return _problem("unreadable")
    return Thumbnails(facts=MediaFacts(width=width, height=height), pictures=pictures)


def _orientation(image: Image.Image) -> int:
    try:
        found = image.getexif().get(_ORIENTATION, 1)
    except _ERRORS:  # damaged metadata do not make the picture unreadable
        return 1
    return found if found in _TURNS else 1


def _shrunk(image: Image.Image, sizes: Sequence[int], orientation: int) -> dict[int, bytes]:
    """A WebP file of each size, the largest first: each is made of the one before."""
    largest = max(sizes)
    image.draft("RGB", (2 * largest, 2 * largest))  # a JPEG is decoded smaller at once
    image.load()
    metadata = _metadata(image)
    small = _in_rgb(image)
    pictures: dict[int, bytes] = {}
    for size in sorted(sizes, reverse=True):
        small.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=1.0)
        shown = small.transpose(_TURNS[orientation]) if orientation in _TURNS else small
        pictures[size] = _webp(shown, metadata)
    return pictures


def _in_rgb(image: Image.Image) -> Image.Image:
    """The picture in RGB, or in RGBA where something may be transparent."""
    if image.mode.startswith("I;16"):  # 16 bits a pixel: their upper half
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        return image.convert("RGBA")
    return image if image.mode == "RGB" else image.convert("RGB")


def _metadata(image: Image.Image) -> dict[str, bytes]:
    """What a thumbnail carries on: the XMP, which may label generated content, and odd colours."""
    found: dict[str, bytes] = {}
    xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    xmp = xmp.encode("utf-8", "replace") if isinstance(xmp, str) else xmp
    if isinstance(xmp, bytes):
        found["xmp"] = xmp
    profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA") else None
    # Without one a picture is taken for sRGB, which most profiles only repeat.
    if isinstance(profile, bytes) and b"sRGB" not in profile:
        found["icc_profile"] = profile
    return {name: value for name, value in found.items() if 0 < len(value) <= _MAX_METADATA_BYTES}


def _webp(image: Image.Image, metadata: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=QUALITY, method=2, **metadata)
    return out.getvalue()


def _of_stream(view: streams.StreamView, sizes: Sequence[int]) -> Thumbnails:
    facts = view.facts
    if view.still is None:
        measured = MediaFacts(seconds=facts.seconds, peaks=_normalized(view.peaks))
        return Thumbnails(facts=measured, pictures={})
    turns = round(view.rotation / 90) % 4
    is_turned = turns % 2 == 1
    measured = MediaFacts(
        width=facts.height if is_turned else facts.width,
        height=facts.width if is_turned else facts.height,
        seconds=facts.seconds,
        frames_per_second=facts.frames_per_second,
        has_sound=view.has_sound,
    )
    still = Image.frombytes("RGB", view.still, view.rgb)
    return Thumbnails(facts=measured, pictures=_shrunk(still, sizes, _COUNTER_CLOCKWISE[turns]))


_COUNTER_CLOCKWISE = (1, 8, 3, 6)
"""Quarter turns to EXIF's orientation."""


def _normalized(peaks: Sequence[int]) -> tuple[int, ...]:
    """At most `PEAKS` of them, from 0 to 100, the loudest one being 100 unless all is silent."""
    if not peaks:
        return ()
    count = min(PEAKS, len(peaks))
    bounds = [len(peaks) * number // count for number in range(count + 1)]
    loudest = [max(peaks[bounds[n] : bounds[n + 1]]) for n in range(count)]
    full = max(*loudest, 330)  # a hundredth of what is possible: noise is not stretched
    return tuple(round(100 * each / full) for each in loudest)
