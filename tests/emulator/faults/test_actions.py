from __future__ import annotations

import io
import threading
import time
from collections import Counter
from typing import Any

import av
import pytest
from PIL import Image

from tests.emulator.faults.conftest import (
    BOTH,
    FILM,
    PICTURE,
    SUBMIT,
    VIDEO,
    creations,
    file_url,
    make_task,
    report,
    submissions,
)


def test_an_outage_hits_every_request_for_its_time(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "outage", "from_s": 2, "for_s": 10})
    task_id = make_task(ask, url)
    clock.forward(2)
    asked = [
        ask("POST", url + SUBMIT, PICTURE),
        ask("POST", url + VIDEO, FILM),
        creations(ask, url, task_id),
        ask("GET", url + "/ent/v2/credits"),
        ask("GET", url + "/files/1/creation.png"),
    ]
    assert {answer.status for answer in asked} == {503}
    clock.forward(10)
    assert creations(ask, url, task_id).status == 200
    assert [row["outcome"] for row in submissions(ask, url)] == ["accepted", "outage", "outage"]


@pytest.mark.parametrize(("path", "body"), BOTH)
@pytest.mark.parametrize("status", [500, 504])
def test_an_error_may_come_after_the_task_is_made(
    broken: Any, ask: Any, path: str, body: Any, status: int
) -> None:
    url = broken({"fault": "error", "status": status, "when": "after"})
    assert ask("POST", url + path, body).status == status
    [row] = submissions(ask, url)
    assert (row["outcome"], row["status"]) == ("accepted", status)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_leads_to_a_path_that_does_not_exist(broken: Any, ask: Any, status: int) -> None:
    url = broken({"fault": "redirect", "status": status, "times": 1})
    answer = ask("POST", url + SUBMIT, PICTURE)
    assert (answer.status, answer.headers["location"]) == (status, f"{url}/moved{SUBMIT}")
    assert ask("GET", answer.headers["location"]).status == 404
    assert submissions(ask, url)[0]["outcome"] == "redirect"


def test_a_redirect_leads_to_the_given_location(broken: Any, ask: Any) -> None:
    url = broken({"fault": "redirect", "location": "https://evil.example/"})
    assert ask("GET", url + "/ent/v2/credits").headers["location"] == "https://evil.example/"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_slow_submission_makes_its_task_before_or_after(broken: Any, ask: Any, when: str) -> None:
    url = broken({"on": "vidu.submit", "fault": "slow", "delay_s": 0.5, "when": when})
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(ask("POST", url + SUBMIT, PICTURE)))
    begun = time.monotonic()
    thread.start()
    until = begun + 10
    while not report(ask, url)["faults"] and time.monotonic() < until:
        pass
    waiting = [row["status"] for row in submissions(ask, url)]
    thread.join()
    assert time.monotonic() - begun >= 0.5
    assert found[0].status == 200
    assert waiting == ([0] if when == "after" else [])
    assert [row["status"] for row in submissions(ask, url)] == [200]


def test_a_status_goes_back_after_a_success(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "goes_back", "times": 1})
    task_id = make_task(ask, url)
    states = [creations(ask, url, task_id).json["state"]]
    clock.forward(60)
    states += [creations(ask, url, task_id).json["state"] for _ in range(3)]
    assert states == ["created", "success", "processing", "success"]


def test_the_status_of_a_video_goes_back(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"on": "modelverse.status", "fault": "goes_back", "times": 1})
    task_id = ask("POST", url + VIDEO, FILM).json["output"]["task_id"]
    clock.forward(60)
    path = f"{url}/v1/tasks/status?task_id={task_id}"
    outputs = [ask("GET", path).json["output"] for _ in range(3)]
    assert [output["task_status"] for output in outputs] == ["Success", "Running", "Success"]


def test_only_matching_rows_of_a_list_go_back(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"on": "vidu.list", "fault": "goes_back", "match": {"prompt": "BOAT"}})
    for prompt in ("a boat", "a cat"):
        make_task(ask, url, prompt=prompt)
    clock.forward(60)
    lists = []
    for _ in range(2):
        rows = ask("GET", url + "/ent/v2/tasks").json["tasks"]
        lists.append({row["prompt"]: (row["state"], len(row["creations"])) for row in rows})
    assert set(lists[0].values()) == {("success", 1)}
    assert lists[1] == {"a boat": ("processing", 0), "a cat": ("success", 1)}


