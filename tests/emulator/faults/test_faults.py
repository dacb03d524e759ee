from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from http.client import IncompleteRead, RemoteDisconnected
from typing import Any

import pytest

from runner.emulator.api.errors import ERR_CODES, MODELVERSE, VIDU

SUBMIT = "/ent/v2/reference2image"
VIDEO = "/v1/tasks/submit"
PICTURE = {"model": "viduq2", "prompt": "a boat", "seed": "5"}
FILM = {
    "model": "viduq2",
    "input": {"prompt": "a boat", "images": ["https://example.com/cat.png"]},
    "parameters": {"vidu_type": "reference2video", "duration": 1, "resolution": "540p"},
}
BOTH = [(SUBMIT, PICTURE), (VIDEO, FILM)]
BOTH_IDS = ["vidu", "modelverse"]


@pytest.fixture(name="ask")
def ask_both(ask: Any) -> Callable[..., Any]:
    """Asks either API, with a key in the form that both take."""
    return partial(ask, key="Bearer k")


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Any:
    """No fault is a defect of the server."""
    with caplog.at_level(logging.WARNING):
        yield
    assert [record.getMessage() for record in caplog.records] == []


@pytest.fixture
def broken(start: Callable[..., str]) -> Callable[..., str]:
    """Starts an emulator with these entries as its script."""

    def started(*entries: dict[str, Any], **options: Any) -> str:
        return start(faults=list(entries), **options)

    return started


def seen(ask: Any, url: str) -> Any:
    return ask("GET", url + "/_emulator/requests").json


def submissions(ask: Any, url: str) -> list[Any]:
    found: list[Any] = seen(ask, url)["submissions"]
    return found


def made(ask: Any, url: str, **body: Any) -> str:
    found: str = ask("POST", url + SUBMIT, {**PICTURE, **body}).json["task_id"]
    return found


def creations(ask: Any, url: str, task_id: str) -> Any:
    return ask("GET", f"{url}/ent/v2/tasks/{task_id}/creations")


def link(ask: Any, url: str, clock: Any, **body: Any) -> str:
    """The URL of a finished task's file."""
    task_id = made(ask, url, **body)
    clock.forward(60)
    found: str = creations(ask, url, task_id).json["creations"][0]["url"]
    return found


# ---------------------------------------------------------------------------------- connections


@pytest.mark.parametrize(("path", "body"), BOTH, ids=BOTH_IDS)
@pytest.mark.parametrize(
    ("entry", "accepted"),
    [
        ({"fault": "cut_before"}, False),
        ({"fault": "cut_after"}, True),
        ({"fault": "outage", "cut": True}, False),
        ({"fault": "cut_before", "body": False}, False),
    ],
    ids=str,
)
def test_a_cut_connection_is_reset_and_what_was_made_is_counted(
    broken: Any, ask: Any, path: str, body: Any, entry: Any, *, accepted: bool
) -> None:
    url = broken({**entry, "times": 1})
    with pytest.raises((ConnectionResetError, RemoteDisconnected)):
        ask("POST", url + path, body)
    assert ask("POST", url + path, body).status == 200
    lost, good = submissions(ask, url)
    assert (lost["status"], lost["fault"]) == (0, entry["fault"])
    assert lost["outcome"] == ("accepted" if accepted else "lost")
    assert (lost["task_id"] is not None) is accepted
    assert (good["outcome"], good["fault"], good["status"]) == ("accepted", "", 200)
    if "body" not in entry and "cut" not in entry:
        assert lost["untagged"] == good["untagged"]


def test_an_outage_lasts_for_its_time_and_spares_nobody(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "outage", "from_s": 2, "for_s": 10})
    task_id = made(ask, url)
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


