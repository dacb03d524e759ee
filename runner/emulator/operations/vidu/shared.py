"""What Vidu's operations have in common: models, fields, and conditions between fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from runner.emulator.api.images import ImageLimits
from runner.emulator.operations.kinds import (
    SEED,
    Choice,
    Flag,
    Kind,
    Text,
    WebAddress,
    Whole,
)
from runner.emulator.operations.language import Addition, Case
from runner.emulator.operations.rules import Refusal, When

# --------------------------------------------------------------------------------------- models

# Those of q3 that the vendor's rules about sound and off-peak name.
PRO_TURBO = ("viduq3-pro", "viduq3-turbo")
FRAME_Q3 = (*PRO_TURBO, "viduq3-pro-fast")
Q3 = (*FRAME_Q3, "viduq3", "viduq3-mix", "viduq3-drama", "viduq3-ad")
Q4 = "viduq4-preview"  # known from third parties only
Q2_IMAGE = ("viduq2-pro", "viduq2-turbo", "viduq2-pro-fast")
Q2 = ("viduq2", *Q2_IMAGE)
Q1 = ("viduq1", "viduq1-classic")
BEFORE_Q3 = (*Q2, *Q1, "vidu2.0")
TRUE, FALSE = (True,), (False,)

# --------------------------------------------------------------------- fields that come back often

PAYLOAD_LIMIT = 1_048_576  # characters
PROMPT_LIMIT, PICTURE_PROMPT_LIMIT, Q4_PROMPT_LIMIT = 5000, 2000, 20_000  # characters
THREE_RATIOS = ("16:9", "9:16", "1:1")
RATIOS = ("16:9", "9:16", "3:4", "4:3", "1:1")
TAGS: Mapping[str, Kind] = MappingProxyType(
    {"seed": SEED, "payload": Text(most=PAYLOAD_LIMIT), "callback_url": WebAddress()}
)
TAG: Mapping[str, Kind] = MappingProxyType(
    {name: TAGS[name] for name in ("payload", "callback_url")}
)
"""Of operations without a seed."""
WATERMARK: Mapping[str, Kind] = MappingProxyType(
    {
        "watermark": Flag(),
        # 1 top left, 2 top right, 3 bottom right, 4 bottom left.
        "wm_position": Whole(among=(1, 2, 3, 4), default=3),
        "wm_url": WebAddress(),
        # JSON by custom, but any other text is allowed.
        "meta_data": Text(),
    }
)
COMMON: Mapping[str, Kind] = MappingProxyType({**TAGS, "off_peak": Flag(), **WATERMARK})
# The vendor states 128x128 pixels for other operations only.
ANY_SIZE, ALIKE = ImageLimits(least_side=1), ImageLimits(least_side=1, are_alike=True)
AMPLITUDE = Choice(among=("auto", "small", "medium", "large"), default="auto")
AUDIO_TYPE = Choice(among=("all", "speech_only", "sound_effect_only"), default="all")
ANSWER = ("duration", "seed", "resolution", "bgm", "audio", "movement_amplitude", "off_peak")


def lengths(
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


ALL_P, NOT_540P = ("540p", "720p", "1080p"), ("720p", "1080p")
FIVE_S = lengths(Q1, (5,), ("1080p",), 5, "1080p")
# vidu2.0 has one row for 4 s and one for 8 s, the latter in 720p only.
V20 = (
    lengths(("vidu2.0",), (4, 8), ("360p", "720p", "1080p"), 4, "360p"),
    Case(
        when={"model": ("vidu2.0",), "duration": (8,)},
        fields={"resolution": Choice(among=("720p",), default="720p")},
    ),
)
DURATION = Whole(among=range(1, 17), default=5)
RESOLUTION = Choice(among=ALL_P, default="720p")

# ---------------------------------------------------------------------- conditions between fields

AUDIO_OF_Q3_ONLY = Refusal(
    when={"model": BEFORE_Q3, "audio": TRUE}, why="audio: only viduq3 models support it"
)
OFF_PEAK_WITH_SOUND = Refusal(
    when={"model": PRO_TURBO, "off_peak": TRUE, "audio": FALSE},
    why="off_peak: viduq3-pro and viduq3-turbo take it with audio: true only",
)
OFF_PEAK_WITHOUT_SOUND = Refusal(
    when={"model": BEFORE_Q3, "off_peak": TRUE, "audio": TRUE},
    why="off_peak: only viduq3 models take it together with audio: true",
)
SILENT_BEFORE_Q3 = Case(when={"model": BEFORE_Q3}, fields={"audio": Flag()})
NO_BGM: tuple[When, ...] = ({"model": (Q4, *Q3)}, {"model": Q2, "duration": (9, 10)})
NO_AMPLITUDE: tuple[When, ...] = ({"model": (Q4, *Q3, *Q2)},)
RECOMMENDED = Addition(when={"is_rec": TRUE}, credits=10)
ADDED_SOUND = Addition(when={"model": BEFORE_Q3, "audio": TRUE}, credits=15)
