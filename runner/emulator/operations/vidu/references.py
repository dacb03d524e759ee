"""Videos from references: one path with two bodies, which the vendor describes on two pages."""

from __future__ import annotations

from collections.abc import Sequence

from runner.emulator.api.images import ImageLimits
from runner.emulator.api.sounds import SoundLimits
from runner.emulator.api.videos import VideoLimits
from runner.emulator.operations import prices
from runner.emulator.operations.kinds import Choice, Flag, Media, Objects, Ratio, Text
from runner.emulator.operations.language import Case, Operation, asked_length
from runner.emulator.operations.rules import CountOf, Refusal, Together, Values
from runner.emulator.operations.vidu.shared import (
    ADDED_SOUND,
    ALL_P,
    AMPLITUDE,
    ANSWER,
    AUDIO_OF_Q3_ONLY,
    AUDIO_TYPE,
    COMMON,
    DURATION,
    FALSE,
    NO_AMPLITUDE,
    NO_BGM,
    NOT_540P,
    OFF_PEAK_WITHOUT_SOUND,
    PROMPT_LIMIT,
    Q4,
    Q4_PROMPT_LIMIT,
    RATIOS,
    RESOLUTION,
    SILENT_BEFORE_Q3,
    THREE_RATIOS,
    TRUE,
    lengths,
)
from runner.emulator.state.tasks import Reference

_MODELS_BEFORE_Q3 = ("viduq2-pro", "viduq2", "viduq1", "vidu2.0")
# Known from the model map and from third parties only; their prices, from nobody.
_MAPPED_Q3 = ("viduq3-drama", "viduq3-ad")
_Q2_PRO = ("viduq2-pro",)
_V20_MODEL = ("vidu2.0",)

# ----------------------------------------------------------------------------------------- media

_MB = 1024 * 1024


def _videos(most_s: float) -> VideoLimits:
    return VideoLimits(most_s=most_s, least_side=128, ratio=4, most_bytes=100 * _MB)


_IMAGES = Media(least=1, most=7, is_required=True)
# One of up to 8 s, or two of up to 5 s.
_VIDEOS = Media(most=2, limits=_videos(8), limits_of_many={2: _videos(5)})
_SUBJECT_IMAGES = Media(most=3, limits=ImageLimits(least_side=1, most_inline_bytes=20 * _MB))
_SUBJECT_VIDEOS = Media(most=1, limits=_videos(5))
_NO_MEDIA = Media(most=0)

# ---------------------------------------------------------------------------- lengths and ratios

_LENGTHS = (
    lengths(("viduq3", "viduq3-turbo"), range(3, 17), ALL_P, 5, "720p"),
    lengths(("viduq3-mix",), range(3, 17), NOT_540P, 5, "720p"),
    # Their defaults are those of clients.
    lengths(("viduq3-drama",), range(3, 16), NOT_540P, 8, "1080p"),
    lengths(("viduq3-ad",), range(3, 16), NOT_540P, 5, "720p"),
    lengths((Q4,), range(3, 17), (*ALL_P, "2K", "4K"), 5, "720p"),
    # 0: the provider chooses.
    lengths(_Q2_PRO, range(11), ALL_P, 5, "720p"),
    lengths(("viduq2",), range(1, 11), ALL_P, 5, "720p"),
    lengths(("viduq1",), (5,), ("1080p",), 5, "1080p"),
    lengths(_V20_MODEL, (4,), ("360p", "720p"), 4, "360p"),
)
_OLD_RATIOS = Case(
    when={"model": ("viduq1", "vidu2.0")},
    fields={"aspect_ratio": Choice(among=THREE_RATIOS, default="16:9")},
)


def _chosen_length(values: Values, videos: Sequence[Reference]) -> float:
    """What was asked for; where the provider chooses, the more the more references there are."""
    references = len(values.get("images") or values["subjects"]) + len(videos)
    return asked_length(values, videos) or min(3 + references, 10)


# ------------------------------------------------------------------------------------ conditions

_NO_OFF_PEAK = Refusal(
    when={"model": ("viduq3-mix",), "off_peak": TRUE}, why="off_peak: viduq3-mix does not take it"
)
# The models that only third parties describe are like the others of q3 in this.
_OFF_PEAK_WITH_SOUND = Refusal(
    when={"model": ("viduq3", "viduq3-turbo", *_MAPPED_Q3), "off_peak": TRUE, "audio": FALSE},
    why="off_peak: viduq3 models take it with audio: true only",
)
_SOUNDS_WITH_AUDIO = Refusal(
    when={"sounds": (1, 2, 3), "audio": FALSE}, why="sounds: they need audio: true"
)

# ------------------------------------------------------------------------------------- operations

