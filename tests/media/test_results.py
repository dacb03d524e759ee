"""Fetched files: what is measured of them, and whether all of each is there."""

from __future__ import annotations

import tempfile
from pathlib import Path

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.media import streams
from runner.media.results import Damage, measure_result
from runner.media.types import sniff
from runner.model.file_facts import FileFacts
from tests.builders import image_bytes, write_file
from tests.media.clips import audio_bytes, video_bytes

VIDEOS = [
    ("mp4", "libx264", "video/mp4"),
    ("mov", "mpeg4", "video/quicktime"),
    ("webm", "libvpx", "video/webm"),
    ("avi", "mpeg4", "video/x-msvideo"),
]


def with_index_first(content: bytes) -> bytes:
    """The MP4 as it is sent to browsers: its index is whole wherever its end is lost."""
    with tempfile.TemporaryDirectory() as folder:
        old, new = write_file(Path(folder), "old.mp4", content), Path(folder, "new.mp4")
        with (
            av.open(str(old), "r") as source,
            av.open(str(new), "w", format="mp4", options={"movflags": "faststart"}) as out,
        ):
            stream = out.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    out.mux(packet)
        return new.read_bytes()


def damage_of(folder: Path, content: bytes, media_type: str) -> Damage | None:
    return measure_result(write_file(folder, "made", content), media_type).damage


def test_a_video_is_measured(tmp_path: Path) -> None:
    path = write_file(tmp_path, "clip.mp4", video_bytes(seconds=2, sound=True))
    found = measure_result(path, "video/mp4")
    assert found.damage is None
    assert found.facts == FileFacts(
        width=64,
        height=48,
        seconds=2.0,
        frames_per_second=24.0,
        codec="mpeg4",
        has_sound=True,
    )
    path = write_file(tmp_path, "clip.mp4", video_bytes(seconds=1))
    assert measure_result(path, "video/mp4").facts.has_sound is False


def test_a_sound_is_measured(tmp_path: Path) -> None:
    path = write_file(tmp_path, "a.wav", audio_bytes(seconds=3))
    facts = measure_result(path, "audio/wav").facts
    assert (facts.seconds, facts.codec, facts.has_sound) == (3.0, "pcm_s16le", True)


@pytest.mark.parametrize(("form", "codec", "media_type"), VIDEOS)
def test_a_whole_video_is_not_damaged_and_half_of_one_is(
    tmp_path: Path, form: str, codec: str, media_type: str
) -> None:
    content = video_bytes(form, codec=codec, seconds=3, sound=form == "mp4")
    assert damage_of(tmp_path, content, media_type) is None
    assert damage_of(tmp_path, content[: len(content) // 2], media_type) == "truncated"


def test_the_end_that_an_index_announces_is_looked_for(tmp_path: Path) -> None:
    content = with_index_first(video_bytes(codec="libx264", seconds=3, size=(320, 240)))
    assert damage_of(tmp_path, content, "video/mp4") is None
    assert damage_of(tmp_path, content[:-200], "video/mp4") == "truncated"


def test_a_video_of_zeros_is_unreadable(tmp_path: Path) -> None:
    content = with_index_first(video_bytes(codec="libx264", seconds=3, size=(320, 240)))
    start = content.index(b"mdat") + 4
    emptied = content[:start] + bytes(len(content) - start)
    assert damage_of(tmp_path, emptied, "video/mp4") == "unreadable"


def test_a_video_with_sound_alone_has_no_pictures(tmp_path: Path) -> None:
    content = audio_bytes("mp4", codec="aac")
    assert sniff(content[:512]) == "video/mp4"
    assert damage_of(tmp_path, content, "video/mp4") == "no pictures"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_measured_and_half_of_one_is_damaged(tmp_path: Path, kind: str) -> None:
    content, media_type = image_bytes(kind, (320, 180)), f"image/{kind.lower()}"
    path = write_file(tmp_path, "made", content)
    assert measure_result(path, media_type) == (FileFacts(width=320, height=180), None)
    assert damage_of(tmp_path, content[: len(content) // 2], media_type) == "truncated"


def test_a_picture_whose_header_is_damaged_is_unreadable(tmp_path: Path) -> None:
    content = image_bytes()
    assert damage_of(tmp_path, content[:12] + b"JUNK" + content[16:], "image/png") == "unreadable"


def test_without_pyav_a_video_is_checked_for_its_end_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "is_available", lambda: False)
    content = video_bytes(seconds=2)
    path = write_file(tmp_path, "clip.mp4", content)
    assert measure_result(path, "video/mp4") == (FileFacts(), None)
    assert damage_of(tmp_path, content[:-100], "video/mp4") == "truncated"


WHOLE = [
    (image_bytes(), "image/png"),
    (image_bytes("JPEG"), "image/jpeg"),
    (image_bytes("WEBP"), "image/webp"),
    (video_bytes(), "video/mp4"),
    (audio_bytes(), "audio/wav"),
    (audio_bytes("mp3", codec="libmp3lame"), "audio/mpeg"),
]


@given(st.sampled_from(WHOLE), st.lists(st.tuples(st.integers(0, 1 << 14), st.integers(0, 255))))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_damage_is_measured(
    tmp_path: Path, whole: tuple[bytes, str], changes: list[tuple[int, int]]
) -> None:
    content = bytearray(whole[0])
    for at, byte in changes:
        content[at % len(content)] = byte
    found = measure_result(write_file(tmp_path, "made", bytes(content)), whole[1])
    assert found.damage in (None, "truncated", "unreadable", "no pictures")
