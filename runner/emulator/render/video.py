"""Videos: draws an order as an MP4 in which the landscape passes under the card.

Where sound is asked for, it is AAC.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TypeAlias

import av
from PIL import Image, ImageDraw

from runner.emulator.render.encoder import Encoder
from runner.emulator.render.image import Copies, Painter
from runner.emulator.render.parts import (
    caption_of,
    has_card,
    is_extended,
    is_of_video,
    painted_size,
)
from runner.emulator.render.sound import RATE, frame_of, goes_on, heard
from runner.emulator.state.tasks import Order
from runner.emulator.tables import FPS, pixels_of

_Sound: TypeAlias = "av.Packet[av.AudioStream]"

HOLD = 4
"""Frames that show the same picture: painting takes longer than encoding what does not move."""
_LONG_HOLDS = ((30, 24), (8, 12))
"""The same in videos that have more seconds than that, the longest first."""
_BOTTOM_RIGHT = 3
# Some operations name the corners that others number.
_CORNERS = {"top_left": 1, "top_right": 2, "bottom_right": _BOTTOM_RIGHT, "bottom_left": 4}
_SOUND_FRAME = 1024  # samples that AAC packs at once


def film(order: Order, painter: Painter, *, watermark: bool = False) -> bytes:
    """The MP4 of an order, exactly `duration_s` long, with a watermark if asked for."""
    out = io.BytesIO()
    with ExitStack() as stack:
        container = stack.enter_context(av.open(out, "w", format="mp4"))
        container.metadata["title"] = order.written_prompt
        container.metadata["comment"] = f"seed {order.seed}, vidu-run emulator"
        hold = hold_of(order)
        encoder = Encoder(container, pixels_of(order), hold=hold, repeats=hold > HOLD)
        has_sound = order.bgm or order.audio or goes_on(order, painter.copies)
        sound = _sound_stream(container) if has_sound else None
        copied = _copied_sound(container, stack, order, painter)
        for image in pictures(order, painter):
            if watermark:
                corner = order.details.get("wm_position", _BOTTOM_RIGHT)
                painter.mark(image, _CORNERS.get(corner, corner))
            encoder.add(image)
        encoder.end()
        if sound is not None:
            container.mux(sound.encode(_sound(order, painter.copies)))
            container.mux(sound.encode())
        for packet in copied:
            container.mux(packet)
    return out.getvalue()


def hold_of(order: Order) -> int:
    """How many frames of a video show the same picture."""
    return next((hold for above_s, hold in _LONG_HOLDS if order.duration_s > above_s), HOLD)


def pictures(order: Order, painter: Painter) -> Iterator[Image.Image]:
    """Every picture in order, mode RGB, with a bar at the foot that shows the progress.

    Those of an upscaled video are as large as its source.
    """
    width, height = size = painted_size(order)
    scene = painter.background(order, size, round(width * 0.03 * (order.duration_s + 2)))
    card = painter.card(order, size) if has_card(order) else None
    bar_top = height - max(2, height // 120)
    count = order.duration_s * FPS // hold_of(order)
    for number in range(count):
        progress = number / count
        image = scene.paint(progress)
        if card is not None:
            panel, at = card
            image.paste(panel, at, panel)
        painter.caption(image, caption_of(order, progress), is_wide=is_of_video(order))
        bar = (0, bar_top, round(width * progress), height)
        ImageDraw.Draw(image).rectangle(bar, fill=scene.sun_colour)
        yield image


def _sound_stream(container: av.container.OutputContainer) -> av.AudioStream:
    stream = container.add_stream("aac", rate=RATE)
    assert isinstance(stream, av.AudioStream), "aac encodes no sound"
    stream.layout = "mono"  # as two channels, each would be 3 dB less loud
    return stream


def _sound(order: Order, copies: Copies) -> av.AudioFrame:
    """What is heard, as long as the video."""
    samples = heard(order, copies)
    # Never longer, or a player would show a length that nobody asked for.
    return frame_of(samples[: len(samples) // _SOUND_FRAME * _SOUND_FRAME])


def _copied_sound(
    container: av.container.OutputContainer, stack: ExitStack, order: Order, painter: Painter
) -> Iterator[_Sound]:
    """The sound of the video that this one is made of, on a stream of its own."""
    # Where the request asks for sound, that takes its place; an extension's goes on.
    keeps_sound = is_of_video(order) and not order.audio and not is_extended(order)
    content = painter.copies(order.videos[-1].content_key) if keeps_sound else None
    if content is None:
        return iter(())
    try:
        source = stack.enter_context(av.open(io.BytesIO(content), "r"))
    except av.error.FFmpegError:  # then its frames cannot be seen either
        return iter(())
    if not source.streams.audio or source.streams.audio[0].codec_context.name != "aac":
        return iter(())
    stream = container.add_stream_from_template(source.streams.audio[0])
    return _moved(source.demux(source.streams.audio[0]), stream)


def _moved(
    packets: Iterator[av.Packet[av.AudioStream]], stream: av.AudioStream
) -> Iterator[_Sound]:
    for packet in packets:
        if packet.dts is not None:  # the last one only ends the stream
            packet.stream = stream
            yield packet