def test_an_answer_that_is_no_http(broken: Any, ask: Any) -> None:
    url = broken({"fault": "not_http", "on": "vidu.submit"})
    port = int(url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as wire:
        content = json.dumps(PICTURE).encode()
        head = f"POST {SUBMIT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n\r\n"
        wire.sendall(head.encode() + content)
        assert wire.makefile("rb").read().startswith(b"SSH")
    assert submissions(ask, url)[0]["outcome"] == "lost"


# --------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("reason", list(VIDU))
def test_every_reason_of_vidu_comes_in_its_form(broken: Any, ask: Any, reason: str) -> None:
    url = broken({"on": "vidu.submit", "fault": "error", "reason": reason})
    answer = ask("POST", url + SUBMIT, PICTURE)
    assert answer.status == VIDU[reason]
    assert set(answer.json) == {"code", "reason", "message", "metadata"}
    assert (answer.json["code"], answer.json["reason"]) == (VIDU[reason], reason)
    assert "retry-after" not in answer.headers
    [row] = submissions(ask, url)
    assert (row["outcome"], row["status"], row["task_id"]) == (reason, VIDU[reason], None)


@pytest.mark.parametrize("reason", list(MODELVERSE))
def test_every_code_of_modelverse_comes_in_its_form(broken: Any, ask: Any, reason: str) -> None:
    url = broken({"on": "modelverse.submit", "fault": "error", "reason": reason})
    answer = ask("POST", url + VIDEO, FILM)
    assert answer.status == MODELVERSE[reason]
    assert answer.json["error"]["code"] == reason
    assert submissions(ask, url)[0]["outcome"] == reason


@pytest.mark.parametrize(
    ("entry", "vidu", "modelverse"),
    [
        ({"reason": "QuotaExceeded"}, "QuotaExceeded", "rate_limit"),
        ({"reason": "rate_limit"}, "TooManyRequests", "rate_limit"),
        ({"reason": "AuditSubmitIllegal"}, "AuditSubmitIllegal", "sensitive_check_error"),
        ({"reason": "invalid_messages"}, "AuditSubmitIllegal", "invalid_messages"),
        ({"status": 402}, "CreditInsufficient", "param_error"),
        ({"status": 502}, "InternalServiceFailure", "internal_error"),
        ({"status": 504}, "InternalServiceFailure", "gateway_timeout_error"),
        ({"status": 418, "reason": "Tea", "undocumented": True}, "Tea", "Tea"),
    ],
)
def test_one_entry_for_both_apis_speaks_the_language_of_each(
    broken: Any, ask: Any, entry: Any, vidu: str, modelverse: str
) -> None:
    url = broken({"fault": "error", **entry})
    assert ask("POST", url + SUBMIT, PICTURE).json["reason"] == vidu
    assert ask("POST", url + VIDEO, FILM).json["error"]["code"] == modelverse


@pytest.mark.parametrize("reason", ["QuotaExceeded", "TooManyRequests", "SystemThrottling"])
def test_a_429_may_say_when_to_come_back(broken: Any, ask: Any, reason: str) -> None:
    url = broken({"fault": "error", "reason": reason, "retry_after": 2, "message": "easy"})
    answer = ask("POST", url + SUBMIT, PICTURE)
    assert (answer.status, answer.headers["retry-after"]) == (429, "2")
    assert answer.json["message"] == "easy"


@pytest.mark.parametrize(("path", "body"), BOTH, ids=BOTH_IDS)
@pytest.mark.parametrize("status", [500, 504])
def test_an_error_may_come_although_the_task_is_made(
    broken: Any, ask: Any, path: str, body: Any, status: int
) -> None:
    url = broken({"fault": "error", "status": status, "when": "after"})
    assert ask("POST", url + path, body).status == status
    [row] = submissions(ask, url)
    assert (row["outcome"], row["status"]) == ("accepted", status)


def test_a_200_may_carry_an_error(broken: Any, ask: Any) -> None:
    url = broken({"fault": "error", "status": 200, "reason": "CreditInsufficient"})
    answer = ask("POST", url + SUBMIT, PICTURE)
    assert (answer.status, answer.json["code"]) == (200, 400)
    assert submissions(ask, url)[0]["task_id"] is None


def test_an_error_of_a_file_is_plain_text(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"on": "files", "fault": "error", "status": 500})
    answer = ask("GET", link(ask, url, clock), key=None)
    assert (answer.status, answer.headers["content-type"]) == (500, "text/plain")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_leads_elsewhere(broken: Any, ask: Any, status: int) -> None:
    url = broken({"fault": "redirect", "status": status, "times": 1})
    answer = ask("POST", url + SUBMIT, PICTURE)
    assert (answer.status, answer.headers["location"]) == (status, f"{url}/moved{SUBMIT}")
    assert ask("GET", answer.headers["location"]).status == 404
    assert submissions(ask, url)[0]["outcome"] == "redirect"


