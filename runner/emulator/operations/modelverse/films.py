"""ModelVerse's operations whose result is as long as a sound: lip-sync and music videos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.emulator.api.audio_files import AAC, M4A, MP3, WAV
from runner.emulator.api.errors import invalid
from runner.emulator.api.sounds import SoundLimits
from runner.emulator.operations import talking
from runner.emulator.operations.kinds import (
    Choice,
    Flag,
    Media,
    Medium,
    Real,
    Text,
    WebAddress,
)
from runner.emulator.operations.language import length_of
from runner.emulator.operations.modelverse.shared import (
    ANY_SIZE,
    MB,
    RATIO,
    USUAL_RESOLUTIONS,
    table,
    whole,
)
from runner.emulator.operations.rules import Values
from runner.emulator.state.tasks import Reference

LIP_SYNC = table(
    "lip-sync",
    models=("vidu-lip-sync",),
    given={
        "video_url": talking.VIDEO,
        "audio_url": talking.SOUND,
        "text": talking.TEXT,
        "ref_photo_url": talking.FACE,
    },
    parameters={
        "speed": Real(default=1.0, least=0.5, most=2),
        "voice_id": Text(),
        "volume": whole(range(11), 0),
    },
    rules=(talking.SOUND_OR_TEXT,),
    no_effect=dict.fromkeys(("speed", "voice_id", "volume"), talking.WITHOUT_TEXT),
    fixed={"resolution": "720p", "audio": True},
    length=talking.spoken_length,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _InlineTotal:
    """The media inside a body may have only so many bytes together, as base64."""

    lists: Sequence[str]
    fields: Sequence[str]
    most: int

    def check(self, values: Values, path: str) -> None:
        """As `Rule`."""
        texts = [text for name in self.lists for text in values[name]]
        texts += [values[name] for name in self.fields]
        total = sum(len(text) for text in texts)
        if total > self.most:
            raise invalid(f"{path}the media have {total} bytes, at most {self.most} are allowed")


_MV_LEAST_S = 10


def _film_length(values: Values, media: Sequence[Reference]) -> float:
    """That of the music."""
    del values
    return max(_MV_LEAST_S, length_of(media[-1]))


ONE_CLICK_MV = table(
    "one-click/mv",
    models=("vidu-mv", "vidu-one-click-mv"),  # in China, and abroad
    given={
        "images": Media(least=1, most=7, is_required=True, limits=ANY_SIZE),
        "audio_url": Medium(
            is_required=True,
            limits=SoundLimits(types=(MP3, WAV, AAC, M4A), least_s=_MV_LEAST_S, most_s=180),
        ),
        "prompt": Text(most=3000),
    },
    parameters={
        "aspect_ratio": RATIO,
        "resolution": USUAL_RESOLUTIONS,
        "add_subtitle": Flag(),
        "language": Choice(among=("en", "zh"), default=""),
        "srt_url": WebAddress(),
    },
    # The page states it for the body; what is not media is small.
    rules=(_InlineTotal(lists=("images",), fields=("audio_url",), most=20 * MB),),
    fixed={"audio": True},
    length=_film_length,
)
