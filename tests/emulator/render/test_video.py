from __future__ import annotations

import io
from typing import Any

import av
import pytest
from PIL import Image

from runner.emulator.render.image import Painter
from runner.emulator.render.text import FontSet
from runner.emulator.render.video import HOLD, film, hold_of, pictures
from runner.emulator.state.tasks import Order, Reference
from runner.emulator.tables import FPS
from tests.builders import emulated_order
from tests.emulator.media import decibels

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


def test_every_picture_differs() -> None:
    shown = [picture.tobytes() for picture in pictures(order(), PAINTER)]
    assert len(shown) == FPS // HOLD
    assert len(set(shown)) == FPS // HOLD


@pytest.mark.parametrize(("seconds", "count"), [(8, 48), (9, 18), (31, 31)])
def test_a_longer_video_has_fewer_pictures(seconds: int, count: int) -> None:
    asked = order(duration_s=seconds, resolution="360p")
    assert sum(1 for _ in pictures(asked, PAINTER)) == count
    assert count * hold_of(asked) == seconds * FPS


def decoded(content: bytes) -> list[Image.Image]:
    with av.open(io.BytesIO(content), "r") as container:
        assert container.streams.video[0].average_rate == FPS
        return [frame.to_image() for frame in container.decode(video=0)]  # type: ignore[no-untyped-call]


def test_a_video_goes_from_its_first_image_to_its_last() -> None:
    images = {name: Image.new("RGB", (160, 90), name) for name in ("red", "blue")}
    copies = {name: png(image) for name, image in images.items()}
    references = tuple(
        Reference(sha256=name, media_type="image/png", width=160, height=90) for name in copies
    )
    asked = order(aspect_ratio="", images=references, resolution="360p")
    frames = decoded(film(asked, Painter(copies=copies.get, fonts=FontSet())))
    first, last = frames[0].getpixel((20, 20)), frames[-1].getpixel((20, 20))
    assert isinstance(first, tuple)
    assert isinstance(last, tuple)
    assert (first[0] > 200, first[2] < 60) == (True, True)
    assert (last[2] > 180, last[0] < 80) == (True, True)


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(("corner", "left", "top"), [(1, 0, 0), (2, 1, 0), (3, 1, 1), (4, 0, 1)])
def test_a_watermark_is_in_its_corner(corner: int, left: int, top: int) -> None:
    image = Image.new("RGB", (640, 360))
    PAINTER.mark(image, corner)
    box = image.getbbox()
    assert box is not None
    assert (box[0] + box[2] > image.width, box[1] + box[3] > image.height) == (left, top)


def test_only_one_of_the_films_has_the_watermark() -> None:
    asked = order(details={"wm_position": 4})
    assert film(asked, PAINTER, watermark=True) != film(asked, PAINTER)


@pytest.mark.parametrize(("has_sound", "seconds"), [(True, 4), (False, 0)])
def test_an_extension_is_heard_to_its_end(has_sound: bool, seconds: int) -> None:
    original = film(order(bgm=has_sound, duration_s=2), PAINTER)
    video = Reference(sha256="v", media_type="video/mp4", width=960, height=540, seconds=2)
    asked = order(aspect_ratio="", videos=(video,), duration_s=4, details={"duration": 2})
    loud = decibels(film(asked, Painter(copies={"v": original}.get, fonts=FontSet())))
    assert len(loud) == seconds
    assert all(each > -35 for each in loud)


def test_speech_and_sounds_are_heard_too() -> None:
    with av.open(io.BytesIO(film(order(audio=True), PAINTER)), "r") as container:
        assert container.streams.audio[0].codec_context.name == "aac"
