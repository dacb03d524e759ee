"""Media of requests: small videos and sounds, and the check of those that a body names."""

from __future__ import annotations

import io
import math
from array import array
from collections.abc import Sequence
from functools import cache

import av
from PIL import Image

from runner.emulator.api.references import Source, receive
from runner.emulator.state.tasks import Reference
from tests.builders import as_data_uri, image_bytes

_CODECS = {"mp3": "libmp3lame", "adts": "aac", "wav": "pcm_s16le", "ipod": "aac", "ogg": "flac"}


@cache
def video_bytes(
    form: str = "mp4",
    size: tuple[int, int] = (160, 160),
    *,
    seconds: float = 5,
    fps: int = 10,
    has_sound: bool = False,
    codec: str = "mpeg4",
) -> bytes:
    """A plain video file of that container and codec (names of FFmpeg's)."""
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        stream = container.add_stream(codec, rate=fps)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        sound = container.add_stream("aac", rate=24_000) if has_sound else None
        frame = av.VideoFrame.from_image(Image.new("RGB", size, "teal"))  # type: ignore[no-untyped-call]
        frame = frame.reformat(format="yuv420p")
        for number in range(round(seconds * fps)):
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound is not None:
            silence = av.AudioFrame(format="s16", layout="mono", samples=1024)
            silence.sample_rate, silence.pts = 24_000, 0
            silence.planes[0].update(bytes(2048))
            container.mux(sound.encode(silence))
            container.mux(sound.encode())
    return out.getvalue()


@cache
def sound_bytes(form: str = "mp3", *, seconds: float = 10, rate: int = 24_000) -> bytes:
    """Silence in that container (a name of FFmpeg's; `ipod` is M4A, `adts` plain AAC)."""
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        stream = container.add_stream(_CODECS[form], rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        samples = round(seconds * rate)
        silence = av.AudioFrame(format="s16", layout="mono", samples=samples)
        silence.planes[0].update(bytes(2 * samples))
        silence.sample_rate, silence.pts = rate, 0
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate)
        for frame in resampler.resample(silence):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()


def received(sources: Sequence[Source]) -> list[Reference]:
    """The checked media of a request where no file is on the emulator itself."""
    return [reference for reference, _ in receive(sources, lambda _: None)]


def image(width: int = 128, height: int = 128) -> str:
    """A data URI of that size in pixels."""
    return as_data_uri(image_bytes(size=(width, height)))


def video(form: str = "mp4", size: tuple[int, int] = (160, 160), *, seconds: float = 5) -> str:
    """A data URI of a video of that container, size and length."""
    return as_data_uri(video_bytes(form, size, seconds=seconds), f"video/{form}")


def decibels(content: bytes) -> list[float]:
    """How loud each second of a file is, below the loudest possible; empty without sound."""
    samples, plain = array("h"), av.AudioResampler(format="s16", layout="mono", rate=8000)
    with av.open(io.BytesIO(content), "r") as container:
        for decoded in container.decode(audio=0) if container.streams.audio else ():
            for frame in plain.resample(decoded):
                samples.frombytes(bytes(frame.planes[0])[: 2 * frame.samples])
    seconds = (samples[start : start + 8000] for start in range(0, len(samples), 8000))
    return [10 * math.log10((1 + sum(v**2 for v in one)) / len(one) / 2**30) for one in seconds]
