from __future__ import annotations

from typing import Any

import pytest

from runner.emulator.api import modelverse
from runner.emulator.api.errors import ApiError
from runner.emulator.api.fields import Fields
from runner.emulator.api.references import receive
from runner.emulator.state.tasks import Order
from runner.emulator.tables import pixels_of
from tests.builders import as_data_uri, image_bytes
from tests.emulator.media import sound_bytes, video_bytes
from tests.emulator.operations.modelverse.conftest import (
    SOUND_URL,
    URL,
    VIDEO_URL,
    named,
    refusal,
    request_body,
)

OPERATION = "lip-sync"
TEXT = {"input.audio_url": None, "input.text": "a text to read out"}
ACCEPTED: list[dict[str, Any]] = [
    {},
    TEXT,
    {"input.text": "the sound has precedence"},
    *({**TEXT, "input.text": text} for text in ("word", "猫" * 1000, "one<#2.5#>two")),
    {"input.ref_photo_url": URL},
    *({**TEXT, "parameters.speed": number} for number in (0.5, 1, 2)),
    {**TEXT, "parameters.voice_id": "professional_host"},
    *({**TEXT, "parameters.volume": number} for number in (0, 10)),
    {"parameters.speed": 2, "parameters.volume": 3, "parameters.voice_id": "without effect"},
]
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"model": "viduq2"}, "model must be one of vidu-lip-sync"),
    ({"input.video_url": None}, "input.video_url is missing"),
    ({"input.audio_url": None}, "audio_url or text is missing"),
    *(
        ({f"input.{name}": "file.mp4"}, f"input.{name} must be an http(s) URL")
        for name in ("video_url", "audio_url", "ref_photo_url")
    ),
    (
        {"input.video_url": as_data_uri(video_bytes(), "video/mp4")},
        "input.video_url must be an http(s) URL",
    ),
    (
        {"input.audio_url": as_data_uri(sound_bytes(), "audio/mpeg")},
        "input.audio_url must be an http(s) URL",
    ),
    ({"input.ref_photo_url": as_data_uri(image_bytes())}, "input.ref_photo_url must be an http"),
    ({**TEXT, "input.text": "abc"}, "input.text has 3 characters, from 4 to 2000"),
    ({**TEXT, "input.text": "猫" * 1001}, "input.text has 2002 characters"),
    ({**TEXT, "input.text": "one<#100#>two"}, "must have from 0.01 to 99.99 s"),
    *(
        ({**TEXT, "parameters.speed": number}, "parameters.speed must be from 0.5 to 2")
        for number in (0.4, 2.1)
    ),
    ({**TEXT, "parameters.speed": "1"}, "parameters.speed must be a number"),
    *(
        ({**TEXT, "parameters.volume": number}, "parameters.volume must be from 0 to 10")
        for number in (-1, 11)
    ),
    ({**TEXT, "parameters.volume": 1.5}, "parameters.volume must be an integer"),
    ({**TEXT, "parameters.voice_id": 5}, "parameters.voice_id must be a string"),
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


H264 = "libx264"
FILM = video_bytes(size=(400, 800), seconds=5, fps=2, codec=H264)
CONTENTS = {VIDEO_URL: FILM, SOUND_URL: sound_bytes(seconds=10), URL: image_bytes(size=(192, 192))}


def read(changes: dict[str, Any], **contents: bytes) -> Order:
    """The order of a request whose files are on this emulator itself, some with other content."""
    urls = {"film": VIDEO_URL, "sound": SOUND_URL, "photo": URL}
    files = CONTENTS | {urls[name]: content for name, content in contents.items()}
    fields = Fields(values=request_body(OPERATION, changes))
    return modelverse.read(
        fields, lambda sources: [found for found, _ in receive(sources, files.get)]
    )


def test_a_result_is_as_long_as_the_sound_and_as_wide_as_the_video() -> None:
    order = read({"input.ref_photo_url": URL, "input.text": "the sound has precedence"})
    assert (order.duration_s, order.audio, pixels_of(order)) == (10, True, (720, 1440))


def test_without_a_sound_the_text_decides_the_length() -> None:
    assert read({**TEXT, "input.text": "猫" * 40}).duration_s == 10


@pytest.mark.parametrize("form", ["mp3", "wav", "adts", "ipod", "ogg"])
def test_each_documented_format_of_sounds_is_taken(form: str) -> None:
    assert read({}, sound=sound_bytes(form)).audio


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("film", video_bytes(size=(358, 800), codec=H264), "input.video_url is 358x800"),
        (
            "film",
            video_bytes(size=(4098, 360), seconds=1, fps=1, codec=H264),
            "input.video_url is 4098x360",
        ),
        ("film", video_bytes(size=(400, 400), seconds=0.5, codec=H264), "it must have 1 to 600 s"),
        ("film", video_bytes(size=(400, 400)), "must be H.264, its codec is mp4v"),
        ("film", image_bytes(), "input.video_url must be mp4, mov or avi"),
        ("sound", sound_bytes(seconds=0.5), "it must have 1 to 600 s"),
        ("sound", sound_bytes(seconds=601, rate=16_000), "it must have 1 to 600 s"),
        ("photo", image_bytes(size=(191, 300)), "input.ref_photo_url is 191x300"),
        ("photo", image_bytes(size=(4097, 2000)), "at most 4096x4096 pixels"),
    ],
)
def test_files_beyond_their_limits_are_refused(name: str, content: bytes, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        read({"input.ref_photo_url": URL}, **{name: content})
    assert message in caught.value.message
