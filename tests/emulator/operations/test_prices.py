from __future__ import annotations

from typing import Any

import pytest

TEXT = {"prompt": "a cat"}
ONE = {"images": ["https://example.com/cat.png"]}
TWO = {"images": ONE["images"] * 2}

CAT = {"subjects": [{"name": "cat", **ONE}]}
FILM = {"video_url": "https://example.com/cat.mp4"}
PERSON = {"image": ONE["images"][0], "text": "hello"}
SOUND = {"audio_url": "https://example.com/song.mp3"}
THUNDER = {"timing_prompts": [{"from": 0, "to": 2, "prompt": "thunder"}]}
KEYS: dict[str, Any] = {
    "start_image": ONE["images"][0],
    "image_settings": [
        {"key_image": ONE["images"][0], "duration": 2},
        {"key_image": ONE["images"][0], "duration": 6},
    ],
}


@pytest.mark.parametrize(
    ("operation", "body", "credits_"),
    [
        ("text2video", {**TEXT, "model": "viduq3-pro", "duration": 16}, 320),
        ("text2video", {**TEXT, "model": "viduq3-pro", "off_peak": True, "resolution": "540p"}, 25),
        ("text2video", {**TEXT, "model": "viduq3-turbo", "resolution": "1080p"}, 65),
        ("text2video", {**TEXT, "model": "viduq2", "resolution": "540p", "duration": 10}, 64),
        ("text2video", {**TEXT, "model": "viduq2", "off_peak": True}, 18),
        ("text2video", {**TEXT, "model": "viduq1"}, 80),
        ("img2video", {**ONE, "model": "viduq4-preview", "resolution": "4K"}, 390),
        ("img2video", {**ONE, "model": "viduq3-pro-fast", "duration": 2}, 24),
        ("img2video", {**ONE, "model": "viduq3-pro", "is_rec": True}, 110),
        ("img2video", {**ONE, "model": "viduq3-pro", "is_rec": True, "off_peak": True}, 55),
        ("img2video", {**ONE, "model": "viduq2-pro", "audio": True}, 70),
        ("img2video", {**ONE, "model": "viduq2-turbo", "duration": 2}, 10),
        ("img2video", {**ONE, "model": "viduq2-pro-fast", "is_rec": True, "duration": 1}, 18),
        ("img2video", {**ONE, "model": "viduq1-classic", "off_peak": True}, 40),
        ("img2video", {**ONE, "model": "vidu2.0"}, 20),
        ("img2video", {**ONE, "model": "vidu2.0", "duration": 8, "audio": True}, 115),
        ("start-end2video", {**TWO, "model": "viduq3-turbo", "duration": 1}, 12),
        ("start-end2video", {**TWO, "model": "viduq2-pro", "off_peak": True, "is_rec": True}, 33),
        ("start-end2video", {**TWO, "model": "vidu2.0", "resolution": "1080p"}, 100),
        ("reference2video", {**TEXT, **ONE, "model": "viduq3-mix", "duration": 16}, 384),
        ("reference2video", {**TEXT, **ONE, "model": "viduq3", "off_peak": True}, 30),
        ("reference2video", {**TEXT, **ONE, "model": "viduq2", "duration": 9}, 80),
        ("reference2video", {**TEXT, **ONE, "model": "viduq2-pro", "resolution": "1080p"}, 125),
        # The provider chooses: 5 s for two references.
        ("reference2video", {**TEXT, **TWO, "model": "viduq2-pro", "duration": 0}, 50),
        ("reference2video", {**TEXT, **ONE, "model": "viduq1", "off_peak": True}, 40),
        ("reference2video", {**TEXT, **ONE, "model": "vidu2.0"}, 80),
        ("reference2video", {**TEXT, **CAT, "model": "viduq2", "audio": True}, 60),
        ("reference2video", {**TEXT, **CAT, "model": "viduq3", "audio": True}, 60),
        ("multiframe", {**KEYS, "model": "viduq2-turbo"}, 20 + 40),
        ("multiframe", {**KEYS, "model": "viduq2-pro", "resolution": "1080p"}, 75 + 135),
        ("extend", {**FILM, "model": "viduq2-turbo", "resolution": "540p", "duration": 1}, 10),
        ("extend", {**FILM, "model": "viduq2-pro", "duration": 7}, 90),
        # A video elsewhere counts as 5 s long.
        ("upscale-new", FILM, 50),
        ("upscale-new", {**FILM, "upscale_resolution": "8K"}, 800),
        # Not published: guesses.
        ("template", {**ONE, "template": "hugging"}, 40),
        ("template", {**ONE, "template": "live_photo"}, 100),
        ("template-story", {**ONE, "story": "pigsy"}, 200),
        ("image2dance", {**FILM, "image_url": ONE["images"][0]}, 50),
        # Known from the other host: 200, and as lip-sync and speech 20 and 10.
        ("digital-human", {**PERSON, "model": "viduq2-pro"}, 200 + 20 + 10),
        ("digital-human", {**PERSON, "model": "viduq2-turbo", **SOUND}, 120 + 20),
        ("text2audio", {**TEXT, "model": "audio1.0", "duration": 4.9}, 10),
        ("text2audio", {**TEXT, "model": "audio1.0", "duration": 5}, 20),
        ("text2audio", {**TEXT, "model": "audio1.0"}, 20),
        ("timing2audio", {**THUNDER, "model": "audio1.0", "duration": 2}, 10),
        ("audio-tts", {"text": "x" * 500, "voice_setting_voice_id": "a"}, 10),
        ("audio-tts", {"text": "x" * 501, "voice_setting_voice_id": "a"}, 20),
        ("ad-one-click", {**ONE, "duration": 8}, 320),
        ("trending-replicate", {**ONE, **FILM, "resolution": "540p"}, 60),
        ("trending-replicate", {**ONE, **FILM}, 100),
        ("reference2image", {**TEXT, "model": "viduq2"}, 6),
        ("reference2image", {**TEXT, **TWO, "model": "viduq2", "resolution": "2K"}, 12),
        ("reference2image", {**TEXT, "images": ONE["images"] * 7, "model": "viduq2"}, 10),
        ("reference2image", {**TEXT, **ONE, "model": "viduq1"}, 20),
    ],
)
def test_prices_follow_the_published_tables(
    address: str, ask: Any, operation: str, body: dict[str, Any], credits_: int
) -> None:
    answer = ask("POST", f"{address}/ent/v2/{operation}", body)
    assert answer.json["credits"] == credits_