def test_a_redirect_leads_where_the_script_says(broken: Any, ask: Any) -> None:
    url = broken({"fault": "redirect", "location": "https://evil.example/"})
    assert ask("GET", url + "/ent/v2/credits").headers["location"] == "https://evil.example/"


# -------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_slow_answer_is_right_and_what_it_made_is_counted_at_once(
    broken: Any, ask: Any, when: str
) -> None:
    url = broken({"on": "vidu.submit", "fault": "slow", "delay_s": 0.5, "when": when})
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(ask("POST", url + SUBMIT, PICTURE)))
    begun = time.monotonic()
    thread.start()
    until = begun + 10
    while not seen(ask, url)["faults"] and time.monotonic() < until:
        pass
    waiting = [row["status"] for row in submissions(ask, url)]
    thread.join()
    assert time.monotonic() - begun >= 0.5
    assert found[0].status == 200
    assert waiting == ([0] if when == "after" else [])
    assert [row["status"] for row in submissions(ask, url)] == [200]


def test_a_dripping_answer_is_whole_in_the_end(broken: Any, ask: Any) -> None:
    url = broken({"on": "vidu.credits", "fault": "drip", "pause_s": 0.001, "bytes": 3})
    assert ask("GET", url + "/ent/v2/credits").json["remains"]


@pytest.mark.parametrize("size", [{}, {"bytes": 0}, {"bytes": 10}, {"bytes": 10**6}])
def test_a_truncated_answer_ends_early(broken: Any, ask: Any, size: Any) -> None:
    url = broken({"on": "vidu.submit", "fault": "truncate", **size})
    with pytest.raises(IncompleteRead) as caught:
        ask("POST", url + SUBMIT, PICTURE)
    got = len(caught.value.partial)
    if "bytes" in size and size["bytes"] < 100:
        assert got == size["bytes"]
    assert caught.value.expected
    assert submissions(ask, url)[0]["outcome"] == "accepted"


@pytest.mark.parametrize(("path", "body"), BOTH, ids=BOTH_IDS)
@pytest.mark.parametrize("entry", [{}, {"text": "{"}, {"status": 502}, {"text": "NaN"}])
def test_an_answer_that_is_no_json(broken: Any, ask: Any, path: str, body: Any, entry: Any) -> None:
    url = broken({"fault": "not_json", **entry})
    answer = ask("POST", url + path, body)
    assert answer.status == entry.get("status", 200)
    assert answer.content.decode() == entry.get("text", answer.content.decode())
    assert submissions(ask, url)[0]["outcome"] == "accepted"


def test_an_empty_answer(broken: Any, ask: Any) -> None:
    url = broken({"fault": "empty"})
    answer = ask("POST", url + SUBMIT, PICTURE)
    assert (answer.status, answer.content) == (200, b"")


def test_a_huge_answer_is_as_long_as_asked_for(broken: Any, ask: Any) -> None:
    url = broken({"on": "vidu.credits", "fault": "huge", "bytes": 300_000})
    answer = ask("GET", url + "/ent/v2/credits")
    assert len(answer.content) == 300_000
    assert set(answer.json) == {"task_id"}


def test_an_answer_nobody_waits_for_ends(broken: Any, ask: Any) -> None:
    url = broken({"on": "vidu.credits", "fault": "huge", "bytes": 10**13, "times": 1})
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as wire:
        wire.sendall(b"GET /ent/v2/credits HTTP/1.1\r\nHost: x\r\nAuthorization: Token k\r\n\r\n")
        assert wire.recv(1000)
    assert ask("GET", url + "/ent/v2/credits").json["remains"]


def test_fields_are_dropped_wherever_they_stand(broken: Any, ask: Any) -> None:
    url = broken({"fault": "drop", "fields": ["task_id", "seed"]})
    assert {"task_id", "seed"} & set(ask("POST", url + SUBMIT, PICTURE).json) == set()
    assert ask("POST", url + VIDEO, FILM).json["output"] == {}
    assert [row["outcome"] for row in submissions(ask, url)] == ["accepted"] * 2


def test_fields_are_replaced_or_added(broken: Any, ask: Any) -> None:
    url = broken({"fault": "set", "fields": {"credits": "six", "new": [1], "task_id": 7}})
    told = ask("POST", url + SUBMIT, PICTURE).json
    assert (told["credits"], told["new"], told["task_id"]) == ("six", [1], 7)
    assert ask("POST", url + VIDEO, FILM).json["output"]["task_id"] == 7
    assert ask("GET", url + "/ent/v2/credits").json["new"] == [1]


