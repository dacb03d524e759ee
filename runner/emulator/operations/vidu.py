"""Vidu's operations as tables, in the order and the words of the vendor's pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from runner.emulator.api.images import ImageLimits
from runner.emulator.operations import prices
from runner.emulator.operations.kinds import (
    SEED,
    Choice,
    Flag,
    Kind,
    Media,
    Text,
    WebAddress,
    Whole,
)
from runner.emulator.operations.language import Addition, Case, Operation
from runner.emulator.operations.rules import Refusal, When

# --------------------------------------------------------------------------------------- models

# Those of q3 that the vendor's rules about sound and off-peak name.
_PRO_TURBO = ("viduq3-pro", "viduq3-turbo")
_Q3 = (*_PRO_TURBO, "viduq3-pro-fast")
_Q4 = "viduq4-preview"  # known from third parties only
_Q2_IMAGE = ("viduq2-pro", "viduq2-turbo", "viduq2-pro-fast")
_Q2 = ("viduq2", *_Q2_IMAGE)
_Q1 = ("viduq1", "viduq1-classic")
_BEFORE_Q3 = (*_Q2, *_Q1, "vidu2.0")
_TRUE, _FALSE = (True,), (False,)

# --------------------------------------------------------------------- fields that come back often

_PAYLOAD_LIMIT = 1_048_576  # characters
_PROMPT_LIMIT, _PICTURE_PROMPT_LIMIT, _Q4_PROMPT_LIMIT = 5000, 2000, 20_000  # characters
_RATIOS = ("16:9", "9:16", "3:4", "4:3", "1:1")
_TAGS: Mapping[str, Kind] = MappingProxyType(
    {"seed": SEED, "payload": Text(most=_PAYLOAD_LIMIT), "callback_url": WebAddress()}
)
_COMMON: Mapping[str, Kind] = MappingProxyType(
    {
        **_TAGS,
        "off_peak": Flag(),
        "watermark": Flag(),
        # 1 top left, 2 top right, 3 bottom right, 4 bottom left.
        "wm_position": Whole(among=(1, 2, 3, 4), default=3),
        "wm_url": WebAddress(),
        # JSON by custom, but any other text is allowed.
        "meta_data": Text(),
    }
)
# The vendor states 128x128 pixels for other operations only.
_ANY_SIZE, _ALIKE = ImageLimits(least_side=1), ImageLimits(least_side=1, are_alike=True)
_AMPLITUDE = Choice(among=("auto", "small", "medium", "large"), default="auto")
_STYLE = Choice(among=("general", "anime"), default="general")
_ANSWER = ("duration", "seed", "resolution", "bgm", "audio", "movement_amplitude", "off_peak")


def _lengths(
    models: Collection[str],
    seconds: range | tuple[int, ...],
    resolutions: tuple[str, ...],
    default_s: int,
    resolution: str,
) -> Case:
    """A row of the vendor's table: the seconds and resolutions of some models, each a default."""
    fields: dict[str, Kind] = {
        "duration": Whole(among=seconds, default=default_s),
        "resolution": Choice(among=resolutions, default=resolution),
    }
    return Case(when={"model": models}, fields=fields)


_ALL_P, _NOT_540P = ("540p", "720p", "1080p"), ("720p", "1080p")
_FIVE_S = _lengths(_Q1, (5,), ("1080p",), 5, "1080p")
# vidu2.0 has one row for 4 s and one for 8 s, the latter in 720p only.
_V20 = (
    _lengths(("vidu2.0",), (4, 8), ("360p", "720p", "1080p"), 4, "360p"),
    Case(
        when={"model": ("vidu2.0",), "duration": (8,)},
        fields={"resolution": Choice(among=("720p",), default="720p")},
    ),
)
_DURATION = Whole(among=range(1, 17), default=5)
_RESOLUTION = Choice(among=_ALL_P, default="720p")

# ---------------------------------------------------------------------- conditions between fields

