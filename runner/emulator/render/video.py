"""An order to its video: the landscape goes by while the sun rises, under the card that tells.

H.264 where the encoder has it, MPEG-4 otherwise; with `bgm` a soft chord in AAC. One thread
encodes and nothing of the clock goes in, so that the same order gives the same bytes.
"""

from __future__ import annotations

import io
import math
from array import array
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

import av
from PIL import Image, ImageDraw

from runner.emulator.render import image as scene
from runner.emulator.render.fonts import FontSet
from runner.emulator.render.image import Copies, card, scene_seed, stamp
from runner.emulator.state.tasks import Order
from runner.emulator.tables import pixels_of

FPS = 15
_SOUND_RATE = 24_000
_SOUND_FRAME = 1024
"""Samples that AAC packs at once."""
_CHORDS = ((196, 247, 294, 392), (220, 262, 330, 440), (175, 220, 262, 349), (165, 196, 247, 330))
"""Whole hertz, so that one second of a chord repeats without a click."""


def film(order: Order, copies: Copies, faces: FontSet) -> bytes:
    """The MP4 of an order, exactly `duration_s` long."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        container.metadata["title"] = order.prompt
        container.metadata["comment"] = f"seed {order.seed}, vidu-run emulator"
        stream = _video_stream(container, pixels_of(order))
        sound = container.add_stream("aac", rate=_SOUND_RATE) if order.bgm else None
        for number, image in enumerate(frames(order, copies, faces)):
            frame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]  # PyAV
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound is not None:
            for piece in _sound(order):
                container.mux(sound.encode(piece))
            container.mux(sound.encode())
    return out.getvalue()


def frames(order: Order, copies: Copies, faces: FontSet) -> Iterator[Image.Image]:
    """Every frame in order, mode RGB."""
    size = pixels_of(order)
    overscan = round(size[0] * 0.03 * (order.duration_s + 2))
    view = scene.make(scene_seed(order), size, overscan)
    label = card(order, size, copies, faces)
    count = order.duration_s * FPS
    bar = max(2, size[1] // 120)
    for number in range(count):
        done = number / count
        image = scene.paint(view, done, overscan, round(size[1] * 0.1 * done))
        stamp(image, label)
        progress = (0, size[1] - bar, round(size[0] * done), size[1])
        ImageDraw.Draw(image).rectangle(progress, fill=view.sun_colour)
        yield image


def _video_stream(container: av.container.OutputContainer, size: tuple[int, int]) -> av.VideoStream:
    name = "libx264" if "libx264" in av.codecs_available else "mpeg4"
    stream = container.add_stream(name, rate=FPS)
    if not isinstance(stream, av.VideoStream):
        raise TypeError(f"{name} encodes no video")
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.time_base = Fraction(1, FPS)
    stream.codec_context.thread_count = 1
    if name == "libx264":
        stream.options = {"preset": "ultrafast", "crf": "24"}
    else:
        stream.bit_rate = size[0] * size[1] * 3
    return stream


def _sound(order: Order) -> Iterator[av.AudioFrame]:
    """A chord as long as the video, never longer."""
    second = _chord(_CHORDS[order.seed % len(_CHORDS)])
    samples = (second * order.duration_s)[: order.duration_s * _SOUND_RATE]
    for start in range(0, len(samples) - _SOUND_FRAME + 1, _SOUND_FRAME):
        frame = av.AudioFrame(format="s16", layout="mono", samples=_SOUND_FRAME)
        frame.planes[0].update(samples[start : start + _SOUND_FRAME].tobytes())
        frame.sample_rate = _SOUND_RATE
        frame.pts = start
        yield frame


@lru_cache(maxsize=len(_CHORDS))
def _chord(tones: tuple[int, ...]) -> array[int]:
    """One second, 16 bits, swelling once."""
    turn = 2 * math.pi / _SOUND_RATE
    return array(
        "h",
        (
            round(
                sum(math.sin(tone * turn * n) for tone in tones) * (1400 + 500 * math.sin(turn * n))
            )
            for n in range(_SOUND_RATE)
        ),
    )
