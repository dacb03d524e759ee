"""Sounds and voices: the files that come out, and answers that are the result."""

from __future__ import annotations

import io
from array import array
from typing import Any

import av
import pytest

from runner.emulator.faults.script import parse_faults

SPEECH = {"text": "hello there", "voice_setting_voice_id": "male-qn-jingying"}
CLONE = {
    "audio_url": "https://example.com/voice.mp3",
    "voice_id": "narrator-1",
    "text": "this is my voice",
}
_WEEK_S = 168 * 3600
_RATE = 24_000


def heard(ask: Any, url: str) -> tuple[float, list[int]]:
    """The seconds of an MP3, and the loudest sample of each half second."""
    answer = ask("GET", url, key=None)
    assert answer.headers["content-type"] == "audio/mpeg"
    samples = array("h")
    with av.open(io.BytesIO(answer.content), "r") as container:
        [stream] = container.streams
        assert stream.codec_context.name.startswith("mp3")
        assert container.duration is not None
        seconds = container.duration / 1e6
        plain = av.AudioResampler(format="s16", layout="mono", rate=_RATE)
        for decoded in container.decode(audio=0):
            for frame in plain.resample(decoded):
                samples.frombytes(bytes(frame.planes[0])[: 2 * frame.samples])
    half = _RATE // 2
    parts = [samples[start : start + half] for start in range(0, len(samples), half)]
    return seconds, [max(map(abs, part)) for part in parts]


