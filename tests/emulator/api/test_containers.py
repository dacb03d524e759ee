from __future__ import annotations

import io
import struct
from contextlib import suppress

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.emulator.api.containers import AVI, MP4, BrokenVideoError, measure, video_type_of
from tests.emulator.media import video_bytes


@pytest.mark.parametrize(("form", "media_type"), [("mp4", MP4), ("mov", MP4), ("avi", AVI)])
@pytest.mark.parametrize("has_sound", [False, True])
def test_the_headers_of_a_video_are_measured(form: str, media_type: str, has_sound: bool) -> None:
    content = video_bytes(form, (320, 180), seconds=1.5, fps=30, has_sound=has_sound)
    assert video_type_of(content) == media_type
    found = measure(content, media_type)
    assert (found.width, found.height) == (320, 180)
    assert found.seconds == pytest.approx(1.5, abs=0.1)
    assert found.fps == pytest.approx(30, abs=0.1)


def test_a_sound_alone_is_no_video() -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=24_000)
        frame = av.AudioFrame(format="s16", layout="mono", samples=1024)
        frame.sample_rate = 24_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(BrokenVideoError, match="no picture"):
        measure(out.getvalue(), MP4)


def test_a_box_may_state_its_size_in_64_bits() -> None:
    content = video_bytes("mp4", (320, 180), seconds=1)
    at = content.index(b"moov") - 4
    [size] = struct.unpack_from(">I", content, at)
    moov = content[at + 8 : at + size]
    wide = struct.pack(">I4sQ", 1, b"moov", size + 8) + moov
    assert measure(content[:at] + wide, MP4) == measure(content, MP4)


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\x1aE\xdf\xa3" * 4, b"RIFF....WEBPVP8 "])
def test_other_files_are_no_videos(content: bytes) -> None:
    assert video_type_of(content) is None


@given(at=st.integers(0, 4000), noise=st.binary(min_size=1, max_size=60))
@pytest.mark.parametrize(("form", "media_type"), [("mp4", MP4), ("avi", AVI)])
def test_damage_is_an_error_and_nothing_else(
    form: str, media_type: str, at: int, noise: bytes
) -> None:
    content = video_bytes(form, (320, 180), seconds=1)
    at = len(content) - 1 - at % len(content)
    damaged = content[:at] + noise + content[at + len(noise) :]
    with suppress(BrokenVideoError):  # and nothing else
        assert measure(damaged, media_type).seconds > 0
