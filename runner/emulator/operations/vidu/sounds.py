"""Sounds and voices, as the vendor's pages describe them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runner.emulator.api.audio_files import M4A, MP3, WAV
from runner.emulator.api.errors import invalid
from runner.emulator.api.sounds import SoundLimits
from runner.emulator.operations import prices, speech
from runner.emulator.operations.kinds import (
    Choice,
    Kind,
    Medium,
    Objects,
    Pattern,
    Real,
    Text,
    Texts,
    Whole,
)
from runner.emulator.operations.language import Operation
from runner.emulator.operations.rules import Needs, Values
from runner.emulator.operations.speech import Speech
from runner.emulator.operations.vidu.shared import TAGS
from runner.emulator.state.tasks import Reference

_MB = 1024 * 1024
_PROMPT_LIMIT = 1500  # characters
_PROMPT = Text(default=None, most=_PROMPT_LIMIT)
_MODEL = Choice(among=("audio1.0",))
# Without `payload`: neither request nor answer has it.
_USUAL: Mapping[str, Kind] = {
    "duration": Real(default=10, least=2, most=10),
    "seed": TAGS["seed"],
    "callback_url": TAGS["callback_url"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _InTime:
    """Each prompt must be heard for some time, and within the sound."""

    def check(self, values: Values, path: str) -> None:
        """As `Rule`."""
        for number, item in enumerate(values["timing_prompts"]):
            name = f"{path}timing_prompts[{number}]"
            if not 0 <= item["from"] < item["to"] <= values["duration"]:
                order = f"0 <= from < to <= duration ({values['duration']:g})"
                raise invalid(f"{name}: {item['from']:g} to {item['to']:g} s, it must be {order}")


TEXT2AUDIO = Operation(
    path="text2audio",
    makes="audio",
    row_type="text2audio",
    fields={"model": _MODEL, "prompt": _PROMPT, **_USUAL},
    prices=prices.SOUNDS,
    answer=("model", "prompt", "duration", "seed"),
    unanswered=("payload",),
)

TIMING2AUDIO = Operation(
    path="timing2audio",
    makes="audio",
    row_type="timing2audio",
    fields={
        "model": _MODEL,
        "timing_prompts": Objects(
            least=1,
            fields={
                "from": Real(is_required=True),
                "to": Real(is_required=True),
                "prompt": _PROMPT,
            },
        ),
        **_USUAL,
    },
    rules=(_InTime(),),
    prices=prices.SOUNDS,
    answer=("model", "timing_prompts", "duration", "seed"),
    unanswered=("payload",),
)

# ----------------------------------------------------------------- voices: the answer is the result


def _spoken_length(values: Values, media: Sequence[Reference]) -> float:
    del media
    return speech.exact_seconds_of(values["text"], values.get("voice_setting_speed", 1))


AUDIO_TTS = Operation(
    path="audio-tts",
    makes="audio",
    row_type="audio_tts",
    fields={
        "text": Speech(is_required=True, most=9999),  # "below 10000"
        # An open list: the ids are nowhere published as text.
        "voice_setting_voice_id": Text(default=None),
        "voice_setting_speed": Real(default=1.0, least=0.5, most=2),
        "voice_setting_volume": Whole(among=range(11), default=0),
        "voice_setting_pitch": Whole(among=range(-12, 13), default=0),
        "voice_setting_emotion": Choice(
            among=("happy", "sad", "angry", "fearful", "disgusted", "surprised", "calm"),
            default="",
        ),
        "pronunciation_dict_tone": Texts(),
        "payload": TAGS["payload"],
    },
    length=_spoken_length,
    prices=prices.SPEECH,
    result_field="file_url",
)

_SAMPLE = SoundLimits(
    types=(MP3, M4A, WAV), takes_data=False, least_s=10, most_s=300, most_bytes=20 * _MB
)
# "Below 8 s".
_PROMPT_SAMPLE = SoundLimits(types=(MP3, M4A, WAV), takes_data=False, most_s=8, most_bytes=20 * _MB)

AUDIO_CLONE = Operation(
    path="audio-clone",
    makes="audio",
    row_type="audio_clone",
    fields={
        "audio_url": Medium(is_required=True, limits=_SAMPLE),
        "voice_id": Pattern(
            form="[A-Za-z][A-Za-z0-9_-]{6,254}[A-Za-z0-9]", example="my-voice_01 (8 to 256)"
        ),
        "text": Speech(is_required=True, most=1000),
        "prompt_audio_url": Medium(limits=_PROMPT_SAMPLE),
        "prompt_text": Pattern(
            # Chinese or other punctuation.
            form=r"(?s).*[.!?;:,\u2026\u3002\uff01\uff1f\uff1b\uff1a\uff0c]",
            example="a sentence that ends in punctuation.",
            default="",
        ),
        "payload": TAGS["payload"],
    },
    # Each without the other makes no sense, though it is not on the page.
    rules=(
        Needs(name="prompt_audio_url", other="prompt_text"),
        Needs(name="prompt_text", other="prompt_audio_url"),
    ),
    length=_spoken_length,
    prices=prices.VOICES,
    result_field="demo_audio",
    answer=("voice_id",),
    unanswered=("credits",),
)
