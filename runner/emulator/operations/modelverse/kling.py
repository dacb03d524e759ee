"""Kling 3 and 2.6 at ModelVerse: text or images to video, in one shot or, with 3, in several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.emulator.api.errors import invalid, lacking
from runner.emulator.api.images import JPEG, PNG, ImageLimits
from runner.emulator.operations.kinds import Choice, Flag, Kind, Objects, Text
from runner.emulator.operations.modelverse.inline import UrlOrBase64
from runner.emulator.operations.modelverse.shared import MB, table, whole
from runner.emulator.operations.rules import GIVEN, Needs, Values

_PROMPT_LIMIT, _SHOT_LIMIT = 2500, 512  # characters
_MOST_SHOTS, _MOST_S = 6, 15
_IMAGE = UrlOrBase64(
    limits=ImageLimits(
        types=(JPEG, PNG),
        least_side=300,
        ratio=2.5,
        takes_ratio=True,
        most_bytes=10 * MB,
        most_inline_bytes=10 * MB,
    )
)
_IMAGES: Mapping[str, Kind] = {"image": _IMAGE, "image_tail": _IMAGE}
_LAST_NEEDS_FIRST = Needs(name="image_tail", other="image")
_RATIO = Choice(among=("16:9", "9:16", "1:1"), default="16:9")
_IGNORED_RATIO = {"aspect_ratio": ({"image": GIVEN},)}
_RESOLUTIONS = {"std": "720p", "pro": "1080p"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shots:
    """One prompt, or several shots that share the seconds of the video."""

    def check(self, values: Values, path: str) -> None:
        """As `Rule`."""
        if not values["multi_shot"]:
            if not values["prompt"]:
                raise lacking(f"{path}input.prompt")
            return
        shots, place = values["multi_prompt"], f"{path}parameters.multi_prompt"
        if not values["shot_type"]:
            raise lacking(f"{path}parameters.shot_type")
        if not shots:
            raise lacking(place)
        if [shot["index"] for shot in shots] != list(range(1, len(shots) + 1)):
            raise invalid(f"{place}: index must count the shots from 1")
        total = sum(int(shot["duration"]) for shot in shots)
        if total != values["duration"]:
            asked = f"parameters.duration is {values['duration']}"
            raise invalid(f"{place}: the shots have {total} s together, but {asked}")


KLING_3 = table(
    "kling-v3",
    models=("kling-v3",),
    given={"prompt": Text(most=_PROMPT_LIMIT), "negative_prompt": Text(most=_PROMPT_LIMIT)},
    parameters={
        "mode": Choice(among=("std", "pro"), default="std"),
        "aspect_ratio": _RATIO,
        "duration": whole(range(3, _MOST_S + 1), 5),
        "sound": Choice(among=("on", "off"), default="off"),
        **_IMAGES,
        "multi_shot": Flag(),
        "shot_type": Choice(among=("customize",), default=""),
        "multi_prompt": Objects(
            least=0,
            most=_MOST_SHOTS,
            fields={
                "index": whole(range(1, _MOST_SHOTS + 1), None),
                "prompt": Text(default=None, most=_SHOT_LIMIT),
                "duration": Choice(among=[str(seconds) for seconds in range(1, _MOST_S + 1)]),
            },
        ),
        "watermark_enabled": Flag(),
        "external_task_id": Text(),
    },
    rules=(_LAST_NEEDS_FIRST, _Shots()),
    no_effect={**_IGNORED_RATIO, "sound": ({"sound": ("off",)},)},
    resolution_field="mode",
    resolutions=_RESOLUTIONS,
    sound_field="sound",
)
KLING_2_6 = table(
    "kling-v2-6",
    models=("kling-v2-6",),
    given={"prompt": Text(default=None), "negative_prompt": Text()},
    parameters={
        "mode": Choice(among=("pro",), default="pro"),  # std is listed: "only pro at present"
        # What is said of these with an image, and of the default, stands on the page of 3.
        "aspect_ratio": _RATIO,
        "duration": whole((5, 10), 5),
        "sound": Choice(among=("off",), default="off"),  # "not supported"
        **_IMAGES,
    },
    rules=(_LAST_NEEDS_FIRST,),
    no_effect={**_IGNORED_RATIO, "sound": ({},)},
    resolution_field="mode",
    resolutions=_RESOLUTIONS,
)
KLING = (KLING_3, KLING_2_6)