def test_a_task_is_not_found_at_first(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "not_found", "match": {"younger_s": 5}})
    task_id = make_task(ask, url)
    video = ask("POST", url + VIDEO, FILM).json["output"]["task_id"]
    path = f"{url}/v1/tasks/status?task_id={video}"
    first = creations(ask, url, task_id)
    assert (first.status, first.json["reason"]) == (404, "TaskNotFound")
    assert ask("GET", path).json["error"]["code"] == "param_error"
    clock.forward(5)
    assert creations(ask, url, task_id).status == 200
    assert ask("GET", path).status == 200


def test_a_task_is_never_found(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"on": "vidu.creations", "fault": "not_found"})
    task_id = make_task(ask, url)
    clock.forward(10**6)
    assert creations(ask, url, task_id).status == 404


@pytest.mark.parametrize("code", ["InternalServiceFailure", "UserCancelled"])
@pytest.mark.parametrize("refunded", [True, False])
def test_a_task_fails_with_a_code_and_perhaps_a_refund(
    broken: Any, ask: Any, clock: Any, code: str, *, refunded: bool
) -> None:
    url = broken(
        {"on": "vidu.submit", "fault": "fail_task", "err_code": code, "refunded": refunded}
    )
    answer = ask("POST", url + SUBMIT, PICTURE)
    assert (answer.status, answer.json["credits"]) == (200, 6)
    clock.forward(60)
    body = creations(ask, url, answer.json["task_id"]).json
    assert (body["state"], body["err_code"], body["creations"]) == ("failed", code, [])
    assert body["credits"] == (0 if refunded else 6)
    balance = ask("GET", url + "/ent/v2/credits").json["remains"][0]["credit_remain"]
    assert balance == (100_000 if refunded else 99_994)


def test_a_video_fails_with_a_message(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "fail_task", "err_code": "CreationPolicyViolation"})
    task_id = ask("POST", url + VIDEO, FILM).json["output"]["task_id"]
    clock.forward(60)
    output = ask("GET", f"{url}/v1/tasks/status?task_id={task_id}").json["output"]
    assert output["task_status"] == "Failure"
    assert output["error_message"] == "CreationPolicyViolation"


@pytest.mark.parametrize("state", ["created", "queueing", "processing"])
def test_a_stuck_task_stays_in_its_state(broken: Any, ask: Any, clock: Any, state: str) -> None:
    url = broken({"on": "vidu.submit", "fault": "stuck_task", "state": state})
    task_id = make_task(ask, url)
    clock.forward(10**7)
    assert creations(ask, url, task_id).json["state"] == state


def test_an_off_peak_task_expires_and_costs_nothing(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "expire_task", "after_s": 1000})
    body = {"model": "viduq2", "prompt": "a boat", "duration": 1, "off_peak": True}
    task_id = ask("POST", url + "/ent/v2/text2video", body).json["task_id"]
    clock.forward(999)
    assert creations(ask, url, task_id).json["state"] == "queueing"
    clock.forward(1)
    found = creations(ask, url, task_id).json
    assert (found["state"], found["err_code"], found["credits"]) == ("failed", "Canceled", 0)
    [balance] = ask("GET", url + "/ent/v2/credits").json["remains"]
    assert (balance["credit_remain"], balance["queue_count"]) == (100_000, 0)


def test_an_expiring_task_may_be_cancelled_before(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "expire_task"})
    body = {"model": "viduq2", "prompt": "a boat", "duration": 1, "off_peak": True}
    task_id = ask("POST", url + "/ent/v2/text2video", body).json["task_id"]
    clock.forward(100)
    assert ask("POST", f"{url}/ent/v2/tasks/{task_id}/cancel").status == 200
    assert creations(ask, url, task_id).json["err_code"] == "UserCancelled"


def test_tasks_at_the_usual_price_do_not_expire(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "expire_task", "after_s": 1})
    task_id = make_task(ask, url)
    clock.forward(60)
    assert creations(ask, url, task_id).json["state"] == "success"


def test_a_failing_task_fails_after_a_restart_too(
    broken: Any, start: Any, ask: Any, clock: Any, tmp_path: Any
) -> None:
    first = broken({"on": "vidu.submit", "fault": "fail_task"}, state_dir=tmp_path)
    task_id = make_task(ask, first)
    clock.forward(60)
    second = start(state_dir=tmp_path)
    body = creations(ask, second, task_id).json
    assert (body["state"], body["err_code"]) == ("failed", "InternalServiceFailure")
    assert submissions(ask, second)[0]["untagged"] == submissions(ask, first)[0]["untagged"]


