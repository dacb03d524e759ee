"""Videos from videos, chains of key frames and templates, as the vendor's pages describe them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runner.emulator.api.videos import VideoLimits
from runner.emulator.operations import prices
from runner.emulator.operations.kinds import Choice, Flag, Kind, Media, Medium, Objects, Text, Whole
from runner.emulator.operations.language import Case, Operation, same_length, with_extension
from runner.emulator.operations.rules import Given, OnlyWith, Values
from runner.emulator.operations.vidu.shared import (
    ANY_SIZE,
    PICTURE_PROMPT_LIMIT,
    RESOLUTION,
    TAG,
    TAGS,
    THREE_RATIOS,
    WATERMARK,
)
from runner.emulator.state.tasks import Reference

_MODELS = ("viduq2-turbo", "viduq2-pro")
# As text here, and in another corner by default.
_WATERMARK: Mapping[str, Kind] = {
    **WATERMARK,
    "wm_position": Choice(
        among=("top_left", "top_right", "bottom_right", "bottom_left"), default="bottom_left"
    ),
}
# Nothing is documented about the formats that can be extended.
_EXTENDED = VideoLimits(takes_data=False, takes_others=True, least_s=4, most_s=60)
_UPSCALED = VideoLimits(
    takes_data=False, takes_avi=False, takes_others=True, most_s=300, below_fps=60
)


def _all_segments(values: Values, videos: Sequence[Reference]) -> float:
    """The seconds of all segments together."""
    del videos
    return float(sum(segment["duration"] for segment in values["image_settings"]))


MULTIFRAME = Operation(
    path="multiframe",
    makes="video",
    row_type="multiframe",
    fields={
        "model": Choice(among=_MODELS),
        "start_image": Medium(is_required=True, limits=ANY_SIZE),
        "image_settings": Objects(
            least=2,
            most=9,
            fields={
                "key_image": Medium(is_required=True, limits=ANY_SIZE),
                "prompt": Text(),
                "duration": Whole(among=range(2, 8), default=5),
            },
        ),
        "resolution": RESOLUTION,
        **TAG,
        **_WATERMARK,
    },
    length=_all_segments,
    prices=prices.SEGMENTS,
    answer=("model", "start_image", "image_settings", "resolution", "watermark", "wm_position"),
)

EXTEND = Operation(
    path="extend",
    makes="video",
    row_type="extend",
    fields={
        "model": Choice(among=_MODELS),
        "video_url": Medium(limits=_EXTENDED),
        "video_creation_id": Medium(limits=_EXTENDED, is_creation=True),
        "images": Media(most=1, limits=ANY_SIZE),
        "prompt": Text(),
        "duration": Whole(among=range(1, 8), default=5),
        "resolution": RESOLUTION,
        **TAG,
        **_WATERMARK,
    },
    rules=(Given(among=("video_url", "video_creation_id"), least=1, most=1),),
    length=with_extension,
    prices=prices.EXTENSIONS,
    answer=(
        *("model", "prompt", "video_url", "video_creation_id", "images", "duration"),
        *("resolution", "watermark", "wm_position"),
    ),
)

UPSCALE_NEW = Operation(
    path="upscale-new",
    makes="video",
    row_type="upscale",
    fields={
        "video_url": Medium(limits=_UPSCALED),
        "video_creation_id": Medium(limits=_UPSCALED, is_creation=True),
        "upscale_resolution": Choice(among=("1080p", "2K", "4K", "8K"), default="1080p"),
        **TAG,
    },
    rules=(Given(among=("video_url", "video_creation_id"), least=1, most=2),),
    length=same_length,  # where two videos are named, the creation is the last one
    resolution_field="upscale_resolution",
    must_grow=True,
    prices=prices.UPSCALING,
    answer=("video_url", "video_creation_id", "upscale_resolution"),
)

# ------------------------------------------------------------------------------------- templates

_AREAS = (
    *("auto", "denmark", "uk", "africa", "china", "mexico", "switzerland", "russia", "italy"),
    *("korea", "thailand", "india", "japan"),
)
_BEASTS = ("auto", "bear", "tiger", "elk", "snake", "lion", "wolf")

TEMPLATE = Operation(
    path="template",
    makes="video",
    row_type="template",
    fields={
        # An open list, which grows every week.
        "template": Text(default=None),
        # How many depends on the template, and is nowhere published as text.
        "images": Media(least=1, is_required=True),
        "prompt": Text(most=PICTURE_PROMPT_LIMIT),
        "aspect_ratio": Choice(among=THREE_RATIOS, default="16:9"),
        "area": Text(),
        "beast": Text(),
        "bgm": Flag(),
        **TAGS,
        **WATERMARK,
    },
    cases=(
        Case(
            when={"template": ("exotic_princess",)},
            fields={"area": Choice(among=_AREAS, default="auto")},
        ),
        Case(
            when={"template": ("beast_companion",)},
            fields={"beast": Choice(among=_BEASTS, default="auto")},
        ),
    ),
    rules=(
        OnlyWith(name="area", when={"template": ("exotic_princess",)}),
        OnlyWith(name="beast", when={"template": ("beast_companion",)}),
    ),
    # Not published: our guess.
    fixed={"resolution": "720p", "duration": 4},
    prices=prices.TEMPLATES,
    answer=(
        *("template", "images", "prompt", "seed", "aspect_ratio", "area", "beast", "bgm"),
        "watermark",
    ),
)

TEMPLATE_STORY = Operation(
    path="template-story",
    makes="video",
    row_type="template_story",
    fields={
        "story": Choice(
            among=("love_story", "workday_feels", "monkey_king", "pigsy", "monk_tang", "one_shot")
        ),
        "images": Media(least=1, is_required=True, limits=ANY_SIZE),
        **TAG,
    },
    # Not published: our guess.
    fixed={"resolution": "720p", "duration": 8},
    prices=prices.STORIES,
    answer=("story", "images"),
)