# ---------------------------------------------------------------------------------------- tasks


def test_a_status_goes_back(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "goes_back", "times": 1})
    task_id = made(ask, url)
    states = [creations(ask, url, task_id).json["state"]]
    clock.forward(60)
    states += [creations(ask, url, task_id).json["state"] for _ in range(3)]
    assert states == ["created", "success", "processing", "success"]


def test_a_list_goes_back_for_the_tasks_it_means(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"on": "vidu.list", "fault": "goes_back", "match": {"prompt": "BOAT"}})
    for prompt in ("a boat", "a cat"):
        made(ask, url, prompt=prompt)
    clock.forward(60)
    told = []
    for _ in range(2):
        rows = ask("GET", url + "/ent/v2/tasks").json["tasks"]
        told.append({row["prompt"]: (row["state"], len(row["creations"])) for row in rows})
    assert set(told[0].values()) == {("success", 1)}
    assert told[1] == {"a boat": ("processing", 0), "a cat": ("success", 1)}


@pytest.mark.parametrize("state", ["paused", "processing", "failed", "success"])
def test_a_state_that_is_not_so_or_does_not_exist(
    broken: Any, ask: Any, clock: Any, state: str
) -> None:
    url = broken({"fault": "state", "state": state})
    task_id = made(ask, url)
    video = ask("POST", url + VIDEO, FILM).json["output"]["task_id"]
    clock.forward(60)
    told = creations(ask, url, task_id).json
    assert (told["state"], len(told["creations"])) == (state, int(state == "success"))
    body = ask("GET", f"{url}/v1/tasks/status?task_id={video}").json
    names = {"processing": "Running", "failed": "Failure", "success": "Success"}
    assert body["output"]["task_status"] == names.get(state, state)
    assert ("urls" in body["output"]) == (state == "success")
    assert ("usage" in body) == (state in {"failed", "success"})


def test_an_error_stays_one_whatever_state_is_to_be_told(broken: Any, ask: Any) -> None:
    url = broken({"fault": "state", "state": "paused"})
    assert creations(ask, url, "1").json["reason"] == "TaskNotFound"


def test_a_task_is_not_found_at_first(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "not_found", "match": {"younger_s": 5}})
    task_id = made(ask, url)
    video = ask("POST", url + VIDEO, FILM).json["output"]["task_id"]
    path = f"{url}/v1/tasks/status?task_id={video}"
    first = creations(ask, url, task_id)
    assert (first.status, first.json["reason"]) == (404, "TaskNotFound")
    assert ask("GET", path).json["error"]["code"] == "param_error"
    clock.forward(5)
    assert creations(ask, url, task_id).status == 200
    assert ask("GET", path).status == 200


def test_a_task_is_never_found_again(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"on": "vidu.creations", "fault": "not_found"})
    task_id = made(ask, url)
    clock.forward(10**6)
    assert creations(ask, url, task_id).status == 404


@pytest.mark.parametrize("code", ERR_CODES)
@pytest.mark.parametrize("refunded", [True, False])
def test_a_task_fails_with_a_code_and_perhaps_its_credits(
    broken: Any, ask: Any, clock: Any, code: str, *, refunded: bool
) -> None:
    url = broken(
        {"on": "vidu.submit", "fault": "fail_task", "err_code": code, "refunded": refunded}
    )
    answer = ask("POST", url + SUBMIT, PICTURE)
    assert (answer.status, answer.json["credits"]) == (200, 6)
    clock.forward(60)
    told = creations(ask, url, answer.json["task_id"]).json
    assert (told["state"], told["err_code"], told["creations"]) == ("failed", code, [])
    assert told["credits"] == (0 if refunded else 6)
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
def test_a_task_is_stuck_for_good(broken: Any, ask: Any, clock: Any, state: str) -> None:
    url = broken({"on": "vidu.submit", "fault": "stuck_task", "state": state})
    task_id = made(ask, url)
    clock.forward(10**7)
    assert creations(ask, url, task_id).json["state"] == state


