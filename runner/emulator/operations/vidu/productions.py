"""Whole films that the vendor plans, makes and cuts, as its pages describe them.

Editing and composing them again is not served.
"""

from __future__ import annotations

from collections.abc import Sequence

from runner.emulator.api.audio_files import AAC, M4A, MP3, WAV
from runner.emulator.api.images import WITH_BMP, ImageLimits
from runner.emulator.api.sounds import SoundLimits
from runner.emulator.api.videos import VideoLimits
from runner.emulator.operations import prices
from runner.emulator.operations.kinds import (
    Choice,
    Flag,
    Media,
    Medium,
    Pattern,
    Text,
    WebAddress,
    Whole,
)
from runner.emulator.operations.language import Operation, length_of, same_length
from runner.emulator.operations.rules import Needs, Refusal, Values
from runner.emulator.operations.vidu.shared import (
    ANY_SIZE,
    PICTURE_PROMPT_LIMIT,
    RATIOS,
    RESOLUTION,
    TAG,
    TAGS,
    THREE_RATIOS,
    TRUE,
)
from runner.emulator.state.tasks import Reference

_MB = 1024 * 1024
_PROMPT_LIMIT = 3000  # characters
_RATIO = Choice(among=RATIOS, default="16:9")
_LANGUAGES = ("zh", "en")
_LEAST_MUSIC_S = 10
_AN_HOUR_S = 3600.0


def _music_length(values: Values, media: Sequence[Reference]) -> float:
    del values
    return max(_LEAST_MUSIC_S, length_of(media[-1]))


ONE_CLICK_MV = Operation(
    path="one-click/mv",
    makes="video",
    is_film=True,
    row_type="mv",
    fields={
        "images": Media(least=1, most=7, is_required=True, limits=ANY_SIZE),
        "audio_url": Medium(
            is_required=True,
            limits=SoundLimits(
                types=(MP3, WAV, AAC, M4A),
                least_s=_LEAST_MUSIC_S,
                most_s=300,
                most_inline_bytes=20 * _MB - 1,  # "below 20 MB"
            ),
        ),
        "prompt": Text(most=_PROMPT_LIMIT),
        "aspect_ratio": _RATIO,
        "quality": Choice(among=("standard", "high"), default="standard"),
        "resolution": RESOLUTION,
        "lip_sync": Flag(),
        "lip_ref_url": Medium(
            limits=ImageLimits(
                takes_data=False,
                types=WITH_BMP,
                least_side=1,
                most_side=4096,
                ratio=2,
                takes_ratio=True,
                most_bytes=10 * _MB,
            )
        ),
        "add_subtitle": Flag(),
        "subtitle_color": Pattern(form="#[0-9A-Fa-f]{6}", example="#FFFFFF", default="#FFFFFF"),
        "language": Choice(among=_LANGUAGES, default=""),
        "srt_url": WebAddress(),
        "callback_url": TAGS["callback_url"],
    },
    rules=(
        Needs(name="lip_sync", other="lip_ref_url"),
        Refusal(
            when={"lip_sync": TRUE, "resolution": ("540p",)},
            why="lip_sync: 540p does not support it",
        ),
        # It has no price.
        Refusal(
            when={"quality": ("high",), "resolution": ("540p",)},
            why="quality: high is not offered at 540p",
        ),
    ),
    fixed={"audio": True},
    length=_music_length,
    prices=prices.MUSIC_VIDEOS,
)

GENERAL_ONE_CLICK = Operation(
    path="one-click/general_one_click",
    makes="video",
    is_film=True,
    row_type="general_one_click",
    fields={
        "images": Media(
            least=1,
            most=7,
            is_required=True,
            limits=ImageLimits(least_side=1, most_inline_bytes=10 * _MB - 1),  # "below 10 MB"
        ),
        "duration": Whole(among=range(1, 181), default=0, is_required=True),
        "prompt": Text(most=_PROMPT_LIMIT),
        "aspect_ratio": _RATIO,
        **TAG,
    },
    fixed={"resolution": "1080p", "bgm": True},
    prices=prices.FILMS,
)

AD_ONE_CLICK = Operation(
    path="ad-one-click",
    makes="video",
    has_progress=True,
    urls_live_s=_AN_HOUR_S,
    row_type="ad_one_click",
    fields={
        "images": Media(least=1, most=7, is_required=True, limits=ANY_SIZE),
        "prompt": Text(most=PICTURE_PROMPT_LIMIT),
        "duration": Whole(among=range(8, 61), default=15),
        "aspect_ratio": Choice(among=THREE_RATIOS, default="16:9"),
        "language": Choice(among=_LANGUAGES, default="zh"),
        "creative": Flag(),
        "callback_url": TAGS["callback_url"],
    },
    fixed={"resolution": "1080p", "bgm": True},
    prices=prices.FILMS,
    answer=("images", "prompt", "duration", "aspect_ratio", "language"),
    unanswered=("payload",),
)

TRENDING_REPLICATE = Operation(
    path="trending-replicate",
    makes="video",
    has_progress=True,
    urls_live_s=_AN_HOUR_S,
    row_type="trending_replicate",
    fields={
        "video_url": Medium(
            is_required=True, limits=VideoLimits(takes_avi=False, least_s=5, most_s=180)
        ),
        "images": Media(least=1, most=7, is_required=True, limits=ANY_SIZE),
        "prompt": Text(most=PICTURE_PROMPT_LIMIT),
        "aspect_ratio": _RATIO,
        "resolution": Choice(among=("540p", "720p", "1080p"), default="1080p"),
        "remove_audio": Flag(),
        "callback_url": TAGS["callback_url"],
    },
    fixed={"audio": True},
    no_effect={"audio": ({"remove_audio": TRUE},)},
    length=same_length,
    prices=prices.REPLICAS,
    answer=("images", "prompt", "resolution", "aspect_ratio", "remove_audio"),
    unanswered=("payload",),
)
