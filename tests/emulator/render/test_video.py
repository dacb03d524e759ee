from __future__ import annotations

import io
from typing import Any

import av
import pytest

from runner.emulator.render.image import Painter
from runner.emulator.render.text import FontSet
from runner.emulator.render.video import FPS, film, frames
from runner.emulator.state.tasks import Order
from tests.builders import emulated_order

PAINTER = Painter(copies=lambda _: None, fonts=FontSet())


def order(**changes: Any) -> Order:
    fields: dict[str, Any] = {"api": "modelverse", "resolution": "540p", "duration_s": 1}
    return emulated_order(**(fields | changes))


@pytest.mark.parametrize(
    ("ratio", "resolution", "duration", "size"),
    [
        ("16:9", "540p", 1, (960, 540)),
        ("9:16", "720p", 2, (720, 1280)),
        ("1:1", "540p", 3, (540, 540)),
        ("4:3", "1080p", 1, (1440, 1080)),
    ],
)
def test_a_film_has_the_size_and_length_asked_for(
    ratio: str, resolution: str, duration: int, size: tuple[int, int]
) -> None:
    asked = order(aspect_ratio=ratio, resolution=resolution, duration_s=duration)
    with av.open(io.BytesIO(film(asked, PAINTER)), "r") as container:
        [stream] = container.streams
        assert isinstance(stream, av.VideoStream)
        assert (stream.width, stream.height) == size
        assert stream.codec_context.name in {"h264", "mpeg4"}
        assert container.duration == duration * 1_000_000
        assert len(list(container.decode(video=0))) == duration * FPS


def test_music_is_as_long_as_the_film() -> None:
    with av.open(io.BytesIO(film(order(bgm=True, duration_s=2), PAINTER)), "r") as container:
        [sound] = container.streams.audio
        assert sound.duration is not None
        assert sound.time_base is not None
        assert 1.9 < sound.duration * sound.time_base <= 2
        assert container.duration == 2_000_000


def test_the_same_order_gives_the_same_bytes() -> None:
    assert film(order(bgm=True), PAINTER) == film(order(bgm=True), PAINTER)
    assert film(order(seed=8), PAINTER) != film(order(), PAINTER)


def test_every_frame_differs() -> None:
    shown = [frame.tobytes() for frame in frames(order(), PAINTER)]
    assert len(shown) == FPS
    assert len(set(shown)) == FPS
