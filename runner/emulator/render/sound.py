"""Sounds: what is heard of an order, as 16-bit samples and as an MP3.

Speech is a tone for each letter, a timed effect a tone of its own; music is a soft chord. A sound
of the request is heard as it is, where it is here.
"""

from __future__ import annotations

import io
import math
import zlib
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import av

from runner.emulator.operations.speech import parts_of
from runner.emulator.render.image import Copies
from runner.emulator.render.parts import is_extended
from runner.emulator.state.tasks import Order, Reference

Samples: TypeAlias = "array[int]"
RATE = 24_000
_LOUD = 9000  # of 32767
_LARGEST = 32_767
_BITS_A_SECOND = 64_000
# Whole hertz, so that one second of a chord repeats without a click.
_CHORDS = ((196, 247, 294, 392), (220, 262, 330, 440), (175, 220, 262, 349), (165, 196, 247, 330))
_LOWEST_HZ, _PITCHES = 110, 24  # of speech, in semitones


def recording(order: Order, copies: Copies) -> bytes:
    """The MP3 of an order whose result is a sound, as long as it was asked for."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp3") as container:
        container.metadata["title"] = order.prompt or "sound effects"
        container.metadata["comment"] = f"seed {order.seed}, vidu-run emulator"
        stream = container.add_stream("libmp3lame", rate=RATE)
        assert isinstance(stream, av.AudioStream), "libmp3lame encodes no sound"
        stream.layout = "mono"
        stream.bit_rate = _BITS_A_SECOND
        planar = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=RATE)
        for frame in planar.resample(frame_of(heard(order, copies))):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()


def frame_of(samples: Samples) -> av.AudioFrame:
    """The samples as one frame, from the beginning."""
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples))
    frame.planes[0].update(samples.tobytes())
    frame.sample_rate, frame.pts = RATE, 0
    return frame


def heard(order: Order, copies: Copies) -> Samples:
    """What an order sounds like, exactly as long as its result."""
    count = round((order.sound_s or order.duration_s) * RATE)
    found = _played(_source_of(order), copies) or _generated(order)
    rest = chord(order)[len(found) : count] if is_extended(order) else _silence(count - len(found))
    return found[:count] + rest


def goes_on(order: Order, copies: Copies) -> bool:
    """Whether the result is an extension of a video with sound, and so has some to its end."""
    return is_extended(order) and _played(order.videos[-1], copies) is not None


def _source_of(order: Order) -> Reference | None:
    """The sound or the video of the request that gives the result its sound."""
    if order.is_sound:  # a sample of a voice is not heard itself
        return None
    is_heard = "remove_audio" in order.details or is_extended(order)
    return next(iter(reversed((*(order.videos if is_heard else ()), *order.sounds))), None)


def _played(source: Reference | None, copies: Copies) -> Samples | None:
    """The sound of a file; None where it is not here or cannot be decoded."""
    content = copies(source.content_key) if source is not None and source.content_key else None
    if content is None:
        return None
    samples = array("h")
    plain = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    try:
        with av.open(io.BytesIO(content), "r") as container:
            for decoded in container.decode(audio=0):
                for frame in plain.resample(decoded):
                    samples.frombytes(bytes(frame.planes[0])[: 2 * frame.samples])
    except (av.error.FFmpegError, IndexError, ValueError):  # what comes before the damage is heard
        pass
    return samples or None


def _generated(order: Order) -> Samples:
    details = order.details
    if "timing_prompts" in details:
        return _effects(details["timing_prompts"], round(order.sound_s * RATE))
    if details.get("text"):
        return _speech(details)
    return chord(order)


def chord(order: Order) -> Samples:
    """Music as long as the result, in whole seconds."""
    seconds = math.ceil(order.sound_s or order.duration_s)
    # Of a sound, the prompt decides too: there is nothing else to tell two results by.
    number = order.seed + (zlib.crc32(order.prompt.encode()) if order.is_sound else 0)
    return _chord(_CHORDS[number % len(_CHORDS)]) * seconds


@lru_cache(maxsize=len(_CHORDS))
def _chord(tones: tuple[int, ...]) -> Samples:
    """One second that swells once."""
    turns = (2 * math.pi * n / RATE for n in range(RATE))
    samples = (
        (1400 + 500 * math.sin(turn)) * sum(math.sin(tone * turn) for tone in tones)
        for turn in turns
    )
    return array("h", map(round, samples))


# ---------------------------------------------------------------------------------------- speech


def _speech(details: Any) -> Samples:
    """A tone for each letter, silence between words and where the text has a pause."""
    speed = details.get("voice_setting_speed") or details.get("speed") or 1.0
    pitch = details.get("voice_setting_pitch", 0)
    volume = details.get("voice_setting_volume") or details.get("volume") or 0
    loud = round(_LOUD * (1 + volume / 10))
    samples, end_s = array("h"), 0.0
    for text, seconds in parts_of(details["text"], speed):
        start_s, end_s = end_s, end_s + seconds
        for number, letter in enumerate(text, 1):
            count = round((start_s + seconds * number / len(text)) * RATE) - len(samples)
            is_heard = letter.isalnum()
            samples += _tone(_hertz(letter, pitch), count, loud) if is_heard else _silence(count)
        samples += _silence(round(end_s * RATE) - len(samples))
    return samples


def _hertz(letter: str, pitch: int) -> float:
    return float(_LOWEST_HZ * 2 ** ((ord(letter) % _PITCHES + pitch) / 12))


@lru_cache(maxsize=512)
def _tone(hertz: float, count: int, loud: int) -> Samples:
    """A tone that swells and fades, so that each one is heard."""
    turn, swell = 2 * math.pi * hertz / RATE, math.pi / max(1, count)
    tone = (loud * math.sin(swell * n) * math.sin(turn * n) for n in range(count))
    return array("h", map(round, tone))


def _silence(count: int) -> Samples:
    return array("h", bytes(2 * max(0, count)))


# --------------------------------------------------------------------------------- timed effects


def _effects(prompts: Iterable[Any], count: int) -> Samples:
    """Each prompt as a tone of its own at its times; where they overlap, both are heard."""
    samples = _silence(count)
    for prompt in prompts:
        start, end = round(prompt["from"] * RATE), round(prompt["to"] * RATE)
        hertz = 200 + zlib.crc32(prompt["prompt"].encode()) % 600
        samples[start:end] = _mixed(samples[start:end], _tone(hertz, end - start, _LOUD))
    return samples


def _mixed(first: Sequence[int], second: Sequence[int]) -> Samples:
    both = (a + b for a, b in zip(first, second, strict=True))
    return array("h", (max(-_LARGEST, min(_LARGEST, value)) for value in both))