_AUDIO_OF_Q3_ONLY = Refusal(
    when={"model": _BEFORE_Q3, "audio": _TRUE}, why="audio: only viduq3 models support it"
)
_OFF_PEAK_WITH_SOUND = Refusal(
    when={"model": _PRO_TURBO, "off_peak": _TRUE, "audio": _FALSE},
    why="off_peak: viduq3-pro and viduq3-turbo take it with audio: true only",
)
_OFF_PEAK_WITHOUT_SOUND = Refusal(
    when={"model": _BEFORE_Q3, "off_peak": _TRUE, "audio": _TRUE},
    why="off_peak: only viduq3 models take it together with audio: true",
)
_SILENT_BEFORE_Q3 = Case(when={"model": _BEFORE_Q3}, fields={"audio": Flag()})
_NO_BGM: tuple[When, ...] = ({"model": (_Q4, *_Q3)}, {"model": _Q2, "duration": (9, 10)})
_NO_AMPLITUDE: tuple[When, ...] = ({"model": (_Q4, *_Q3, *_Q2)},)
_RECOMMENDED = Addition(when={"is_rec": _TRUE}, credits=10)
_ADDED_SOUND = Addition(when={"model": _BEFORE_Q3, "audio": _TRUE}, credits=15)

# ------------------------------------------------------------------------------------- operations

_TEXT2VIDEO = Operation(
    path="text2video",
    makes="video",
    row_type="text2video",
    fields={
        "model": Choice(among=(*_PRO_TURBO, "viduq2", "viduq1")),
        "prompt": Text(default=None, most=_PROMPT_LIMIT),
        "style": _STYLE,
        "duration": _DURATION,
        "aspect_ratio": Choice(among=_RATIOS, default="16:9"),
        "resolution": _RESOLUTION,
        "movement_amplitude": _AMPLITUDE,
        "bgm": Flag(),
        "audio": Flag(default=True),
        **_COMMON,
    },
    cases=(
        _lengths(_PRO_TURBO, range(1, 17), _ALL_P, 5, "720p"),
        _lengths(("viduq2",), range(1, 11), _ALL_P, 5, "720p"),
        _FIVE_S,
        Case(
            when={"model": ("viduq1",)},
            fields={"aspect_ratio": Choice(among=("16:9", "9:16", "1:1"), default="16:9")},
        ),
        _SILENT_BEFORE_Q3,
    ),
    rules=(_AUDIO_OF_Q3_ONLY, _OFF_PEAK_WITH_SOUND),
    no_effect={
        "style": ({"model": (*_Q3, *_Q2)},),
        "movement_amplitude": _NO_AMPLITUDE,
        "bgm": _NO_BGM,
    },
    prices=prices.TEXT_TO_VIDEO,
    answer=("model", "prompt", "style", "aspect_ratio", *_ANSWER, "watermark"),
    constants={},
)

_IMG2VIDEO = Operation(
    path="img2video",
    makes="video",
    row_type="img2video",
    fields={
        "model": Choice(among=(_Q4, *_Q3, *_Q2_IMAGE, *_Q1, "vidu2.0")),
        "images": Media(least=1, most=1, is_required=True, limits=_ANY_SIZE),
        "prompt": Text(most=_PROMPT_LIMIT),
        "is_rec": Flag(),
        "duration": _DURATION,
        "resolution": _RESOLUTION,
        "audio": Flag(default=True),
        "audio_type": Choice(among=("all", "speech_only", "sound_effect_only"), default="all"),
        # An open list: the ids are nowhere published as text.
        "voice_id": Text(),
        "bgm": Flag(),
        "movement_amplitude": _AMPLITUDE,
        **_COMMON,
    },
    cases=(
        _lengths((_Q4,), range(3, 17), (*_ALL_P, "2K", "4K"), 5, "720p"),
        Case(when={"model": (_Q4,)}, fields={"prompt": Text(most=_Q4_PROMPT_LIMIT)}),
        _lengths(_PRO_TURBO, range(1, 17), _ALL_P, 5, "720p"),
        _lengths(("viduq3-pro-fast",), range(1, 17), _NOT_540P, 5, "720p"),
        _lengths(("viduq2-pro", "viduq2-turbo"), range(1, 11), _ALL_P, 5, "720p"),
        _lengths(("viduq2-pro-fast",), range(1, 11), _NOT_540P, 5, "720p"),
        _FIVE_S,
        *_V20,
        _SILENT_BEFORE_Q3,
    ),
    # Whether viduq3-pro-fast is sold off-peak without sound is nowhere said: it is accepted.
    rules=(_OFF_PEAK_WITH_SOUND, _OFF_PEAK_WITHOUT_SOUND),
    no_effect={
        "movement_amplitude": _NO_AMPLITUDE,
        "bgm": _NO_BGM,
        "audio_type": ({"model": (_Q4, *_Q3)}, {"audio": _FALSE}),
        "voice_id": ({"model": (_Q4, *_Q3)}, {"audio": _FALSE}),
        "prompt": ({"is_rec": _TRUE},),
    },
    prices=prices.IMAGES_TO_VIDEO,
    additions=(_RECOMMENDED, _ADDED_SOUND),
    answer=("model", "prompt", "images", *_ANSWER, "audio_type", "is_rec", "watermark"),
    constants={},
)