def test_a_doomed_task_is_doomed_after_a_restart(
    broken: Any, start: Any, ask: Any, clock: Any, tmp_path: Any
) -> None:
    first = broken({"on": "vidu.submit", "fault": "fail_task"}, state_dir=tmp_path)
    task_id = made(ask, first)
    clock.forward(60)
    second = start(state_dir=tmp_path)
    told = creations(ask, second, task_id).json
    assert (told["state"], told["err_code"]) == ("failed", "InternalServiceFailure")
    assert submissions(ask, second)[0]["untagged"] == submissions(ask, first)[0]["untagged"]


# ---------------------------------------------------------------------------------------- lists


def test_a_list_without_payload_or_state(broken: Any, ask: Any) -> None:
    url = broken({"on": "vidu.list", "fault": "drop", "fields": ["payload", "state"]})
    made(ask, url, payload="tag")
    [row] = ask("GET", url + "/ent/v2/tasks").json["tasks"]
    assert {"payload", "state"} & set(row) == set()
    assert row["prompt"] == "a boat"


def test_an_empty_list_and_none_at_all(broken: Any, ask: Any) -> None:
    url = broken({"fault": "empty_list", "nth": 1}, {"fault": "no_list", "nth": 2})
    made(ask, url)
    answers = [ask("GET", url + "/ent/v2/tasks") for _ in range(3)]
    assert answers[0].json == {"tasks": [], "next_page_token": ""}
    assert (answers[1].status, answers[1].json["reason"]) == (404, "NotFound")
    assert len(answers[2].json["tasks"]) == 1


def test_a_stale_list_lags(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "stale_list", "lag_s": 30})
    first = made(ask, url)
    clock.forward(29)
    assert ask("GET", url + "/ent/v2/tasks").json["tasks"] == []
    clock.forward(1)
    made(ask, url, prompt="a cat")
    [row] = ask("GET", url + "/ent/v2/tasks").json["tasks"]
    assert (row["id"], row["state"]) == (first, "created")


@pytest.mark.parametrize("fault", ["stale_list", "empty_list", "drop"])
def test_a_wrong_question_for_a_list_is_refused_all_the_same(
    broken: Any, ask: Any, fault: str
) -> None:
    needed: dict[str, Any] = {"stale_list": {"lag_s": 5}, "drop": {"fields": ["x"]}}
    more = needed.get(fault, {})
    url = broken({"on": "vidu.list", "fault": fault, **more})
    assert ask("GET", url + "/ent/v2/tasks?states=done").json["reason"] == "FieldInvalid"


# ---------------------------------------------------------------------------------------- files


def test_a_file_is_cut(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"on": "files", "fault": "truncate", "bytes": 100, "match": {"prompt": "boat"}})
    with pytest.raises(IncompleteRead) as caught:
        ask("GET", link(ask, url, clock), key=None)
    assert len(caught.value.partial) == 100
    assert ask("GET", link(ask, url, clock, prompt="a cat"), key=None).status == 200


def test_a_file_is_silently_shorter(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "shorten", "bytes": 100})
    answer = ask("GET", link(ask, url, clock), key=None)
    assert (answer.headers["content-length"], len(answer.content)) == ("100", 100)


def test_a_file_is_announced_longer_or_shorter_than_it_is(
    broken: Any, ask: Any, clock: Any
) -> None:
    url = broken(
        {"fault": "wrong_length", "by": 100, "nth": 1},
        {"fault": "wrong_length", "by": -100, "nth": 2},
    )
    path = link(ask, url, clock)
    with pytest.raises(IncompleteRead) as caught:
        ask("GET", path, key=None)
    assert caught.value.expected == 100
    short = ask("GET", path, key=None)
    whole = ask("GET", path, key=None)
    assert short.content == whole.content[:-100]
    assert len(caught.value.partial) == len(whole.content)


@pytest.mark.parametrize(
    ("kind", "media_type", "magic"),
    [
        ("html", "text/html", b"<!DOCTYPE"),
        ("png", "image/png", b"\x89PNG"),
        ("mp4", "video/mp4", b"\0\0\0\x18ftyp"),
        ("zeros", "application/octet-stream", bytes(8)),
    ],
)
def test_a_file_is_something_else(
    broken: Any, ask: Any, clock: Any, kind: str, media_type: str, magic: bytes
) -> None:
    url = broken({"fault": "wrong_type", "type": kind})
    answer = ask("GET", link(ask, url, clock), key=None)
    assert answer.headers["content-type"] == media_type
    assert answer.content.startswith(magic)


