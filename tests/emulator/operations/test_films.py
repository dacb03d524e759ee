"""People who speak or dance, and whole films: their files, and the queries of films."""

from __future__ import annotations

import io
from typing import Any

import av
import pytest

from runner.emulator import tables
from runner.emulator.faults.script import parse_faults
from tests.builders import as_data_uri
from tests.emulator.media import image, sound_bytes, video
from tests.emulator.operations.cases.shared import REF

SONG = as_data_uri(sound_bytes(seconds=10, rate=16_000), "audio/mpeg")
MUSIC = {"images": [image(), image(200, 150)], "audio_url": SONG, "resolution": "540p"}
CLIP = {"model": "viduq2", "prompt": "a cat", "duration": 2, "resolution": "720p", "bgm": True}
MV, GENERAL = "one-click/mv", "one-click/general_one_click"


@pytest.fixture(autouse=True)
def small_videos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw videos a fifth as wide: nearly all of the work."""
    sides = {name: side // 5 for name, side in tables.SHORT_SIDE.items()}
    monkeypatch.setattr(tables, "SHORT_SIDE", sides)


def submitted(url: str, ask: Any, operation: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = ask("POST", f"{url}/ent/v2/{operation}", body)
    assert answer.status == 200, answer.json
    found: dict[str, Any] = answer.json
    return found


def creation(url: str, ask: Any, operation: str, body: dict[str, Any]) -> dict[str, Any]:
    task_id = submitted(url, ask, operation, body)["task_id"]
    [found] = ask("GET", f"{url}/ent/v2/tasks/{task_id}/creations").json["creations"]
    assert isinstance(found, dict)
    return found


def measured(ask: Any, url: str) -> tuple[float, tuple[int, int], int]:
    """Seconds, size and number of sounds of a video."""
    content = ask("GET", url, key=None).content
    with av.open(io.BytesIO(content), "r") as container:
        [stream] = container.streams.video
        assert container.duration is not None
        sounds = len(container.streams.audio)
        return container.duration / 1e6, (stream.width, stream.height), sounds


def test_a_person_speaks_as_long_as_the_text(address: str, ask: Any) -> None:
    body = {"model": "viduq2-pro", "image": image(300, 200), "text": "x" * 24}
    found = creation(address, ask, "digital-human", body)
    assert measured(ask, found["url"]) == (3, (216, 144), 1)


def test_a_person_speaks_as_long_as_the_sound(address: str, ask: Any) -> None:
    body = {"model": "audio1.0", "prompt": "rain", "duration": 4}
    sound = creation(address, ask, "text2audio", body)["url"]
    person = {"model": "viduq2-turbo", "image": image(), "text": "x" * 8, "audio_url": sound}
    found = creation(address, ask, "digital-human", person)
    assert measured(ask, found["url"])[0] == 4


def test_an_answer_of_lip_sync_has_no_credits(address: str, ask: Any) -> None:
    body = {"video_url": "https://example.com/cat.mp4", "text": "hello", "payload": "tag"}
    answer = submitted(address, ask, "lip-sync", body)
    assert answer.keys() == {"task_id", "state", "payload", "created_at"}
    query = ask("GET", f"{address}/ent/v2/tasks/{answer['task_id']}/creations").json
    assert query["credits"] == 20


def test_a_dance_is_as_long_as_the_video_and_as_large_as_the_image(
    address: str, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sides = {name: 5 * side for name, side in tables.SHORT_SIDE.items()}
    monkeypatch.setattr(tables, "SHORT_SIDE", sides)
    clip = creation(address, ask, "text2video", CLIP)["url"]
    picture = {"model": "viduq2", "prompt": "a dancer", "aspect_ratio": "1:1"}
    dancer = creation(address, ask, "reference2image", picture)["url"]
    found = creation(address, ask, "image2dance", {"image_url": dancer, "video_url": clip})
    assert measured(ask, found["url"]) == (2, (1080, 1080), 1)


def test_a_film_is_queried_on_its_own_path(address: str, ask: Any) -> None:
    answer = submitted(address, ask, MV, MUSIC)
    assert answer.keys() == {"id"}
    film = ask("GET", f"{address}/ent/v2/{MV}/{answer['id']}").json
    assert (film["id"], film["type"], film["state"]) == (answer["id"], "mv", "success")
    assert measured(ask, film["signed_url"]) == (10, (192, 108), 1)
    assert "credits" not in film
    shots = [record for record in film["job_records"] if record["type"] == "generate_video"]
    assert [shot["index"] for shot in shots] == [0, 1]
    assert film["job_records"][-1]["type"] == "compose"
    [job] = shots[1]["jobs"]
    assert job["state"] == "success"
    assert measured(ask, job["signed_url"])[0] == 5


def test_a_film_is_no_task(address: str, ask: Any) -> None:
    film_id = submitted(address, ask, GENERAL, {"images": [REF], "duration": 1})["id"]
    assert ask("GET", f"{address}/ent/v2/{GENERAL}/{film_id}").status == 200
    for method, path in (
        ("GET", f"tasks/{film_id}/creations"),
        ("POST", f"tasks/{film_id}/cancel"),
        ("GET", f"{MV}/{film_id}"),
    ):
        answer = ask(method, f"{address}/ent/v2/{path}")
        assert (answer.status, answer.json["reason"]) == (404, "TaskNotFound")
    rows = ask("GET", f"{address}/ent/v2/tasks?task_ids={film_id}").json["tasks"]
    assert rows == []


@pytest.mark.parametrize(
    "path",
    [
        *(f"{MV}/1/edit", f"{MV}/1/compose", f"{GENERAL}/1/edit", f"{GENERAL}/1/compose"),
        *("ad-one-click/edit", "ad-one-click/compose"),
    ],
)
def test_films_are_not_edited(address: str, ask: Any, path: str) -> None:
    answer = ask("POST", f"{address}/ent/v2/{path}", {})
    assert (answer.status, answer.json["reason"]) == (404, "NotFound")


def test_a_film_is_never_queueing_and_has_states_for_its_shots(
    start: Any, ask: Any, clock: Any
) -> None:
    url = start()
    film_id = submitted(url, ask, MV, MUSIC)["id"]
    seen = []
    for _ in range(12):
        film = ask("GET", f"{url}/ent/v2/{MV}/{film_id}").json
        jobs = [record["jobs"][0]["state"] for record in film["job_records"]]
        assert (film["signed_url"] != "") == (film["state"] == "success")
        seen.append((film["state"], *jobs))
        clock.forward(18)
    assert ("processing", "success", "processing", "created") in seen
    assert {state for state, *_ in seen} == {"created", "processing", "success"}


def test_long_music_has_shots_and_no_film(address: str, ask: Any) -> None:
    song = as_data_uri(sound_bytes(seconds=200, rate=16_000), "audio/mpeg")
    film_id = submitted(address, ask, MV, {**MUSIC, "audio_url": song})["id"]
    film = ask("GET", f"{address}/ent/v2/{MV}/{film_id}").json
    assert (film["state"], film["signed_url"]) == ("success", "")
    assert {record["type"] for record in film["job_records"]} == {"generate_video"}


def test_a_film_can_fail_and_be_reported_in_other_states(start: Any, ask: Any) -> None:
    faults = [
        {"fault": "fail_task", "err_code": "AuditFailed", "nth": 2},
        {"on": "vidu.film", "fault": "state", "state": "processing", "times": 1},
    ]
    url = start(time_scale=0, faults=parse_faults(faults))
    good, bad = (submitted(url, ask, GENERAL, {"images": [REF], "duration": 1}) for _ in range(2))
    early = ask("GET", f"{url}/ent/v2/{GENERAL}/{good['id']}").json
    assert early["state"] == "processing"
    assert "signed_url" not in early
    failed = ask("GET", f"{url}/ent/v2/{GENERAL}/{bad['id']}").json
    assert (failed["state"], failed["err_code"]) == ("failed", "AuditFailed")
    assert failed["signed_url"] == ""


@pytest.mark.parametrize(
    ("operation", "body", "found"),
    [
        ("ad-one-click", {"images": [image()], "duration": 8}, (8, (384, 216), 1)),
        (
            "trending-replicate",
            {"images": [image()], "video_url": video(), "aspect_ratio": "9:16"},
            (5, (216, 384), 1),
        ),
        (
            "trending-replicate",
            {"images": [REF], "video_url": video(), "remove_audio": True},
            (5, (384, 216), 0),
        ),
    ],
)
def test_an_advertisement_and_a_replica_are_as_asked_for(
    address: str,
    ask: Any,
    operation: str,
    body: dict[str, Any],
    found: tuple[float, tuple[int, int], int],
) -> None:
    assert "payload" not in submitted(address, ask, operation, body)
    assert measured(ask, creation(address, ask, operation, body)["url"]) == found


def test_a_query_reports_progress_and_urls_of_an_hour(start: Any, ask: Any, clock: Any) -> None:
    url = start()
    task_id = submitted(url, ask, "ad-one-click", {"images": [REF], "duration": 8})["task_id"]
    seen = []
    for _ in range(20):
        task = ask("GET", f"{url}/ent/v2/tasks/{task_id}/creations").json
        seen.append(task["progress"])
        clock.forward(10)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, 100)
    assert any(0 < progress < 100 for progress in seen)
    link = task["creations"][0]["cover_url"]
    clock.forward(3580)
    assert ask("GET", link, key=None).status == 200
    clock.forward(20)
    assert ask("GET", link, key=None).status == 403


@pytest.mark.parametrize("operation", ["lip-sync", "image2dance"])
def test_a_video_that_cannot_be_fetched_is_refused(
    start: Any, ask: Any, clock: Any, operation: str
) -> None:
    url = start(url_lifetime_s=100, time_scale=0)
    clip = creation(url, ask, "text2video", CLIP)["url"]
    clock.forward(200)
    answer = ask(
        "POST",
        f"{url}/ent/v2/{operation}",
        {"video_url": clip, "image_url": REF, "text": "hello"},
    )
    assert (answer.status, answer.json["reason"]) == (400, "VideoDownloadFailure")