REFERENCE2VIDEO = Operation(
    path="reference2video",
    makes="video",
    row_type="character2video",  # as in real answers
    fields={
        "model": Choice(
            among=("viduq3-mix", "viduq3-turbo", "viduq3", *_MODELS_BEFORE_Q3, *_MAPPED_Q3, Q4)
        ),
        "videos": _NO_MEDIA,
        "images": _IMAGES,
        "sounds": _NO_MEDIA,
        "prompt": Text(default=None, most=PROMPT_LIMIT),
        "audio": Flag(default=True),
        "bgm": Flag(),
        "duration": DURATION,
        "aspect_ratio": Choice(among=RATIOS, default="16:9"),
        "resolution": RESOLUTION,
        "movement_amplitude": AMPLITUDE,
        **COMMON,
    },
    cases=(
        *_LENGTHS,
        _OLD_RATIOS,
        SILENT_BEFORE_Q3,
        Case(when={"model": _Q2_PRO}, fields={"videos": _VIDEOS}),
        Case(
            when={"model": _Q2_PRO, "videos": (1, 2)},
            fields={"images": Media(least=1, most=4, is_required=True)},
        ),
        Case(
            when={"model": (Q4,)},
            fields={
                "prompt": Text(default=None, most=Q4_PROMPT_LIMIT),
                "images": Media(least=1, most=15, is_required=True, limits=ImageLimits(ratio=5)),
                "sounds": Media(most=3, limits=SoundLimits(least_s=3, most_s=12)),
            },
        ),
    ),
    rules=(
        AUDIO_OF_Q3_ONLY,
        _NO_OFF_PEAK,
        _OFF_PEAK_WITH_SOUND,
        _SOUNDS_WITH_AUDIO,
    ),
    no_effect={"movement_amplitude": NO_AMPLITUDE, "bgm": NO_BGM},
    length=_chosen_length,
    prices=prices.REFERENCES_TO_VIDEO,
    answer=("model", "prompt", "images", "videos", "aspect_ratio", *ANSWER, "watermark"),
)

REFERENCE2VIDEO_SUBJECTS = Operation(
    path="reference2video",
    variant="subjects",
    unwanted=("images", "videos"),
    makes="video",
    row_type="character2video",
    fields={
        "model": Choice(among=("viduq3-turbo", "viduq3", *_MODELS_BEFORE_Q3)),
        "subjects": Objects(
            least=1,
            most=7,
            fields={
                "name": Text(default=None),
                "images": _SUBJECT_IMAGES,
                "videos": _SUBJECT_VIDEOS,
                "voice_id": Text(),
                # Subjects cannot be stored here: any id is taken for one that is.
                "server_id": Text(),
            },
            rules=(Together(among=("images", "videos"), most=3),),
        ),
        "auto_subjects": Flag(),
        "prompt": Text(default=None, most=PROMPT_LIMIT),
        "audio": Flag(default=True),
        "audio_type": AUDIO_TYPE,
        "duration": DURATION,
        "aspect_ratio": Choice(among=RATIOS, default="16:9"),
        "resolution": RESOLUTION,
        "movement_amplitude": AMPLITUDE,
        **COMMON,
    },
    cases=(
        *_LENGTHS,
        _OLD_RATIOS,
        Case(
            when={"model": ("viduq2", "viduq2-pro")}, fields={"aspect_ratio": Ratio(default="16:9")}
        ),
        SILENT_BEFORE_Q3,
    ),
    rules=(
        CountOf(
            name="subjects",
            having=("videos",),
            most=0,
            when={"model": ("viduq3-turbo", "viduq3", "viduq2", "viduq1", "vidu2.0")},
        ),
        CountOf(name="subjects", having=("videos",), lacking=("server_id",), most=1),
        CountOf(name="subjects", lacking=("videos", "server_id"), most=4, when={"model": _Q2_PRO}),
        # Four of images or text, and two of videos: what a stored one has is not known here.
        CountOf(name="subjects", most=6, when={"model": _Q2_PRO}),
        _OFF_PEAK_WITH_SOUND,
        OFF_PEAK_WITHOUT_SOUND,
    ),
    no_effect={
        "movement_amplitude": NO_AMPLITUDE,
        "audio_type": ({"audio": FALSE},),
    },
    length=_chosen_length,
    prices=prices.REFERENCES_TO_VIDEO,
    additions=(ADDED_SOUND,),
    answer=(
        *("model", "prompt", "subjects", "auto_subjects", "aspect_ratio", "audio_type"),
        *(name for name in ANSWER if name != "bgm"),
        "watermark",
    ),
    constants={"bgm": False},  # echoed, though the request has no such field
)
