"""Videos and audio files are measured in a process that may crash."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.media import streams
from runner.media.streams import StreamFacts, UnreadableError, measure
from runner.media.types import sniff
from tests.builders import write_file
from tests.media.clips import audio_bytes, fading_video, video_bytes


@pytest.mark.parametrize(
    ("form", "codec", "media_type", "name"),
    [
        ("mp4", "libx264", "video/mp4", "h264"),
        ("mov", "mpeg4", "video/quicktime", "mpeg4"),
        ("avi", "mpeg4", "video/x-msvideo", "mpeg4"),
        ("matroska", "mpeg4", "video/matroska", "mpeg4"),
        ("webm", "libvpx", "video/webm", "vp8"),
        ("flv", "flv1", "video/x-flv", "flv1"),
        ("mpegts", "mpeg2video", "video/mp2t", "mpeg2"),
        ("mxf", "mpeg2video", "application/mxf", "mpeg2"),
    ],
)
def test_a_video_is_recognized_and_measured(
    tmp_path: Path, form: str, codec: str, media_type: str, name: str
) -> None:
    content = video_bytes(form, codec=codec, seconds=2, rate=25, size=(64, 48))
    assert sniff(content[:512]) == media_type
    found = measure(write_file(tmp_path, "clip", content), media_type)
    assert found == StreamFacts(
        has_pictures=True, width=64, height=48, seconds=2.0, frames_per_second=25.0, codec=name
    )


@pytest.mark.parametrize(
    ("form", "codec", "media_type", "name"),
    [
        ("wav", "pcm_s16le", "audio/wav", "pcm_s16le"),
        ("mp3", "libmp3lame", "audio/mpeg", "mp3"),
        ("adts", "aac", "audio/aac", "aac"),
        ("ipod", "aac", "audio/mp4", "aac"),
        ("ogg", "libopus", "audio/ogg", "opus"),
        ("flac", "flac", "audio/flac", "flac"),
    ],
)
def test_an_audio_file_is_recognized_and_measured(
    tmp_path: Path, form: str, codec: str, media_type: str, name: str
) -> None:
    content = audio_bytes(form, codec=codec, seconds=3)
    assert sniff(content[:512]) == media_type
    found = measure(write_file(tmp_path, "song", content), media_type)
    assert (found.has_pictures, found.codec) == (False, name)
    # Encoders add silence: a tenth of a second at most.
    assert found.seconds == pytest.approx(3, abs=0.1)


def test_an_mp3_without_a_header_is_recognized(tmp_path: Path) -> None:
    content = audio_bytes("mp3", codec="libmp3lame", seconds=2)
    frames = content[content.index(b"\xff\xf3") :]
    assert sniff(frames[:512]) == "audio/mpeg"
    found = measure(write_file(tmp_path, "song", frames), "audio/mpeg")
    assert found.seconds == pytest.approx(2, abs=0.1)


def test_a_video_with_sound_is_as_long_as_its_pictures(tmp_path: Path) -> None:
    content = video_bytes(seconds=2, sound=True)
    found = measure(write_file(tmp_path, "clip", content), "video/mp4")
    assert (found.has_pictures, found.seconds) == (True, 2.0)


@pytest.mark.parametrize("name", ["concat:a|b", "http:", "caf\udce9", "a\nb", "%d.mp4"])
def test_no_name_of_a_file_means_anything_else(tmp_path: Path, name: str) -> None:
    found = measure(write_file(tmp_path, name, video_bytes()), "video/mp4")
    assert found.seconds == 1.0


def test_a_file_of_another_format_cannot_be_read(tmp_path: Path) -> None:
    playlist = b"#EXTM3U\n#EXTINF:1,\n/etc/hostname\n"
    with pytest.raises(UnreadableError):
        measure(write_file(tmp_path, "list", playlist), "video/mp4")


def test_a_missing_file_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError):
        measure(tmp_path / "none", "video/mp4")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_ends_the_measuring(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(_CLIP)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(1, len(content)))
    path = write_file(tmp_path_factory.mktemp("f"), "clip", bytes(content[:end]))
    try:
        found = measure(path, "video/mp4")
    except UnreadableError:
        return
    assert isinstance(found, StreamFacts)


_CLIP = video_bytes()


def test_a_crash_is_reported_and_the_next_file_is_measured(tmp_path: Path) -> None:
    path = write_file(tmp_path, "clip", _CLIP)
    measure(path, "video/mp4")
    assert streams._reader.ask("no question") is None  # the program ends with a traceback
    assert measure(path, "video/mp4").seconds == 1.0


def test_a_process_that_has_ended_meanwhile_is_started_again(tmp_path: Path) -> None:
    path = write_file(tmp_path, "clip", _CLIP)
    measure(path, "video/mp4")
    process = streams._reader._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert measure(path, "video/mp4").seconds == 1.0


def test_a_view_of_a_video_is_a_still_that_fits(tmp_path: Path) -> None:
    content = video_bytes(size=(640, 360), sound=True)
    view = streams.view(write_file(tmp_path, "clip", content), "video/mp4", 100)
    assert (view.still, len(view.rgb), view.has_sound, view.rotation) == (
        (100, 56),
        16_800,
        True,
        0,
    )
    assert view.facts == measure(tmp_path / "clip", "video/mp4")


def test_a_still_is_taken_from_after_a_dark_start(tmp_path: Path) -> None:
    view = streams.view(write_file(tmp_path, "clip", fading_video()), "video/mp4", 64)
    assert max(view.rgb) > 150
    assert min(view.rgb) < 60


def test_a_view_of_a_sound_has_its_peaks(tmp_path: Path) -> None:
    content = audio_bytes("wav", seconds=3)
    view = streams.view(write_file(tmp_path, "song", content), "audio/wav", 100)
    assert (view.still, view.rgb, set(view.peaks)) == (None, b"", {0})
    assert 140 <= len(view.peaks) <= 150


def test_a_view_of_what_is_damaged_is_an_error(tmp_path: Path) -> None:
    path = write_file(tmp_path, "clip", _CLIP[: len(_CLIP) // 3])
    for media_type in ("video/mp4", "application/vnd.apple.mpegurl"):
        with pytest.raises(UnreadableError):
            streams.view(path, media_type, 100)
