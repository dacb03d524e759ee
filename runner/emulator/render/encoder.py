"""Encoding: makes H.264 of pictures that are each shown for several frames, MPEG-4 without it.

Of a long video only the pictures are encoded. The frames that repeat one are packets which change
nothing: the same ones after each picture, encoded once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TypeAlias

import av
from av.codec.context import Flags
from av.video.frame import PictureType
from PIL import Image

from runner.emulator.tables import FPS

Packet: TypeAlias = "av.Packet[av.VideoStream]"
_HAS_H264 = "libx264" in av.codecs_available
_OPTIONS = {"preset": "ultrafast", "crf": "24"}
_REPEATING_OPTIONS = {**_OPTIONS, "forced-idr": "1"}


class Encoder:
    """Writes the pictures of one video into a container."""

    def __init__(
        self,
        container: av.container.OutputContainer,
        size: tuple[int, int],
        *,
        hold: int,
        repeats: bool,
    ):
        """`hold`: the frames for which each picture is shown; `repeats`: see above."""
        self._container, self._size, self._hold, self._number = container, size, hold, 0
        stream = container.add_stream("libx264" if _HAS_H264 else "mpeg4", rate=FPS)
        assert isinstance(stream, av.VideoStream), "it encodes no video"
        self._stream = stream
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, FPS)
        stream.codec_context.thread_count = 1  # so that the same order gives the same bytes
        self._repeats: list[bytes] | None = None
        if not _HAS_H264:
            stream.bit_rate = size[0] * size[1] * 3
        elif repeats:
            stream.options = {**_REPEATING_OPTIONS}
            self._repeats = _repeats(size, hold)
        else:
            stream.options = {**_OPTIONS}

    def add(self, image: Image.Image) -> None:
        """Show the next picture, brought to the size of the video."""
        width, height = self._size
        frame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]  # PyAV
        frame = frame.reformat(width=width, height=height, format="yuv420p")
        start = self._number * self._hold
        self._number += 1
        if self._repeats is None:
            for pts in range(start, start + self._hold):
                frame.pts = pts
                self._container.mux(self._stream.encode(frame))
            return
        frame.pts, frame.pict_type = start, PictureType.I  # nothing before it is needed
        self._write(self._stream.encode(frame), self._repeats)

    def end(self) -> None:
        """Write what the encoder still has."""
        self._write(self._stream.encode(), self._repeats or ())

    def _write(self, pictures: Iterable[Packet], repeats: Sequence[bytes]) -> None:
        """Write pictures, and after each the frames that show it once more."""
        for picture in pictures:
            start, unit = picture.pts or 0, picture.time_base
            self._container.mux(picture)
            for number, content in enumerate(repeats, 1):
                packet = av.Packet(content)
                packet.stream, packet.time_base = self._stream, unit
                packet.pts = packet.dts = start + number * round(1 / (FPS * unit))
                self._container.mux(packet)


def _repeats(size: tuple[int, int], hold: int) -> list[bytes]:
    """Packets for the frames after a picture of that size, which leave it as it is."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext), "it encodes no video"
    context.width, context.height = size
    context.pix_fmt = "yuv420p"
    context.time_base, context.framerate = Fraction(1, FPS), Fraction(FPS)
    context.thread_count = 1
    context.options = _REPEATING_OPTIONS
    context.flags |= Flags.global_header  # as in an MP4
    # Of a grey area nothing is left to be refined: each block is skipped.
    grey = av.VideoFrame.from_image(Image.new("RGB", size, "gray"))  # type: ignore[no-untyped-call]
    frame = grey.reformat(format="yuv420p")
    packets = []
    for frame.pts in range(hold):
        packets += context.encode(frame)
    return [bytes(packet) for packet in (*packets, *context.encode())][1:]