def made(address: str, ask: Any, operation: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = ask("POST", f"{address}/ent/v2/{operation}", body)
    assert answer.status == 200, answer.json
    url = f"{address}/ent/v2/tasks/{answer.json['task_id']}/creations"
    found: dict[str, Any] = ask("GET", url).json
    return found


@pytest.mark.parametrize("seconds", [2, 3.5, 10])
def test_a_sound_is_as_long_as_asked_for(address: str, ask: Any, seconds: float) -> None:
    body = {"model": "audio1.0", "prompt": "rain", "duration": seconds}
    [creation] = made(address, ask, "text2audio", body)["creations"]
    length, loud = heard(ask, creation["url"])
    assert length == pytest.approx(seconds, abs=0.05)
    assert min(loud[: round(seconds * 2)]) > 500
    assert (creation["cover_url"], creation["watermarked_url"]) == ("", "")


def test_timed_prompts_are_heard_at_their_times(address: str, ask: Any) -> None:
    prompts = [
        {"from": 1, "to": 2, "prompt": "thunder"},
        {"from": 3.5, "to": 4, "prompt": "a dog"},
    ]
    body = {"model": "audio1.0", "timing_prompts": prompts, "duration": 5}
    task = made(address, ask, "timing2audio", body)
    length, loud = heard(ask, task["creations"][0]["url"])
    assert length == pytest.approx(5, abs=0.05)
    assert [peak > 2000 for peak in loud[:10]] == [n in {2, 3, 7} for n in range(10)]


def test_speech_is_silent_where_the_text_has_a_pause(address: str, ask: Any) -> None:
    text = {"text": "abcdefgh<#2#>abcdefgh"}
    answer = ask("POST", f"{address}/ent/v2/audio-tts", {**SPEECH, **text}).json
    length, loud = heard(ask, answer["file_url"])
    assert length == pytest.approx(4, abs=0.05)
    assert [peak > 2000 for peak in loud[:8]] == [True] * 2 + [False] * 4 + [True] * 2


def test_faster_speech_is_shorter(address: str, ask: Any) -> None:
    body = {**SPEECH, "text": "x" * 32, "voice_setting_speed": 2}
    answer = ask("POST", f"{address}/ent/v2/audio-tts", body).json
    assert heard(ask, answer["file_url"])[0] == pytest.approx(2, abs=0.05)


def test_louder_and_higher_speech_is_other_speech(address: str, ask: Any) -> None:
    changes: tuple[dict[str, int], ...] = (
        {},
        {"voice_setting_volume": 10},
        {"voice_setting_pitch": 5},
    )
    found = set()
    for change in changes:
        answer = ask("POST", f"{address}/ent/v2/audio-tts", {**SPEECH, **change, "text": "x" * 8})
        found.add(ask("GET", answer.json["file_url"], key=None).content)
    assert len(found) == len(changes)


# ----------------------------------------------------------------- answers that are the result


def test_the_answer_of_speech_is_its_result(address: str, ask: Any) -> None:
    answer = ask("POST", f"{address}/ent/v2/audio-tts", {**SPEECH, "payload": "tag"}).json
    expected = {"state": "success", "credits": 10, "payload": "tag"}
    assert {name: answer[name] for name in expected} == expected
    assert answer.keys() == {*expected, "task_id", "file_url", "created_at"}


def test_the_answer_of_a_clone_has_its_voice_and_no_credits(start: Any, ask: Any) -> None:
    answer = ask("POST", start(time_scale=0) + "/ent/v2/audio-clone", CLONE).json
    assert (answer["state"], answer["voice_id"]) == ("success", "narrator-1")
    assert answer.keys() == {
        *("task_id", "state", "voice_id", "demo_audio", "payload", "created_at"),
    }
    assert heard(ask, answer["demo_audio"])[0] >= 1


def test_voices_and_speech_stand_in_the_list(start: Any, ask: Any) -> None:
    url = start(time_scale=0)
    tasks = [
        ask("POST", f"{url}/ent/v2/{operation}", body).json["task_id"]
        for operation, body in (("audio-clone", CLONE), ("audio-tts", SPEECH))
    ]
    rows = ask("GET", f"{url}/ent/v2/tasks").json["tasks"]
    assert [row["id"] for row in rows] == tasks[::-1]
    assert [row["prompt"] for row in rows] == [SPEECH["text"], CLONE["text"]]
    assert [row["credits"] for row in rows] == [10, 310]


def test_a_lost_answer_is_charged_and_can_be_found(start: Any, ask: Any) -> None:
    faults = parse_faults(
        [{"on": "vidu.submit", "match": {"prompt": "HELLO"}, "fault": "cut_after"}]
    )
    url = start(time_scale=0, faults=faults)
    with pytest.raises(ConnectionError):
        ask("POST", f"{url}/ent/v2/audio-tts", {**SPEECH, "payload": "tag"})
    [row] = ask("GET", f"{url}/ent/v2/tasks").json["tasks"]
    task = ask("GET", f"{url}/ent/v2/tasks/{row['id']}/creations").json
    assert (task["state"], task["payload"], task["credits"]) == ("success", "tag", 10)
    assert ask("GET", task["creations"][0]["url"], key=None).status == 200


def test_a_failed_clone_has_neither_voice_nor_demo(start: Any, ask: Any) -> None:
    faults = parse_faults([{"fault": "fail_task", "err_code": "AuditFailed", "times": 1}])
    url = start(time_scale=0, faults=faults)
    failed = ask("POST", f"{url}/ent/v2/audio-clone", CLONE)
    assert (failed.status, failed.json["state"]) == (200, "failed")
    assert not {"voice_id", "demo_audio"} & failed.json.keys()
    assert ask("POST", f"{url}/ent/v2/audio-clone", CLONE).json["state"] == "success"


def test_what_takes_too_long_for_an_answer_is_queueing(start: Any, ask: Any) -> None:
    url = start(time_scale=0, faults=parse_faults([{"fault": "stuck_task"}]))
    answer = ask("POST", f"{url}/ent/v2/audio-tts", SPEECH).json
    assert answer["state"] == "queueing"
    assert "file_url" not in answer


def test_speech_takes_no_place_from_tasks(start: Any, ask: Any) -> None:
    url = start(concurrency=1, over_limit="refuse")
    body = {"model": "audio1.0", "prompt": "rain"}
    assert ask("POST", f"{url}/ent/v2/text2audio", body).status == 200
    assert ask("POST", f"{url}/ent/v2/audio-tts", SPEECH).status == 200


def test_a_voice_is_cloned_once(start: Any, ask: Any) -> None:
    url = start(time_scale=0)
    assert ask("POST", f"{url}/ent/v2/audio-clone", CLONE).status == 200
    again = ask("POST", f"{url}/ent/v2/audio-clone", {**CLONE, "text": "another"})
    assert (again.status, again.json["reason"]) == (400, "FieldInvalid")
    assert "there is a voice narrator-1 already" in again.json["message"]


@pytest.mark.parametrize("is_used", [False, True])
def test_a_voice_that_nobody_uses_is_deleted(
    start: Any, ask: Any, clock: Any, is_used: bool
) -> None:
    url = start(time_scale=0)
    speech = {**SPEECH, "voice_setting_voice_id": CLONE["voice_id"]}
    assert ask("POST", f"{url}/ent/v2/audio-clone", CLONE).status == 200
    clock.forward(_WEEK_S - 1)
    if is_used:
        assert ask("POST", f"{url}/ent/v2/audio-tts", speech).status == 200
    clock.forward(2)
    status = 200 if is_used else 400
    assert ask("POST", f"{url}/ent/v2/audio-tts", speech).status == status
    # A deleted one may be cloned again.
    assert ask("POST", f"{url}/ent/v2/audio-clone", CLONE).status == (400 if is_used else 200)
