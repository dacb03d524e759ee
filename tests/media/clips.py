"""Small videos and audio files that PyAV makes for tests."""

from __future__ import annotations

import io
from fractions import Fraction

import av


def video_bytes(
    form: str = "mp4",
    *,
    codec: str = "mpeg4",
    seconds: float = 1,
    rate: int = 24,
    size: tuple[int, int] = (64, 48),
    sound: bool = False,
) -> bytes:
    """A grey video in that format (a name of FFmpeg's), perhaps with silence."""
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, rate)
        track = container.add_stream("aac", rate=24_000) if sound else None
        for number in range(round(seconds * rate)):
            frame = av.VideoFrame(*size, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([128]) * plane.buffer_size)
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if isinstance(track, av.AudioStream):
            _add_silence(container, track, seconds)
    return out.getvalue()


def fading_video() -> bytes:
    """An MP4 of 64x48 whose first five frames are black; then it is black and white."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=24)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(10):
            frame = av.VideoFrame(64, 48, "yuv420p")
            luma, *chroma = frame.planes
            line = (b"\x10" * 32 + (b"\x10" if number < 5 else b"\xeb") * 32).ljust(luma.line_size)
            luma.update(line * 48)
            for plane in chroma:
                plane.update(b"\x80" * plane.buffer_size)
            frame.pts, frame.time_base = number, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()


def audio_bytes(form: str = "wav", *, codec: str = "pcm_s16le", seconds: float = 1) -> bytes:
    """Silence in that format (a name of FFmpeg's)."""
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        stream = container.add_stream(codec, rate=24_000)
        assert isinstance(stream, av.AudioStream)
        _add_silence(container, stream, seconds)
    return out.getvalue()


def _add_silence(
    container: av.container.OutputContainer, stream: av.AudioStream, seconds: float
) -> None:
    context = stream.codec_context
    layout = context.layout.name
    samples = context.frame_size or 1024
    resampler = av.AudioResampler(context.format.name, layout, 24_000, samples)
    frame = av.AudioFrame(format="s16", layout="mono", samples=round(seconds * 24_000))
    frame.planes[0].update(bytes(frame.planes[0].buffer_size))
    frame.sample_rate, frame.pts = 24_000, 0
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        container.mux(stream.encode(piece))
    container.mux(stream.encode(None))
