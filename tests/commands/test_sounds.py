"""Voices and speech, whose answer is the result, and tasks that fail: on the emulator."""

from __future__ import annotations

import pytest

from tests.commands.conftest import Project
from tests.commands.serving import serving

SPEECH = """
version: 1
jobs:
  - {id: hello, operation: vidu/audio-tts, text: Good day, voice_setting_voice_id: host-1}
"""
VOICE = """
version: 1
jobs:
  - id: hello
    operation: vidu/audio-clone
    audio_url: https://example.com/a.mp3
    voice_id: my-own-voice
    text: Good day
"""
QUICK = {"VIDU_RUN_SETTLE": "0.2s", "VIDU_RUN_POLL_RATE": "50"}
AMBIGUOUS = 7


@pytest.mark.parametrize("text", [SPEECH, VOICE], ids=["speech", "voice"])
def test_an_answer_that_is_the_result_is_fetched_at_once(project: Project, text: str) -> None:
    project.write(text)
    with serving(project, time_scale=0) as served:
        assert project.run("spring.yaml").code == 0
        assert served.asked("creations") == 0
    row = project.rows()["hello"]
    assert (row["state"], [file["media_type"] for file in row["files"]]) == (
        "succeeded",
        ["audio/mpeg"],
    )


@pytest.mark.parametrize("text", [SPEECH, VOICE], ids=["speech", "voice"])
def test_a_lost_answer_that_was_the_result_is_found_in_the_list(
    project: Project, text: str
) -> None:
    project.env |= QUICK
    project.write(text)
    lost = {"on": "vidu.submit", "nth": 1, "fault": "cut_after"}
    with serving(project, time_scale=0, faults=[lost]) as served:
        ran = project.run("spring.yaml")
        assert ran.code == 0, ran.err
        (accepted,) = served.seen()["submissions"]
    row = project.rows()["hello"]
    assert (row["state"], row["task_id"]) == ("succeeded", accepted["task_id"])


@pytest.mark.parametrize("text", [SPEECH, VOICE], ids=["speech", "voice"])
def test_a_lost_answer_that_no_list_shows_is_left_to_the_user(project: Project, text: str) -> None:
    project.env |= QUICK
    project.write(text)
    faults = [
        {"on": "vidu.submit", "nth": 1, "fault": "cut_after"},
        {"on": "vidu.list", "fault": "empty_list"},
    ]
    with serving(project, time_scale=0, faults=faults) as served:
        assert [project.run("spring.yaml").code for _ in range(2)] == [AMBIGUOUS] * 2
        assert served.outcomes() == {"accepted": 1}
