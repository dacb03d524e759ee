"""Videos: draws an order as an MP4 in which the landscape passes under the card.

H.264 where the encoder has it, MPEG-4 otherwise; where sound is asked for, it is AAC.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from typing import TypeAlias

import av
from PIL import Image, ImageDraw

from runner.emulator.render.image import Copies, Painter
from runner.emulator.render.parts import caption_of, has_card, is_cut, is_of_video, painted_size
from runner.emulator.render.sound import RATE, frame_of, heard
from runner.emulator.state.tasks import Order
from runner.emulator.tables import FPS, pixels_of

_Sound: TypeAlias = "av.Packet[av.AudioStream]"

HOLD = 4
"""Frames that show the same picture: painting takes longer than encoding what does not move."""
_LONG_HOLD, _LONG_S = 24, 8
"""The same in a film of several shots that has more seconds than that."""
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
        width, height = pixels_of(order)
        stream = _video_stream(container, (width, height))
        has_sound = order.bgm or order.audio
        sound = _sound_stream(container) if has_sound else None
        copied = _copied_sound(container, stack, order, painter)
        hold = hold_of(order)
        for number, image in enumerate(pictures(order, painter)):
            if watermark:
                corner = order.details.get("wm_position", _BOTTOM_RIGHT)
                painter.mark(image, _CORNERS.get(corner, corner))
            frame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]  # PyAV
            frame = frame.reformat(width=width, height=height, format="yuv420p")
            for pts in range(number * hold, number * hold + hold):
                frame.pts = pts
                container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound is not None:
            container.mux(sound.encode(_sound(order, painter.copies)))
            container.mux(sound.encode())
        for packet in copied:
            container.mux(packet)
    return out.getvalue()


def hold_of(order: Order) -> int:
    """How many frames of a video show the same picture."""
    return _LONG_HOLD if is_cut(order) and order.duration_s > _LONG_S else HOLD


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
        painter.caption(image, caption_of(order, progress))
        bar = (0, bar_top, round(width * progress), height)
        ImageDraw.Draw(image).rectangle(bar, fill=scene.sun_colour)
        yield image


def _video_stream(container: av.container.OutputContainer, size: tuple[int, int]) -> av.VideoStream:
    name = "libx264" if "libx264" in av.codecs_available else "mpeg4"
    stream = container.add_stream(name, rate=FPS)
    assert isinstance(stream, av.VideoStream), f"{name} encodes no video"
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.time_base = Fraction(1, FPS)
    stream.codec_context.thread_count = 1  # so that the same order gives the same bytes
    if name == "libx264":
        stream.options = {"preset": "ultrafast", "crf": "24"}
    else:
        stream.bit_rate = size[0] * size[1] * 3
    return stream


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
    # Where the request asks for sound, that takes its place.
    keeps_sound = is_of_video(order) and not order.audio
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