def charged(address: str, ask: Any, operation: str, body: dict[str, Any]) -> int:
    def left() -> int:
        [entry] = ask("GET", f"{address}/ent/v2/credits").json["remains"]
        found: int = entry["credit_remain"]
        return found

    before = left()
    assert ask("POST", f"{address}/ent/v2/{operation}", body).status == 200
    return before - left()


MUSIC = {**ONE, **SOUND}  # a sound elsewhere counts as 10 s long
SYNCED = {"lip_sync": True, "lip_ref_url": ONE["images"][0]}


@pytest.mark.parametrize(
    ("operation", "body", "credits_"),
    [
        ("lip-sync", {**FILM, **SOUND}, 20),
        ("lip-sync", {**FILM, "text": "x" * 41}, 40),
        ("audio-clone", {**SOUND, "voice_id": "priced-voice", "text": "x" * 501}, 320),
        ("one-click/mv", {**MUSIC, "resolution": "540p"}, 60),
        ("one-click/mv", MUSIC, 80),
        ("one-click/mv", {**MUSIC, "resolution": "1080p", **SYNCED}, 140),
        ("one-click/mv", {**MUSIC, "quality": "high"}, 240),
        ("one-click/mv", {**MUSIC, "quality": "high", "resolution": "1080p"}, 290),
        ("one-click/general_one_click", {**ONE, "duration": 3}, 120),
    ],
)
def test_what_an_answer_does_not_price_is_charged(
    start: Any, ask: Any, operation: str, body: dict[str, Any], credits_: int
) -> None:
    assert charged(start(time_scale=0), ask, operation, body) == credits_