_START_END2VIDEO = Operation(
    path="start-end2video",
    makes="video",
    row_type="headtailimg2video",  # as in real answers
    fields={
        "model": Choice(among=(*_PRO_TURBO, *_Q2_IMAGE, *_Q1, "vidu2.0")),
        "images": Media(least=2, most=2, is_required=True, limits=_ALIKE),
        "prompt": Text(most=_PROMPT_LIMIT),
        "is_rec": Flag(),
        "duration": _DURATION,
        "resolution": _RESOLUTION,
        "audio": Flag(default=True),
        "bgm": Flag(),
        "movement_amplitude": _AMPLITUDE,
        **_COMMON,
    },
    cases=(
        _lengths(_PRO_TURBO, range(1, 17), _ALL_P, 5, "720p"),
        _lengths(("viduq2-pro", "viduq2-turbo"), range(1, 9), _ALL_P, 5, "720p"),
        _lengths(("viduq2-pro-fast",), range(1, 9), _NOT_540P, 5, "720p"),
        _FIVE_S,
        *_V20,
        _SILENT_BEFORE_Q3,
    ),
    rules=(_AUDIO_OF_Q3_ONLY, _OFF_PEAK_WITH_SOUND),
    no_effect={
        "movement_amplitude": _NO_AMPLITUDE,
        "bgm": ({"model": _Q3},),
        "prompt": ({"is_rec": _TRUE},),
    },
    prices=prices.IMAGES_TO_VIDEO,
    additions=(_RECOMMENDED,),
    answer=("model", "prompt", "images", *_ANSWER, "is_rec", "watermark"),
    constants={},
)

# The document has "auto" for viduq2 only, but its sample shows it without any image, so it is
# accepted everywhere.
_PICTURE_RATIOS = ("16:9", "9:16", "1:1", "3:4", "4:3", "21:9", "2:3", "3:2", "auto")
_REFERENCE2IMAGE = Operation(
    path="reference2image",
    makes="image",
    # The vendor's word for it is not published; those known are alike.
    row_type="reference2image",
    fields={
        "model": Choice(among=("viduq1", "viduq2")),
        "prompt": Text(default=None, most=_PICTURE_PROMPT_LIMIT),
        "aspect_ratio": Choice(among=_PICTURE_RATIOS, default="16:9"),
        "resolution": Choice(among=("1080p", "2K", "4K"), default="1080p"),
        "images": Media(least=0, most=7),
        **_TAGS,
    },
    cases=(
        Case(
            when={"model": ("viduq1",)},
            fields={
                "aspect_ratio": Choice(among=(*_PICTURE_RATIOS[:5], "auto"), default="16:9"),
                "resolution": Choice(among=("1080p",), default="1080p"),
                "images": Media(least=1, most=7),
            },
        ),
    ),
    no_effect={},
    prices=prices.PICTURES,
    answer=("model", "prompt", "images", "seed", "aspect_ratio", "callback_url"),
    constants={"cus_priority": 0, "watermark": False},
)

OPERATIONS: Mapping[str, Operation] = {
    table.name: table for table in (_TEXT2VIDEO, _IMG2VIDEO, _START_END2VIDEO, _REFERENCE2IMAGE)
}
"""Every operation by its name."""


def operation_of(path: str, body: Mapping[str, object]) -> Operation:
    """The operation on a path that a body is for, by the fields that it has."""
    on_path = [table for table in OPERATIONS.values() if table.path == path]
    fitting = [table for table in on_path if body.get(table.variant) is not None]
    return (fitting or [table for table in on_path if not table.variant])[0]
