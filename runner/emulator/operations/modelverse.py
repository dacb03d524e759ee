"""ModelVerse's operations with Vidu's models as tables, in the order of the vendor's pages.

Each has its fields in two objects, `input` and `parameters`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from runner.emulator.api.errors import invalid, lacking
from runner.emulator.api.fields import SEED_LIMIT, Fields
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
from runner.emulator.operations.language import (
    Case,
    Length,
    Operation,
    asked_length,
    with_extension,
)
from runner.emulator.operations.rules import When

_Q3 = ("viduq3-pro",)
_Q2_FAST = ("viduq2-pro-fast",)
_Q2_IMAGE = ("viduq2-pro", "viduq2-turbo", *_Q2_FAST)

# --------------------------------------------------------------------- fields that come back often

_PROMPT_LIMIT = 2000  # characters
_REQUIRED_PROMPT, _PROMPT = Text(default=None, most=_PROMPT_LIMIT), Text(most=_PROMPT_LIMIT)
# The pages type every number as one; none takes text for it.
_SEED = Whole(among=range(SEED_LIMIT + 1), default=0, as_text=False)
_RATIO = Choice(among=("16:9", "9:16", "4:3", "3:4", "1:1"), default="16:9")
_AMPLITUDE = Choice(among=("auto", "small", "medium", "large"), default="auto")
_NO_AMPLITUDE: tuple[When, ...] = ({},)  # every model here is of q2 or q3
_NO_VOICE: tuple[When, ...] = ({"model": _Q3}, {"audio": (False,)})
# 128x128 pixels are stated for references only.
_ANY_SIZE, _ALIKE = ImageLimits(least_side=1), ImageLimits(least_side=1, are_alike=True)
_LAST_FRAME = ImageLimits(least_side=1, most_inline_bytes=10 * 1024 * 1024 - 1)  # "below 10 MB"


def _seconds(most: int) -> Whole:
    return Whole(among=range(1, most + 1), default=5, as_text=False)


def _resolutions(*names: str) -> Choice:
    return Choice(among=names, default="720p")


_USUAL_RESOLUTIONS = _resolutions("540p", "720p", "1080p")
_FAST_RESOLUTIONS = _resolutions("720p", "1080p")


def _operation(
    path: str,
    *,
    models: Sequence[str],
    given: Mapping[str, Kind],
    parameters: Mapping[str, Kind],
    variant: str = "",
    cases: Sequence[Case] = (),
    no_effect: Mapping[str, Sequence[When]] = MappingProxyType({}),
    length: Length = asked_length,
) -> Operation:
    """A table whose fields stand in `input` (`given`) and in `parameters`."""
    return Operation(
        path=path,
        variant=variant,
        api="modelverse",
        makes="video",
        fields={"model": Choice(among=models), **given, **parameters},
        parents=dict.fromkeys(given, "input") | dict.fromkeys(parameters, "parameters"),
        cases=cases,
        no_effect=no_effect,
        length=length,
    )


# ------------------------------------------------------------------------------------- operations

_TEXT2VIDEO = _operation(
    "text2video",
    models=("viduq2",),
    given={"prompt": _REQUIRED_PROMPT},
    parameters={
        "duration": _seconds(10),
        "seed": _SEED,
        "aspect_ratio": _RATIO,
        "resolution": _USUAL_RESOLUTIONS,
        "guidance_scale": Real(),  # of this vendor alone, and without a range
        "bgm": Flag(),
    },
)

_IMG2VIDEO = _operation(
    "img2video",
    models=(*_Q3, *_Q2_IMAGE),
    given={"first_frame_url": Medium(is_required=True, limits=_ANY_SIZE), "prompt": _PROMPT},
    parameters={
        "duration": _seconds(10),
        "seed": _SEED,
        # 360p and 2K have no price on either vendor's list, but the page offers them.
        "resolution": _resolutions("360p", "540p", "720p", "1080p"),
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
                "resolution": _resolutions("360p", "540p", "720p", "1080p", "2K"),
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

_START_END2VIDEO = _operation(
    "start-end2video",
    models=(*_Q2_IMAGE, *_Q3),
    given={
        "first_frame_url": Medium(is_required=True, limits=_ALIKE),
        "last_frame_url": Medium(is_required=True, limits=_ALIKE),
        "prompt": _PROMPT,
    },
    parameters={
        "duration": _seconds(8),
        "resolution": _USUAL_RESOLUTIONS,
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
    "aspect_ratio": _RATIO,
    # Stated for 1-8 s only, but there are prices to 10 s.
    "resolution": _USUAL_RESOLUTIONS,
    # small, medium and large are for other models: "q2 does not support this parameter".
    "movement_amplitude": Choice(among=("auto",), default="auto"),
    "bgm": Flag(),
}
_REFERENCE2VIDEO = _operation(
    "reference2video",
    models=("viduq2",),
    given={"images": Media(least=1, most=7, is_required=True), "prompt": _REQUIRED_PROMPT},
    parameters=_REFERENCE_PARAMETERS,
)
_REFERENCE2VIDEO_SUBJECTS = _operation(
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

_EXTEND = _operation(
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
    parameters={"duration": _seconds(7), "resolution": _USUAL_RESOLUTIONS},
    length=with_extension,
)

_BY_TYPE: Mapping[str, Operation] = {
    table.path: table
    for table in (_TEXT2VIDEO, _IMG2VIDEO, _START_END2VIDEO, _REFERENCE2VIDEO, _EXTEND)
}


def operation_of(body: Fields) -> Operation:
    """The operation that a body asks for by its `vidu_type`; raises ApiError for an unknown one."""
    given, parameters = body.object("input"), body.object("parameters")
    found = _BY_TYPE[parameters.choice("vidu_type", list(_BY_TYPE))]
    if found is not _REFERENCE2VIDEO:
        return found
    # One type with two bodies; the page calls the one with images the old interface.
    bodies = {"images": _REFERENCE2VIDEO, "subjects": _REFERENCE2VIDEO_SUBJECTS}
    present = [name for name in bodies if given.values.get(name) is not None]
    if not present:
        raise lacking("input.subjects or input.images")
    if len(present) > 1:
        raise invalid("input.subjects and input.images: only one of them is allowed")
    return bodies[present[0]]