def test_a_file_is_slow_and_drips(broken: Any, ask: Any, clock: Any) -> None:
    url = broken(
        {"on": "files", "fault": "slow", "delay_s": 0.2, "nth": 1},
        {"on": "files", "fault": "drip", "bytes": 4096, "pause_s": 0.001, "nth": 2},
    )
    path = link(ask, url, clock)
    begun = time.monotonic()
    got = [ask("GET", path, key=None).content for _ in range(3)]
    assert time.monotonic() - begun >= 0.2
    assert got[0] == got[1] == got[2]


def test_an_expired_url_stays_so_and_a_fresh_one_works(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "expired", "times": 1})
    task_id = made(ask, url)
    clock.forward(60)
    old, fresh = (creations(ask, url, task_id).json["creations"][0]["url"] for _ in range(2))
    assert [ask("GET", old, key=None).status for _ in range(2)] == [403, 403]
    assert ask("GET", fresh, key=None).status == 200
    assert b"expired" in ask("GET", old, key=None).content


def test_every_url_is_expired(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "expired"})
    for _ in range(3):
        assert ask("GET", link(ask, url, clock), key=None).status == 403


def test_a_broken_answer_of_a_file_that_is_not_there(broken: Any, ask: Any) -> None:
    url = broken({"on": "files", "fault": "drip", "pause_s": 0})
    answer = ask("GET", url + "/files/1/creation.png")
    assert (answer.status, answer.content) == (403, b"SignatureDoesNotMatch")


# -------------------------------------------------------------------------------------- the log


def test_accepted_submissions_are_counted_whatever_their_tag(broken: Any, ask: Any) -> None:
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
def test_a_body_that_asks_for_nothing_has_a_digest_too(
    broken: Any, ask: Any, content: bytes
) -> None:
    url = broken({"fault": "cut_after", "match": {"prompt": "boat"}, "per": "task"})
    assert ask("POST", url + SUBMIT, raw=content).status == 400
    assert len(submissions(ask, url)[0]["untagged"]) == 64


def test_the_limit_of_a_body_holds_though_a_rule_looked_at_it(broken: Any, ask: Any) -> None:
    url = broken({"fault": "cut_after", "match": {"prompt": "boat"}})
    answer = ask("POST", url + SUBMIT, raw=b" " * (20 * 1024 * 1024 + 1))
    assert (answer.status, answer.json["reason"]) == (400, "BadRequest")


def test_which_rule_hit_what_is_told(broken: Any, ask: Any) -> None:
    url = broken({"fault": "empty", "nth": [2, 3]}, {"fault": "cut_after", "nth": 4})
    for _ in range(3):
        ask("GET", url + "/ent/v2/credits")
    with pytest.raises(ConnectionError):
        made(ask, url)
    assert seen(ask, url)["faults"] == [
        {"rule": 1, "fault": "empty", "on": "vidu.credits", "count": 2},
        {"rule": 2, "fault": "cut_after", "on": "vidu.submit", "count": 1},
    ]


def test_paths_that_no_api_has_are_left_alone(broken: Any, ask: Any) -> None:
    url = broken({"fault": "outage"})
    assert ask("GET", url + "/elsewhere").status == 404
    assert ask("PUT", url + SUBMIT).status == 405
    assert ask("GET", url + "/_emulator/requests").status == 200


def test_every_first_submission_of_a_request_may_go_wrong(broken: Any, ask: Any) -> None:
    url = broken({"on": "vidu.submit", "fault": "error", "status": 500, "nth": 1, "per": "task"})
    found: list[int] = []
    for prompt in ("a boat", "a cat", "a boat", "a cat"):
        body = {**PICTURE, "prompt": prompt, "payload": str(len(found))}
        found.append(ask("POST", url + SUBMIT, body).status)
    assert found == [500, 500, 200, 200]


def test_a_video_goes_back_too(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"on": "modelverse.status", "fault": "goes_back", "times": 1})
    task_id = ask("POST", url + VIDEO, FILM).json["output"]["task_id"]
    clock.forward(60)
    told = [ask("GET", f"{url}/v1/tasks/status?task_id={task_id}").json["output"] for _ in range(3)]
    assert [output["task_status"] for output in told] == ["Success", "Running", "Success"]
