"""Videos of people who speak or dance, as the vendor's pages describe them."""

from __future__ import annotations

from runner.emulator.api.images import WITH_BMP, ImageLimits
from runner.emulator.api.videos import VideoLimits
from runner.emulator.operations import prices, talking
from runner.emulator.operations.kinds import Choice, Medium, Real, Text, Whole
from runner.emulator.operations.language import Operation, same_length
from runner.emulator.operations.vidu.shared import (
    ANY_SIZE,
    PICTURE_PROMPT_LIMIT,
    RESOLUTION,
    TAG,
    TAGS,
)

_MB = 1024 * 1024

LIP_SYNC = Operation(
    path="lip-sync",
    makes="video",
    row_type="lip_sync",
    fields={
        "video_url": talking.VIDEO,
        "audio_url": talking.SOUND,
        "text": talking.TEXT,
        "voice_id": Text(),
        "speed": Real(default=1.0, least=0.5, most=2),
        "volume": Whole(among=range(11), default=0),
        "ref_photo_url": talking.FACE,
        # In the table of the answer alone: the request takes it too.
        "payload": TAGS["payload"],
        "callback_url": TAGS["callback_url"],
    },
    rules=(talking.SOUND_OR_TEXT,),
    no_effect=dict.fromkeys(("voice_id", "speed", "volume"), talking.WITHOUT_TEXT),
    fixed={"resolution": "720p", "audio": True},
    length=talking.spoken_length,
    prices=prices.LIP_SYNC,
    unanswered=("credits",),
)

IMAGE2DANCE = Operation(
    path="image2dance",
    makes="video",
    row_type="image2dance",
    fields={
        "image_url": Medium(
            is_required=True,
            limits=ImageLimits(
                takes_data=False,
                types=WITH_BMP,
                least_side=200,
                most_side=4096,
                ratio=3,
                takes_ratio=True,
                most_bytes=15 * _MB,
            ),
        ),
        "video_url": Medium(
            is_required=True,
            limits=VideoLimits(
                takes_data=False,
                least_s=2,
                most_s=30,
                least_side=200,
                most_side=2048,
                ratio=3,
                takes_ratio=True,
                most_bytes=200 * _MB,
            ),
        ),
        **TAG,
    },
    length=same_length,
    prices=prices.DANCES,
    answer=("image_url", "video_url"),
)

DIGITAL_HUMAN = Operation(
    path="digital-human",
    makes="video",
    row_type="digital_human",
    fields={
        "model": Choice(among=("viduq2-turbo", "viduq2-pro")),
        "image": Medium(is_required=True, limits=ANY_SIZE),
        "prompt": Text(most=PICTURE_PROMPT_LIMIT),
        # No limits of these two are stated: those of lip-sync.
        "audio_url": talking.SOUND,
        "text": talking.TEXT,
        "voice_id": Text(),
        "resolution": RESOLUTION,
        **TAG,
    },
    rules=(talking.SOUND_OR_TEXT,),
    no_effect={"voice_id": talking.WITHOUT_TEXT},
    fixed={"audio": True},
    length=talking.spoken_length,
    prices=prices.PERSONS,
    answer=("model", "image", "prompt", "audio_url", "text", "voice_id", "resolution"),
)
