"""Talking: the limits and the length of videos that speak, which both vendors' pages share."""

from __future__ import annotations

from collections.abc import Sequence

from runner.emulator.api.audio_files import AAC, M4A, MP3, WAV
from runner.emulator.api.images import WITH_BMP, ImageLimits
from runner.emulator.api.sounds import SoundLimits
from runner.emulator.api.videos import VideoLimits
from runner.emulator.operations import speech
from runner.emulator.operations.kinds import Medium
from runner.emulator.operations.language import length_of
from runner.emulator.operations.rules import Given, Values
from runner.emulator.operations.speech import Speech
from runner.emulator.state.tasks import Reference

_MB = 1024 * 1024

VIDEO = Medium(
    is_required=True,
    limits=VideoLimits(
        takes_data=False,
        is_h264=True,
        least_s=1,
        most_s=600,
        least_side=360,
        most_side=4096,
        most_bytes=5 * 1024 * _MB,
    ),
)
# Also wma and ogg, which are not measured.
SOUND = Medium(
    limits=SoundLimits(
        types=(WAV, MP3, M4A, AAC),
        takes_others=True,
        takes_data=False,
        least_s=1,
        most_s=600,
        most_bytes=100 * _MB,
    )
)
TEXT = Speech(least=4, most=2000, counts_wide_twice=True)
FACE = Medium(
    limits=ImageLimits(
        takes_data=False,
        types=WITH_BMP,
        least_side=192,
        most_side=4096,
        ratio=None,
        most_bytes=10 * _MB,
    )
)
SOUND_OR_TEXT = Given(among=("audio_url", "text"), least=1, most=2)
WITHOUT_TEXT = ({"text": ("",)},)
"""When what is said about the voice has no effect."""


def spoken_length(values: Values, media: Sequence[Reference]) -> float:
    """That of the sound if there is one, which has precedence over the text."""
    if values["audio_url"]:
        return length_of(media[-1])
    return speech.seconds_of(values["text"], values.get("speed", 1))
