"""Hailuo 2.3 and 2.3-Fast (MiniMax) at ModelVerse: text or a first frame to video."""

from __future__ import annotations

from collections.abc import Mapping

from runner.emulator.api.images import ImageLimits
from runner.emulator.operations.kinds import Choice, Flag, Kind, Medium, Text
from runner.emulator.operations.language import Case
from runner.emulator.operations.modelverse.shared import MB, table, whole

_LIMITS = ImageLimits(
    least_side=301, ratio=2.5, takes_ratio=True, most_bytes=20 * MB, most_inline_bytes=20 * MB
)
_PROMPT = Text(default=None, most=2000)
_PARAMETERS: Mapping[str, Kind] = {
    "duration": whole((6, 10), 6),
    "resolution": Choice(among=("768P", "1080P"), default="768P"),
    "prompt_optimizer": Flag(default=True),
    "fast_pretreatment": Flag(),
    "aigc_watermark": Flag(),
}
_CASES = (
    Case(
        when={"duration": (10,)},
        fields={"resolution": Choice(among=("768P",), default="768P")},
    ),
)

HAILUO_2_3 = table(
    "hailuo-2.3",
    models=("MiniMax-Hailuo-2.3",),
    # One model with two pages: that of image to video requires it, the other has none.
    given={"prompt": _PROMPT, "first_frame_image": Medium(limits=_LIMITS)},
    parameters=_PARAMETERS,
    cases=_CASES,
)
HAILUO_2_3_FAST = table(
    "hailuo-2.3-fast",
    models=("MiniMax-Hailuo-2.3-Fast",),
    given={"prompt": _PROMPT, "first_frame_image": Medium(is_required=True, limits=_LIMITS)},
    parameters=_PARAMETERS,
    cases=_CASES,
)
HAILUO = (HAILUO_2_3, HAILUO_2_3_FAST)