def test_a_list_is_empty_or_not_found(broken: Any, ask: Any) -> None:
    url = broken({"fault": "empty_list", "nth": 1}, {"fault": "no_list", "nth": 2})
    make_task(ask, url)
    answers = [ask("GET", url + "/ent/v2/tasks") for _ in range(3)]
    assert answers[0].json == {"tasks": [], "next_page_token": ""}
    assert (answers[1].status, answers[1].json["reason"]) == (404, "NotFound")
    assert len(answers[2].json["tasks"]) == 1


def test_a_stale_list_lags(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "stale_list", "lag_s": 30})
    first = make_task(ask, url)
    clock.forward(29)
    assert ask("GET", url + "/ent/v2/tasks").json["tasks"] == []
    clock.forward(1)
    make_task(ask, url, prompt="a cat")
    [row] = ask("GET", url + "/ent/v2/tasks").json["tasks"]
    assert (row["id"], row["state"]) == (first, "created")


@pytest.mark.parametrize("fault", ["stale_list", "empty_list", "drop"])
def test_a_wrong_query_of_a_list_is_still_refused(broken: Any, ask: Any, fault: str) -> None:
    needed: dict[str, Any] = {"stale_list": {"lag_s": 5}, "drop": {"fields": ["x"]}}
    more = needed.get(fault, {})
    url = broken({"on": "vidu.list", "fault": fault, **more})
    assert ask("GET", url + "/ent/v2/tasks?states=done").json["reason"] == "FieldInvalid"


def test_an_expired_url_stays_expired(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "expired", "times": 1})
    task_id = make_task(ask, url)
    clock.forward(60)
    old, fresh = (creations(ask, url, task_id).json["creations"][0]["url"] for _ in range(2))
    assert [ask("GET", old, key=None).status for _ in range(2)] == [403, 403]
    assert ask("GET", fresh, key=None).status == 200
    assert b"expired" in ask("GET", old, key=None).content


def test_without_a_count_every_url_is_expired(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "expired"})
    for _ in range(3):
        assert ask("GET", file_url(ask, url, clock), key=None).status == 403


def test_equal_submissions_have_the_same_untagged_digest(broken: Any, ask: Any) -> None:
    url = broken({"fault": "cut_after", "nth": 1})
    with pytest.raises(ConnectionError):
        ask("POST", url + SUBMIT, {**PICTURE, "payload": "a"})
    again = {"payload": "b", "callback_url": "", **PICTURE}
    ask("POST", url + SUBMIT, again)
    ask("POST", url + SUBMIT, {**PICTURE, "prompt": "a cat"})
    rows = submissions(ask, url)
    assert len({row["digest"] for row in rows}) == 3
    assert sorted(Counter(row["untagged"] for row in rows).values()) == [1, 2]
    assert {row["outcome"] for row in rows} == {"accepted"}


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 100_000])
def test_an_invalid_submission_has_a_digest_too(broken: Any, ask: Any, content: bytes) -> None:
    url = broken({"fault": "cut_after", "match": {"prompt": "boat"}, "per": "task"})
    assert ask("POST", url + SUBMIT, raw=content).status == 400
    assert len(submissions(ask, url)[0]["untagged"]) == 64


def test_a_body_has_its_limit_though_a_rule_reads_it(broken: Any, ask: Any) -> None:
    url = broken({"fault": "cut_after", "match": {"prompt": "boat"}})
    answer = ask("POST", url + SUBMIT, raw=b" " * (20 * 1024 * 1024 + 1))
    assert (answer.status, answer.json["reason"]) == (400, "BadRequest")


def test_the_log_counts_the_hits_of_each_rule(broken: Any, ask: Any) -> None:
    url = broken({"fault": "empty", "nth": [2, 3]}, {"fault": "cut_after", "nth": 4})
    for _ in range(3):
        ask("GET", url + "/ent/v2/credits")
    with pytest.raises(ConnectionError):
        make_task(ask, url)
    assert report(ask, url)["faults"] == [
        {"rule": 1, "fault": "empty", "on": "vidu.credits", "count": 2},
        {"rule": 2, "fault": "cut_after", "on": "vidu.submit", "count": 1},
    ]


