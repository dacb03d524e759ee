"""Wan 2.5 and 2.6 at ModelVerse: text or a first frame to video, with a sound of the user's."""

from __future__ import annotations

from collections.abc import Mapping

from runner.emulator.api.audio_files import AAC, M4A, MP3, WAV
from runner.emulator.api.fields import SEED_LIMIT
from runner.emulator.api.images import ImageLimits
from runner.emulator.api.sounds import SoundLimits
from runner.emulator.operations.kinds import Choice, Flag, Kind, Medium, Text
from runner.emulator.operations.modelverse.shared import ANY_IMAGE, table, whole

# No page states a limit of sounds.
_SOUND = Medium(
    limits=SoundLimits(
        types=(MP3, WAV, AAC, M4A), takes_others=True, most_bytes=None, most_inline_bytes=None
    )
)
_GIVEN: Mapping[str, Kind] = {"prompt": Text(default=None), "negative_prompt": Text()}
_SIZES = ("1280x720", "720x1280", "1920x1080", "1080x1920")
_SMALL_SIZES = ("832x480", "480x832")
_SEED = whole(range(SEED_LIMIT + 1), 0)
_SEED_OR_RANDOM = whole(range(-1, SEED_LIMIT + 1), -1)
_LARGER_SEED = whole(range(2**32), 0)
_SHOTS = Choice(among=("single", "multi"), default="single")
_ONE_SHOT = {"shot_type": ({"prompt_extend": (False,)},)}

WAN_2_5_I2V = table(
    "wan2.5-i2v",
    models=("Wan-AI/Wan2.5-I2V",),
    given={
        **_GIVEN,
        # "URL", where the page of 2.2 has "URL or base64".
        "first_frame_url": Medium(
            is_required=True,
            limits=ImageLimits(takes_data=False, least_side=1, ratio=None, most_bytes=None),
        ),
        "audio_url": _SOUND,
    },
    parameters={
        "resolution": Choice(among=("480p", "720p", "1080p")),
        "duration": whole((5, 10), 5),
        "seed": _SEED_OR_RANDOM,
        "enable_prompt_expansion": Flag(),
    },
    sound_field="audio_url",
)
WAN_2_5_T2V = table(
    "wan2.5-t2v",
    models=("Wan-AI/Wan2.5-T2V",),
    given={**_GIVEN, "audio_url": _SOUND},
    parameters={
        "size": Choice(among=(*_SMALL_SIZES, *_SIZES)),
        "duration": whole((5, 10), 5),
        "seed": _SEED_OR_RANDOM,
        "prompt_extend": Flag(),
    },
    resolution_field="size",
    sound_field="audio_url",
)
WAN_2_6_I2V = table(
    "wan2.6-i2v",
    models=("Wan-AI/Wan2.6-I2V",),
    # The page has the image as optional, and neither form nor limits of it.
    given={**_GIVEN, "img_url": Medium(is_required=True, limits=ANY_IMAGE), "audio_url": _SOUND},
    parameters={
        "resolution": Choice(among=("720P", "1080P"), default="1080P"),
        "duration": whole((5, 10, 15), 5),  # the page of T2V has this default, this one none
        "seed": _LARGER_SEED,
        "prompt_extend": Flag(default=True),
        "shot_type": _SHOTS,
    },
    no_effect=_ONE_SHOT,
    sound_field="audio_url",
)
WAN_2_6_T2V = table(
    "wan2.6-t2v",
    models=("Wan-AI/Wan2.6-T2V",),
    given={**_GIVEN, "audio_url": _SOUND},
    parameters={
        "size": Choice(among=_SIZES),
        "duration": whole((5, 10, 15), 5),
        "seed": _SEED,
        "prompt_extend": Flag(default=True),
        "shot_type": _SHOTS,
    },
    no_effect=_ONE_SHOT,
    resolution_field="size",
    sound_field="audio_url",
)
WAN = (WAN_2_5_I2V, WAN_2_5_T2V, WAN_2_6_I2V, WAN_2_6_T2V)
