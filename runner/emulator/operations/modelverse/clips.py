"""ModelVerse's operations that make a clip of some seconds, in the order of the vendor's pages."""

from __future__ import annotations

from collections.abc import Mapping

from runner.emulator.api.fields import SEED_LIMIT
from runner.emulator.api.images import ImageLimits
from runner.emulator.api.videos import VideoLimits
from runner.emulator.operations.kinds import (
    AlwaysOn,
    Choice,
    Flag,
    Kind,
    Media,
    Medium,
    Objects,
    Real,
    Text,
    Whole,
)
from runner.emulator.operations.language import Case, with_extension
from runner.emulator.operations.modelverse.shared import (
    ANY_SIZE,
    MB,
    RATIO,
    USUAL_RESOLUTIONS,
    resolutions,
    table,
    whole,
)
from runner.emulator.operations.rules import When

_Q3 = ("viduq3-pro",)
_Q2_FAST = ("viduq2-pro-fast",)
_Q2_IMAGE = ("viduq2-pro", "viduq2-turbo", *_Q2_FAST)

_PROMPT_LIMIT = 2000  # characters
_REQUIRED_PROMPT, _PROMPT = Text(default=None, most=_PROMPT_LIMIT), Text(most=_PROMPT_LIMIT)
_SEED = whole(range(SEED_LIMIT + 1), 0)
_AMPLITUDE = Choice(among=("auto", "small", "medium", "large"), default="auto")
_NO_AMPLITUDE: tuple[When, ...] = ({},)  # every model here is of q2 or q3
_NO_VOICE: tuple[When, ...] = ({"model": _Q3}, {"audio": (False,)})
_ALIKE = ImageLimits(least_side=1, are_alike=True)
_LAST_FRAME = ImageLimits(least_side=1, most_inline_bytes=10 * MB - 1)  # "below 10 MB"
_FAST_RESOLUTIONS = resolutions("720p", "1080p")


def _seconds(most: int) -> Whole:
    return whole(range(1, most + 1), 5)


TEXT2VIDEO = table(
    "text2video",
    models=("viduq2",),
    given={"prompt": _REQUIRED_PROMPT},
    parameters={
        "duration": _seconds(10),
        "seed": _SEED,
        "aspect_ratio": RATIO,
        "resolution": USUAL_RESOLUTIONS,
        "guidance_scale": Real(),  # of this vendor alone, and without a range
        "bgm": Flag(),
    },
)

IMG2VIDEO = table(
    "img2video",
    models=(*_Q3, *_Q2_IMAGE),
    given={"first_frame_url": Medium(is_required=True, limits=ANY_SIZE), "prompt": _PROMPT},
    parameters={
        "duration": _seconds(10),
        "seed": _SEED,
        # 360p and 2K have no price on either vendor's list, but the page offers them.
        "resolution": resolutions("360p", "540p", "720p", "1080p"),
        "movement_amplitude": _AMPLITUDE,
        "bgm": Flag(),
        "audio": Flag(),
        "voice_id": Text(),
    },
    cases=(
        Case(
            when={"model": _Q3},
            fields={
                "duration": _seconds(16),
                "resolution": resolutions("360p", "540p", "720p", "1080p", "2K"),
                "audio": AlwaysOn(),  # "cannot be switched off"
            },
        ),
        Case(when={"model": _Q2_FAST}, fields={"resolution": _FAST_RESOLUTIONS}),
    ),
    no_effect={
        "movement_amplitude": _NO_AMPLITUDE,
        "bgm": ({"model": _Q3},),
        "voice_id": _NO_VOICE,
    },
)

START_END2VIDEO = table(
    "start-end2video",
    models=(*_Q2_IMAGE, *_Q3),
    given={
        "first_frame_url": Medium(is_required=True, limits=_ALIKE),
        "last_frame_url": Medium(is_required=True, limits=_ALIKE),
        "prompt": _PROMPT,
    },
    parameters={
        "duration": _seconds(8),
        "resolution": USUAL_RESOLUTIONS,
        "movement_amplitude": _AMPLITUDE,
        "bgm": Flag(),
        "seed": _SEED,
    },
    cases=(
        # The page names the model alone; the price list has these seconds and resolutions.
        Case(when={"model": _Q3}, fields={"duration": _seconds(16)}),
        Case(when={"model": _Q2_FAST}, fields={"resolution": _FAST_RESOLUTIONS}),
    ),
    no_effect={"movement_amplitude": _NO_AMPLITUDE},
)

_REFERENCE_PARAMETERS: Mapping[str, Kind] = {
    "duration": _seconds(10),
    "seed": _SEED,
    "aspect_ratio": RATIO,
    # Stated for 1-8 s only, but there are prices to 10 s.
    "resolution": USUAL_RESOLUTIONS,
    # small, medium and large are for other models: "q2 does not support this parameter".
    "movement_amplitude": Choice(among=("auto",), default="auto"),
    "bgm": Flag(),
}
REFERENCE2VIDEO = table(
    "reference2video",
    models=("viduq2",),
    given={"images": Media(least=1, most=7, is_required=True), "prompt": _REQUIRED_PROMPT},
    parameters=_REFERENCE_PARAMETERS,
)
REFERENCE2VIDEO_SUBJECTS = table(
    "reference2video",
    variant="subjects",
    models=("viduq2",),
    given={
        "prompt": _REQUIRED_PROMPT,
        "subjects": Objects(
            least=1,
            most=7,
            fields={
                "id": Text(default=None),
                "images": Media(least=1, most=3, is_required=True),
                # "Required", but the page's sample has it empty, and then a voice is chosen.
                "voice_id": Text(),
            },
        ),
    },
    parameters={**_REFERENCE_PARAMETERS, "audio": Flag()},
)

EXTEND = table(
    "extend",
    models=("viduq2-turbo", "viduq2-pro"),
    given={
        # The table has it as optional, its note as required. No format is stated, nor a data URI.
        "video_url": Medium(
            is_required=True,
            limits=VideoLimits(takes_data=False, takes_others=True, least_s=4, most_s=60),
        ),
        "last_frame_url": Medium(limits=_LAST_FRAME),
        "prompt": Text(),
    },
    parameters={"duration": _seconds(7), "resolution": USUAL_RESOLUTIONS},
    length=with_extension,
)
