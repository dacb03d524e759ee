"""Labels: marks of generated content are found where their standards put them, and only there."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from runner.media.labels import labels_of
from runner.model.file_facts import Label
from tests.builders import image_bytes, write_file
from tests.media.clips import video_bytes

AIGC_XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description'
    b' xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/" TC260:AIGC="{&quot;Label&quot;:1}"/>'
    b"</x:xmpmeta>"
)
IPTC_XMP = (
    b'<rdf:Description Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/'
    b'digitalsourcetype/trainedAlgorithmicMedia"/>'
)


def png_with(*chunks: tuple[bytes, bytes]) -> bytes:
    whole = image_bytes()
    made = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return whole[:33] + made + whole[33:]  # after the header


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


def saved(kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "orange").save(file, kind, **options)
    return file.getvalue()


def with_key(name: str) -> bytes:
    """An MP4 with a key of metadata, as FFmpeg writes it."""
    source, out = io.BytesIO(video_bytes()), io.BytesIO()
    with (
        av.open(source, "r") as old,
        av.open(out, "w", format="mp4", options={"movflags": "use_metadata_tags"}) as new,
    ):
        stream = new.add_stream_from_template(old.streams.video[0])
        new.metadata[name] = '{"Label": "1"}'
        for packet in old.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    return out.getvalue()


def pnginfo(keyword: str) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text(keyword, '{"Label": "1"}')
    return info


XMP_BOX = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + AIGC_XMP)
C2PA_BOX = box(b"uuid", bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + b"\0" * 20)
JUMBF = b"JP\0\1\0\0\0\1" + box(b"jumb", box(b"jumd", b"c2pa\0\x11\0\x10"))


@pytest.mark.parametrize(
    ("media_type", "content", "labels"),
    [
        ("image/png", saved("PNG", pnginfo=pnginfo("AIGC")), ("aigc",)),
        ("image/png", png_with((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + AIGC_XMP)), ("aigc",)),
        (
            "image/png",
            png_with((b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(IPTC_XMP))),
            ("iptc",),
        ),
        ("image/png", png_with((b"caBX", b"\0" * 9), (b"tEXt", b"AIGC\0{}")), ("aigc", "c2pa")),
        ("image/jpeg", saved("JPEG", xmp=AIGC_XMP + IPTC_XMP), ("aigc", "iptc")),
        (
            "image/jpeg",
            (jpeg := saved("JPEG"))[:2]
            + b"\xff\xeb"
            + struct.pack(">H", len(JUMBF) + 2)
            + JUMBF
            + jpeg[2:],
            ("c2pa",),
        ),
        ("image/webp", saved("WEBP", xmp=IPTC_XMP), ("iptc",)),
        ("image/webp", saved("WEBP") + b"C2PA\x03\0\0\0abc\0", ("c2pa",)),
        ("video/mp4", with_key("AIGC"), ("aigc",)),
        ("video/mp4", video_bytes() + XMP_BOX, ("aigc",)),
        ("video/mp4", video_bytes() + C2PA_BOX, ("c2pa",)),
        ("audio/mpeg", b"ID3\4\0\0\0\0\0\x16TXXX\0\0\0\x0c\0\0\3AIGC\0{1}", ("aigc",)),
    ],
    ids=lambda value: None if isinstance(value, bytes) else str(value),
)
def test_a_label_is_found_where_its_standard_puts_it(
    tmp_path: Path, media_type: str, content: bytes, labels: tuple[Label, ...]
) -> None:
    assert labels_of(write_file(tmp_path, "made", content), media_type) == labels


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("image/png", image_bytes()),
        ("image/png", saved("PNG", pnginfo=pnginfo("prompt AIGC"))),
        ("image/jpeg", saved("JPEG", comment=b"AIGC c2pa trainedAlgorithmicMedia")),
        ("image/gif", saved("GIF")),
        ("video/mp4", with_key("title AIGC")),
        ("video/webm", video_bytes("webm", codec="libvpx")),
    ],
    ids=lambda value: None if isinstance(value, bytes) else str(value),
)
def test_the_same_words_elsewhere_are_no_label(
    tmp_path: Path, media_type: str, content: bytes
) -> None:
    assert labels_of(write_file(tmp_path, "made", content), media_type) == ()


TYPES = ("image/png", "image/jpeg", "image/webp", "video/mp4", "audio/mpeg", "audio/wav")
HEADS = (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe1", b"\0\0\0\x08moov\0\0\0\x10udta", b"ID3\4")


@given(st.sampled_from(TYPES), st.sampled_from(HEADS), st.binary(max_size=300))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read(tmp_path: Path, media_type: str, head: bytes, rest: bytes) -> None:
    path = write_file(tmp_path, "made", head + rest)
    assert set(labels_of(path, media_type)) <= {"aigc", "c2pa", "iptc"}


def test_boxes_inside_each_other_without_end_are_read(tmp_path: Path) -> None:
    content = b""
    for _ in range(3000):
        content = box(b"moov", content)
    assert labels_of(write_file(tmp_path, "made", content), "video/mp4") == ()


def test_a_file_of_empty_pieces_is_read_in_part(tmp_path: Path) -> None:
    content = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0tEXt\0\0\0\0" * 50_000 + b"\0\0\0\0caBX\0\0\0\0"
    assert labels_of(write_file(tmp_path, "made", content), "image/png") == ()