def test_paths_outside_the_apis_are_left_alone(broken: Any, ask: Any) -> None:
    url = broken({"fault": "outage"})
    assert ask("GET", url + "/elsewhere").status == 404
    assert ask("PUT", url + SUBMIT).status == 405
    assert ask("GET", url + "/_emulator/requests").status == 200


def test_submissions_are_counted_for_each_request(broken: Any, ask: Any) -> None:
    url = broken({"on": "vidu.submit", "fault": "error", "status": 500, "nth": 1, "per": "task"})
    found: list[int] = []
    for prompt in ("a boat", "a cat", "a boat", "a cat"):
        body = {**PICTURE, "prompt": prompt, "payload": str(len(found))}
        found.append(ask("POST", url + SUBMIT, body).status)
    assert found == [500, 500, 200, 200]


def test_a_list_counts_as_one_request(broken: Any, ask: Any) -> None:
    url = broken({"on": "vidu.list", "fault": "empty_list", "nth": 2, "per": "task"})
    lengths = []
    for prompt in ("a boat", "a cat"):
        make_task(ask, url, prompt=prompt)
        lengths.append(len(ask("GET", url + "/ent/v2/tasks").json["tasks"]))
    assert lengths == [1, 0]


CLIP = {"model": "viduq2", "prompt": "a boat", "duration": 2, "bgm": True, "aspect_ratio": "16:9"}


def delivered(ask: Any, url: str, path: str, body: Any) -> bytes:
    """The file of a task that is done at once."""
    content: bytes = ask("GET", result_url(ask, url, ask("POST", url + path, body))).content
    return content


def result_url(ask: Any, url: str, answer: Any) -> str:
    """The URL of the result of a task that is done at once."""
    found: str = creations(ask, url, answer.json["task_id"]).json["creations"][0]["url"]
    return found


def test_a_result_may_differ_from_its_order_and_its_answers_do_not(broken: Any, ask: Any) -> None:
    fault = {"fault": "other_result", "seconds": 1, "silent": True, "aspect_ratio": "1:1"}
    url = broken({**fault, "resolution": "360p"}, time_scale=0)
    answer = ask("POST", url + "/ent/v2/text2video", CLIP)
    echo = answer.json
    assert (echo["duration"], echo["aspect_ratio"], echo["bgm"]) == (2, "16:9", True)
    content = ask("GET", result_url(ask, url, answer)).content
    with av.open(io.BytesIO(content), "r") as film:
        assert film.duration == av.time_base
        assert not film.streams.audio
        assert (film.streams.video[0].width, film.streams.video[0].height) == (360, 360)


def test_a_picture_may_have_another_shape(broken: Any, ask: Any) -> None:
    url = broken({"fault": "other_result", "aspect_ratio": "9:16", "seconds": 3}, time_scale=0)
    with Image.open(io.BytesIO(delivered(ask, url, SUBMIT, PICTURE))) as picture:
        assert picture.size == (1080, 1920)


def test_a_file_may_be_cut_before_it_is_sent(broken: Any, ask: Any) -> None:
    url = broken({"fault": "cut_file", "bytes": 100, "nth": 1}, time_scale=0)
    address = result_url(ask, url, ask("POST", url + SUBMIT, PICTURE))
    cut, whole = ask("GET", address), ask("GET", address)
    assert (cut.status, cut.headers["content-length"]) == (200, "100")
    assert cut.content == whole.content[:100]


@pytest.mark.parametrize(
    ("path", "body"), [(SUBMIT, PICTURE), ("/ent/v2/text2video", {**CLIP, "duration": 1})]
)
def test_a_file_may_carry_marks_and_is_still_read(
    broken: Any, ask: Any, path: str, body: Any
) -> None:
    marks = ["aigc", "c2pa", "iptc"]
    url = broken({"fault": "marks", "marks": marks}, time_scale=0)
    content = delivered(ask, url, path, body)
    assert b"AIGC" in content
    assert b"trainedAlgorithmicMedia" in content
    assert b"jumb" in content
    if content.startswith(b"\x89PNG"):
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            assert "AIGC" in picture.info
    else:
        with av.open(io.BytesIO(content), "r") as film:
            assert sum(1 for _ in film.decode(video=0)) == 24
