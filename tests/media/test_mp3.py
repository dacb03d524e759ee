from __future__ import annotations

import io

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.media.mp3 import is_mp3_cut

RATES = (44_100, 24_000, 11_025)


def mp3(
    *, rate: int = 24_000, layout: str = "mono", header: bool = True, tags: bool = True
) -> bytes:
    """Two seconds of silence; without `header` as encoders write it that cannot go back."""
    out = io.BytesIO()
    options = {"write_xing": str(int(header)), "id3v2_version": "4" if tags else "0"}
    with av.open(out, "w", format="mp3", options=options) as container:
        container.metadata["title"] = "boat"
        stream = container.add_stream("libmp3lame", rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout, stream.bit_rate = layout, 64_000 if rate > 12_000 else 32_000
        form = stream.codec_context.format
        frame = av.AudioFrame(format="s16", layout="mono", samples=2 * rate)
        frame.planes[0].update(bytes(4 * rate))
        frame.sample_rate, frame.pts = rate, 0
        for piece in av.AudioResampler(form, layout, rate).resample(frame):
            container.mux(stream.encode(piece))
        container.mux(stream.encode())
    return out.getvalue()


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("layout", ["mono", "stereo"])
@pytest.mark.parametrize("header", [True, False])
def test_a_whole_mp3_is_not_cut(rate: int, layout: str, header: bool) -> None:
    assert not is_mp3_cut(io.BytesIO(mp3(rate=rate, layout=layout, header=header)))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("lost", [1, 50, 3001])
def test_an_mp3_that_ends_within_a_frame_is_cut(rate: int, header: bool, lost: int) -> None:
    assert is_mp3_cut(io.BytesIO(mp3(rate=rate, header=header)[:-lost]))


FRAME = 72 * 64_000 // 24_000
"""Bytes of each frame at 64 kbit/s and 24 kHz."""


def test_a_loss_of_whole_frames_shows_by_their_number_only() -> None:
    assert is_mp3_cut(io.BytesIO(mp3()[: -20 * FRAME]))
    # The rest is a sound like any other that is shorter.
    assert not is_mp3_cut(io.BytesIO(mp3(header=False)[: -20 * FRAME]))


@pytest.mark.parametrize("after", [b"TAG" + bytes(125), b"APETAGEX" + bytes(24), bytes(100)])
def test_what_may_follow_the_last_frame_is_no_frame(after: bytes) -> None:
    assert not is_mp3_cut(io.BytesIO(mp3() + after))


def test_a_file_that_ends_in_its_tag_is_cut() -> None:
    assert is_mp3_cut(io.BytesIO(mp3()[:30]))


@given(st.binary(max_size=200))
def test_any_bytes_are_read(content: bytes) -> None:
    assert is_mp3_cut(io.BytesIO(content)) in (True, False)
