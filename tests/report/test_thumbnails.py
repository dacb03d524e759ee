"""Thumbnails: pictures and facts of every kind of file, and of what is none."""

from __future__ import annotations

import io
import json
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from runner.media import streams
from runner.report import thumbnails
from runner.report.thumbnails import MediaFacts, make_thumbnails, quiet_pillow
from tests.builders import image_bytes, write_file
from tests.media.clips import audio_bytes, video_bytes

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf='
    b'"http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
    b' xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/" TC260:AIGC="{}"/></rdf:RDF></x:xmpmeta>'
)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def saved(image: Image.Image, kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def made(folder: Path, content: bytes, *sizes: int) -> thumbnails.Thumbnails:
    return make_thumbnails(write_file(folder, "file", content), sizes or (480,))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_picture_becomes_a_small_webp(tmp_path: Path, kind: str) -> None:
    found = made(tmp_path, image_bytes(kind, (1920, 1080)))
    assert found.facts == MediaFacts(width=1920, height=1080)
    small = opened(found.pictures[480])
    assert (small.format, small.size) == ("WEBP", (480, 270))


def test_a_small_picture_is_not_enlarged(tmp_path: Path) -> None:
    assert opened(made(tmp_path, image_bytes("PNG", (100, 60))).pictures[480]).size == (100, 60)


def test_several_sizes_are_made_of_one_picture(tmp_path: Path) -> None:
    found = made(tmp_path, image_bytes("PNG", (1920, 1080)), 480, 960)
    assert {size: opened(content).size for size, content in found.pictures.items()} == {
        480: (480, 270),
        960: (960, 540),
    }


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_stands_upright(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    # Stored so that it is red above and blue below when it is shown.
    upright = Image.new("RGB", (40, 60), "red")
    upright.paste("blue", (0, 30, 40, 60))
    turns = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    turn = turns[orientation]
    stored = upright if turn is None else upright.transpose(turn)
    found = made(tmp_path, saved(stored, "PNG", exif=exif))
    assert (found.facts.width, found.facts.height) == (40, 60)
    small = opened(found.pictures[480]).convert("RGB")
    above, below = small.getpixel((20, 5)), small.getpixel((20, 55))
    assert isinstance(above, tuple)
    assert isinstance(below, tuple)
    assert above[0] > 200 > above[2]
    assert below[2] > 200 > below[0]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_thumbnail_carries_the_xmp_of_its_picture(tmp_path: Path, kind: str) -> None:
    image = Image.new("RGB", (600, 400), "orange")
    is_png = kind == "PNG"
    content = _with_itxt(saved(image, kind)) if is_png else saved(image, kind, xmp=XMP)
    found = made(tmp_path, content, 480, 960)
    assert [opened(each).info.get("xmp") for each in found.pictures.values()] == [XMP, XMP]
    assert found.facts.labels == ("aigc",)


def _with_itxt(png: bytes) -> bytes:
    data = b"XML:com.adobe.xmp\0\0\0\0\0" + XMP
    body = b"iTXt" + data
    chunk = struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    return png[:33] + chunk + png[33:]  # behind IHDR


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_a_picture_of_any_mode_becomes_a_thumbnail(tmp_path: Path, mode: str) -> None:
    content = saved(Image.new(mode, (600, 400)), "PNG")
    assert opened(made(tmp_path, content).pictures[480]).size == (480, 320)


def test_what_is_transparent_stays_transparent(tmp_path: Path) -> None:
    content = saved(Image.new("RGBA", (600, 400), (255, 0, 0, 0)), "PNG")
    assert opened(made(tmp_path, content).pictures[480]).mode == "RGBA"


def test_a_video_has_a_still_and_its_facts(tmp_path: Path) -> None:
    found = made(tmp_path, video_bytes(seconds=2, rate=25, size=(640, 360), sound=True))
    assert found.facts == MediaFacts(
        width=640, height=360, seconds=2.0, frames_per_second=25.0, has_sound=True
    )
    assert opened(found.pictures[480]).size == (480, 270)


def test_a_sound_has_peaks_and_no_picture(tmp_path: Path) -> None:
    found = made(tmp_path, audio_bytes(seconds=3))
    assert found.pictures == {}
    assert found.facts.seconds == 3.0
    assert found.facts.peaks == (0,) * 60  # it is silent


def test_without_pyav_a_video_is_measured_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "is_available", lambda: False)
    assert made(tmp_path, video_bytes()).facts.problem == "no_pyav"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<!doctype html><title>404</title>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 200,
        image_bytes("PNG", (600, 400))[:-100],
        saved(Image.effect_noise((600, 400), 50), "JPEG")[:20_000],
        image_bytes("WEBP")[:60],
        b"GIF89a\xff\xff\xff\xff\x80",
        b"II*\0" + b"\xff" * 60,
        b"\0\0\0\x18ftypmp42" + b"\xff" * 300,
        b"RIFF\xff\xff\xff\xffWAVEfmt ",
    ],
    ids=["empty", "html", "png", "cut-png", "cut-jpeg", "webp", "gif", "tiff", "mp4", "wav"],
)
def test_what_is_damaged_or_no_medium_is_unreadable(tmp_path: Path, content: bytes) -> None:
    with quiet_pillow():
        found = made(tmp_path, content)
    assert (found.facts.problem, dict(found.pictures)) == ("unreadable", {})


def test_a_hundred_megapixels_are_not_decoded(tmp_path: Path) -> None:
    with quiet_pillow():
        found = made(tmp_path, _png_of(10_000, 10_000))
    assert found.facts == MediaFacts(width=10_000, height=10_000, problem="large")


def test_a_size_that_no_picture_has_is_unreadable(tmp_path: Path) -> None:
    with quiet_pillow():
        assert made(tmp_path, _png_of(1 << 20, 1 << 20)).facts.problem == "unreadable"


def _png_of(width: int, height: int) -> bytes:
    """The head of a PNG which claims that size."""
    content = bytearray(image_bytes())
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


def test_a_type_that_is_not_decoded_has_no_problem(tmp_path: Path) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    assert made(tmp_path, svg).facts == MediaFacts()


def test_facts_are_the_same_after_they_were_written() -> None:
    facts = MediaFacts(width=3, height=4, seconds=1.5, has_sound=False, peaks=(1, 2))
    assert MediaFacts.of_record(json.loads(json.dumps(facts.record()))) == facts


def test_a_record_with_anything_in_it_gives_facts() -> None:
    record = {"width": "wide", "peaks": [1, "a", True], "problem": "none", "seconds": float("nan")}
    assert MediaFacts.of_record(record) == MediaFacts(peaks=(1,))


def test_peaks_are_at_most_sixty_of_full_height() -> None:
    peaks = thumbnails._normalized([number % 700 for number in range(7000)])
    assert (len(peaks), max(peaks)) == (60, 100)
    assert thumbnails._normalized([]) == ()
    assert thumbnails._normalized([3]) == (1,)  # noise is not stretched
