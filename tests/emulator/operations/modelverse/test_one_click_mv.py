from __future__ import annotations

import io
from typing import Any

import av
import pytest

from tests.builders import as_data_uri
from tests.emulator.media import image, sound_bytes
from tests.emulator.operations.modelverse.conftest import URL, named, refusal

OPERATION = "one-click/mv"


def sound(form: str = "mp3", type_: str = "audio/mp3", *, seconds: float = 10) -> str:
    """A data URI of a sound."""
    return as_data_uri(sound_bytes(form, seconds=seconds, rate=16_000), type_)


ACCEPTED: list[dict[str, Any]] = [
    *({"model": model} for model in ("vidu-mv", "vidu-one-click-mv")),
    {"input.images": [URL, *[image(20, 60)] * 6]},
    *(
        {"input.audio_url": sound(form, type_)}
        for form, type_ in (
            *(("mp3", "audio/mp3"), ("mp3", "audio/mpeg"), ("wav", "audio/wav")),
            *(("adts", "audio/aac"), ("ipod", "audio/m4a"), ("ipod", "audio/mp4")),
        )
    ),
    {"input.audio_url": sound(seconds=180)},
    *({"input.prompt": text} for text in ("", "猫" * 3000)),
    *({"parameters.aspect_ratio": ratio} for ratio in ("1:1", "16:9", "9:16", "4:3", "3:4")),
    *({"parameters.resolution": name} for name in ("540p", "720p", "1080p")),
    *({"parameters.add_subtitle": flag} for flag in (True, False)),
    *({"parameters.language": name} for name in ("en", "zh")),
    {"parameters.srt_url": "https://example.com/words.srt"},
    {"parameters.quality": "unknown fields are ignored"},
]
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"model": "viduq2"}, "model must be one of vidu-mv, vidu-one-click-mv"),
    ({"input.images": None}, "input.images is missing"),
    *(
        ({"input.images": [URL] * count}, f"input.images must have 1 to 7 items, not {count}")
        for count in (0, 8)
    ),
    ({"input.images": [image(512, 128)]}, "input.images[0] is 512x128, the ratio"),
    ({"input.audio_url": None}, "input.audio_url is missing"),
    ({"input.audio_url": "song.mp3"}, "input.audio_url must be an http(s) URL or data:audio"),
    ({"input.audio_url": sound(seconds=9.5)}, "s, it must have 10 to 180 s"),
    ({"input.audio_url": sound(seconds=180.5)}, "s, it must have 10 to 180 s"),
    ({"input.audio_url": sound("ogg", "audio/ogg")}, "must be mp3, wav, aac or m4a"),
    ({"input.audio_url": sound("ogg", "audio/mp3")}, "must be mp3, wav, aac or m4a"),
    ({"input.audio_url": sound("wav", "audio/mp3")}, "is audio/wav, not audio/mpeg as it declares"),
    ({"input.audio_url": image()}, "must be mp3, wav, aac or m4a"),
    (
        {"input.audio_url": "data:audio/wav;base64," + "A" * 20 * 1024 * 1024},
        "bytes, at most 20971520 are allowed",
    ),
    ({"input.prompt": "x" * 3001}, "input.prompt has 3001 characters, at most 3000"),
    ({"parameters.aspect_ratio": "21:9"}, "parameters.aspect_ratio must be one of"),
    ({"parameters.resolution": "2K"}, "parameters.resolution must be one of"),
    ({"parameters.add_subtitle": "true"}, "parameters.add_subtitle must be a boolean"),
    ({"parameters.language": "fr"}, "parameters.language must be one of en, zh"),
    ({"parameters.srt_url": "words.srt"}, "parameters.srt_url must be an http or https URL"),
]


@pytest.mark.parametrize("changes", ACCEPTED, ids=named)
def test_what_the_page_allows_is_accepted(submit: Any, changes: dict[str, Any]) -> None:
    answer = submit(changes)
    assert answer.status == 200, answer.json


@pytest.mark.parametrize(("changes", "message"), REFUSED, ids=named)
def test_what_the_page_forbids_is_refused(
    submit: Any, changes: dict[str, Any], message: str
) -> None:
    assert message in refusal(submit(changes))


def test_a_film_is_as_long_as_its_music(address: str, ask: Any, submit: Any) -> None:
    changes = {
        "input.audio_url": sound(seconds=12),
        "parameters.aspect_ratio": "1:1",
        "parameters.resolution": "540p",
    }
    task_id = submit(changes).json["output"]["task_id"]
    answer = ask("GET", f"{address}/v1/tasks/status?task_id={task_id}", key="k").json
    assert answer["usage"] == {"duration": 12}
    [url] = answer["output"]["urls"]
    with av.open(io.BytesIO(ask("GET", url, key=None).content), "r") as container:
        assert container.duration == 12_000_000
        assert len(container.streams.audio) == 1
        [stream] = container.streams.video
        assert (stream.width, stream.height) == (540, 540)
