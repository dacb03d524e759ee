from __future__ import annotations

import io
from collections.abc import Sequence

import av
import pytest
from PIL import Image

from runner.emulator.render.encoder import Encoder
from runner.emulator.tables import FPS

SIZE = (160, 90)
HOLD = 6


def encoded(pictures: Sequence[Image.Image], *, repeats: bool) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        encoder = Encoder(container, SIZE, hold=HOLD, repeats=repeats)
        for picture in pictures:
            encoder.add(picture)
        encoder.end()
    return out.getvalue()


def coloured() -> list[Image.Image]:
    """Four gradients that go different ways."""
    plain = Image.linear_gradient("L").resize(SIZE)
    return [Image.merge("RGB", (plain, plain.rotate(90 * n), plain)) for n in range(4)]


@pytest.mark.parametrize("repeats", [False, True])
def test_each_picture_is_shown_for_its_frames(repeats: bool) -> None:
    with av.open(io.BytesIO(encoded(coloured(), repeats=repeats)), "r") as container:
        stream = container.streams.video[0]
        assert stream.average_rate == FPS
        assert stream.frames == 4 * HOLD
        assert container.duration == 1_000_000
        frames = [frame.to_image() for frame in container.decode(stream)]  # type: ignore[no-untyped-call]
    shown = [frame.getpixel((20, 20)) for frame in frames]
    wanted = [picture.getpixel((20, 20)) for picture in coloured() for _ in range(HOLD)]
    for found, asked in zip(shown, wanted, strict=True):
        assert found == pytest.approx(asked, abs=24)


@pytest.mark.skipif("libx264" not in av.codecs_available, reason="no H.264 encoder here")
def test_a_repeated_picture_does_not_change_by_a_pixel() -> None:
    with av.open(io.BytesIO(encoded(coloured(), repeats=True)), "r") as container:
        planes = [bytes(frame.planes[0]) for frame in container.decode(video=0)]
    assert [len(set(planes[n : n + HOLD])) for n in range(0, len(planes), HOLD)] == [1] * 4
    assert len(set(planes)) == 4


@pytest.mark.skipif("libx264" not in av.codecs_available, reason="no H.264 encoder here")
def test_every_picture_can_be_the_start_of_playing() -> None:
    with av.open(io.BytesIO(encoded(coloured(), repeats=True)), "r") as container:
        keys = [packet.is_keyframe for packet in container.demux(video=0) if packet.size]
    assert keys == ([True] + [False] * (HOLD - 1)) * 4


def test_the_same_pictures_give_the_same_bytes() -> None:
    assert encoded(coloured(), repeats=True) == encoded(coloured(), repeats=True)
