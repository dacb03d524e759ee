from __future__ import annotations

import json
import socket
import time
import zlib
from collections.abc import Iterable
from http.client import IncompleteRead, RemoteDisconnected
from typing import Any

import pytest

from runner.emulator.api.errors import MODELVERSE, VIDU
from tests.emulator.faults.conftest import (
    BOTH,
    FILM,
    PICTURE,
    SUBMIT,
    VIDEO,
    creations,
    file_url,
    make_task,
    submissions,
)


def each_once(reasons: Iterable[str]) -> list[dict[str, Any]]:
    """Entries that answer one request after the other with these reasons."""
    numbered = enumerate(reasons, 1)
    return [{"fault": "error", "reason": reason, "nth": number} for number, reason in numbered]


def test_vidus_reasons_have_its_format(broken: Any, ask: Any) -> None:
    url = broken(*each_once(VIDU))
    for reason, status in VIDU.items():
        answer = ask("POST", url + SUBMIT, PICTURE)
        assert answer.status == status
        assert set(answer.json) == {"code", "reason", "message", "metadata"}
        assert (answer.json["code"], answer.json["reason"]) == (status, reason)
        assert "retry-after" not in answer.headers
        row = submissions(ask, url)[-1]
        assert (row["outcome"], row["status"], row["task_id"]) == (reason, status, None)


def test_modelverses_codes_have_its_format(broken: Any, ask: Any) -> None:
    url = broken(*each_once(MODELVERSE))
    for reason, status in MODELVERSE.items():
        answer = ask("POST", url + VIDEO, FILM)
        code = {"permission_error": "forbidden"}.get(reason, reason)
        assert (answer.status, answer.json["error"]["code"]) == (status, code)
        assert submissions(ask, url)[-1]["outcome"] == reason


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
def test_a_reason_is_translated_for_the_other_api(
    broken: Any, ask: Any, entry: Any, vidu: str, modelverse: str
) -> None:
    url = broken({"fault": "error", **entry})
    assert ask("POST", url + SUBMIT, PICTURE).json["reason"] == vidu
    assert ask("POST", url + VIDEO, FILM).json["error"]["code"] == modelverse


@pytest.mark.parametrize("reason", ["QuotaExceeded", "TooManyRequests", "SystemThrottling"])
def test_a_429_has_retry_after_and_the_message(broken: Any, ask: Any, reason: str) -> None:
    url = broken({"fault": "error", "reason": reason, "retry_after": 2, "message": "easy"})
    answer = ask("POST", url + SUBMIT, PICTURE)
    assert (answer.status, answer.headers["retry-after"]) == (429, "2")
    assert answer.json["message"] == "easy"


def test_a_200_may_contain_an_error(broken: Any, ask: Any) -> None:
    url = broken({"fault": "error", "status": 200, "reason": "CreditInsufficient"})
    answer = ask("POST", url + SUBMIT, PICTURE)
    assert (answer.status, answer.json["code"]) == (200, 400)
    assert submissions(ask, url)[0]["task_id"] is None


def test_an_error_of_a_file_is_plain_text(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"on": "files", "fault": "error", "status": 500})
    answer = ask("GET", file_url(ask, url, clock), key=None)
    assert (answer.status, answer.headers["content-type"]) == (500, "text/plain; charset=utf-8")


@pytest.mark.parametrize(("path", "body"), BOTH)
@pytest.mark.parametrize("entry", [{}, {"text": "{"}, {"status": 502}, {"text": "NaN"}])
def test_a_body_is_not_json(broken: Any, ask: Any, path: str, body: Any, entry: Any) -> None:
    url = broken({"fault": "not_json", **entry})
    answer = ask("POST", url + path, body)
    assert answer.status == entry.get("status", 200)
    assert answer.content.decode() == entry.get("text", answer.content.decode())
    assert submissions(ask, url)[0]["outcome"] == "accepted"


def test_a_body_is_empty(broken: Any, ask: Any) -> None:
    url = broken({"fault": "empty"})
    answer = ask("POST", url + SUBMIT, PICTURE)
    assert (answer.status, answer.content) == (200, b"")


def test_fields_are_dropped_wherever_they_are(broken: Any, ask: Any) -> None:
    url = broken({"fault": "drop", "fields": ["task_id", "seed"]})
    assert {"task_id", "seed"} & set(ask("POST", url + SUBMIT, PICTURE).json) == set()
    assert ask("POST", url + VIDEO, FILM).json["output"] == {}
    assert [row["outcome"] for row in submissions(ask, url)] == ["accepted"] * 2


def test_fields_are_replaced_or_added(broken: Any, ask: Any) -> None:
    url = broken({"fault": "set", "fields": {"credits": "six", "new": [1], "task_id": 7}})
    body = ask("POST", url + SUBMIT, PICTURE).json
    assert (body["credits"], body["new"], body["task_id"]) == ("six", [1], 7)
    assert ask("POST", url + VIDEO, FILM).json["output"]["task_id"] == 7
    assert ask("GET", url + "/ent/v2/credits").json["new"] == [1]


@pytest.mark.parametrize("state", ["paused", "processing", "failed", "success"])
def test_a_response_reports_another_state(broken: Any, ask: Any, clock: Any, state: str) -> None:
    url = broken({"fault": "state", "state": state})
    task_id = make_task(ask, url)
    video = ask("POST", url + VIDEO, FILM).json["output"]["task_id"]
    clock.forward(60)
    body = creations(ask, url, task_id).json
    assert (body["state"], len(body["creations"])) == (state, int(state == "success"))
    body = ask("GET", f"{url}/v1/tasks/status?task_id={video}").json
    names = {"processing": "Running", "failed": "Failure", "success": "Success"}
    assert body["output"]["task_status"] == names.get(state, state)
    assert ("urls" in body["output"]) == (state == "success")
    assert ("usage" in body) == (state in {"failed", "success"})


def test_a_field_may_be_set_to_anything(broken: Any, ask: Any) -> None:
    url = broken({"on": "vidu.credits", "fault": "set", "fields": {"tasks": 5}})
    assert ask("GET", url + "/ent/v2/credits").json["tasks"] == 5


def test_a_state_may_be_set_to_anything(broken: Any, ask: Any) -> None:
    url = broken({"on": "vidu.creations", "fault": "set", "fields": {"state": ["done"]}})
    assert creations(ask, url, make_task(ask, url)).json["state"] == ["done"]


def test_an_error_has_no_state_to_change(broken: Any, ask: Any) -> None:
    url = broken({"fault": "state", "state": "paused"})
    assert creations(ask, url, "1").json["reason"] == "TaskNotFound"


def test_fields_of_rows_are_dropped(broken: Any, ask: Any) -> None:
    url = broken({"on": "vidu.list", "fault": "drop", "fields": ["payload", "state"]})
    make_task(ask, url, payload="tag")
    [row] = ask("GET", url + "/ent/v2/tasks").json["tasks"]
    assert {"payload", "state"} & set(row) == set()
    assert row["prompt"] == "a boat"


def test_a_file_is_an_html_page(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "wrong_type"})
    answer = ask("GET", file_url(ask, url, clock), key=None)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html")
    assert answer.content.startswith(b"<!DOCTYPE")


@pytest.mark.parametrize(("path", "body"), BOTH)
@pytest.mark.parametrize(
    ("entry", "accepted"),
    [
        ({"fault": "cut_before"}, False),
        ({"fault": "cut_after"}, True),
        ({"fault": "cut_before", "body": False}, False),
    ],
    ids=str,
)
def test_a_cut_connection_is_reset(
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
    if "body" not in entry:
        assert lost["untagged"] == good["untagged"]


def test_not_http_sends_other_bytes(broken: Any, ask: Any) -> None:
    url = broken({"fault": "not_http", "on": "vidu.submit"})
    port = int(url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as wire:
        content = json.dumps(PICTURE).encode()
        head = f"POST {SUBMIT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n\r\n"
        wire.sendall(head.encode() + content)
        assert wire.makefile("rb").read().startswith(b"SSH")
    assert submissions(ask, url)[0]["outcome"] == "lost"


def test_a_dripping_body_is_whole_in_the_end(broken: Any, ask: Any) -> None:
    url = broken({"on": "vidu.credits", "fault": "drip", "pause_s": 0.001, "bytes": 3})
    assert ask("GET", url + "/ent/v2/credits").json["remains"]


@pytest.mark.parametrize("size", [{}, {"bytes": 0}, {"bytes": 10}, {"bytes": 10**6}])
def test_a_truncated_body_ends_early(broken: Any, ask: Any, size: Any) -> None:
    url = broken({"on": "vidu.submit", "fault": "truncate", **size})
    with pytest.raises(IncompleteRead) as caught:
        ask("POST", url + SUBMIT, PICTURE)
    got = len(caught.value.partial)
    if "bytes" in size and size["bytes"] < 100:
        assert got == size["bytes"]
    assert caught.value.expected
    assert submissions(ask, url)[0]["outcome"] == "accepted"


def test_a_huge_body_is_as_long_as_asked_for(broken: Any, ask: Any) -> None:
    url = broken({"on": "vidu.credits", "fault": "huge", "bytes": 300_000})
    answer = ask("GET", url + "/ent/v2/credits")
    assert len(answer.content) == 300_000
    assert set(answer.json) == {"task_id"}


def test_a_huge_body_ends_when_the_client_leaves(broken: Any, ask: Any) -> None:
    url = broken({"on": "vidu.credits", "fault": "huge", "bytes": 10**13, "times": 1})
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as wire:
        wire.sendall(b"GET /ent/v2/credits HTTP/1.1\r\nHost: x\r\nAuthorization: Token k\r\n\r\n")
        assert wire.recv(1000)
    assert ask("GET", url + "/ent/v2/credits").json["remains"]


def test_a_file_is_truncated(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"on": "files", "fault": "truncate", "bytes": 100, "match": {"prompt": "boat"}})
    with pytest.raises(IncompleteRead) as caught:
        ask("GET", file_url(ask, url, clock), key=None)
    assert len(caught.value.partial) == 100
    assert ask("GET", file_url(ask, url, clock, prompt="a cat"), key=None).status == 200


def test_a_file_has_another_length_than_announced(broken: Any, ask: Any, clock: Any) -> None:
    url = broken(
        {"fault": "wrong_length", "by": 100, "nth": 1},
        {"fault": "wrong_length", "by": -100, "nth": 2},
    )
    path = file_url(ask, url, clock)
    with pytest.raises(IncompleteRead) as caught:
        ask("GET", path, key=None)
    assert caught.value.expected == 100
    short = ask("GET", path, key=None)
    whole = ask("GET", path, key=None)
    assert short.content == whole.content[:-100]
    assert len(caught.value.partial) == len(whole.content)


def test_a_file_is_slow_and_drips(broken: Any, ask: Any, clock: Any) -> None:
    url = broken(
        {"on": "files", "fault": "slow", "delay_s": 0.2, "nth": 1},
        {"on": "files", "fault": "drip", "bytes": 4096, "pause_s": 0.001, "nth": 2},
    )
    path = file_url(ask, url, clock)
    begun = time.monotonic()
    got = [ask("GET", path, key=None).content for _ in range(3)]
    assert time.monotonic() - begun >= 0.2
    assert got[0] == got[1] == got[2]


def test_the_refusal_of_a_file_drips_too(broken: Any, ask: Any) -> None:
    url = broken({"on": "files", "fault": "drip", "pause_s": 0})
    answer = ask("GET", url + "/files/1/creation.png")
    assert (answer.status, answer.content) == (403, b"SignatureDoesNotMatch")


def test_a_header_may_be_large(broken: Any, ask: Any) -> None:
    url = broken({"fault": "header", "name": "X-Policy", "bytes": 9_500})
    answer = ask("POST", url + SUBMIT, PICTURE)
    assert (answer.status, len(answer.headers["x-policy"])) == (200, 9_500)


@pytest.mark.parametrize("on", ["vidu.submit", "files"])
def test_a_length_may_come_twice(broken: Any, ask: Any, clock: Any, on: str) -> None:
    url = broken({"on": on, "fault": "header", "name": "Content-Length"})
    port = int(url.rpartition(":")[2])
    path = file_url(ask, url, clock) if on == "files" else f"{url}{SUBMIT}"
    content = b"" if on == "files" else json.dumps(PICTURE).encode()
    with socket.create_connection(("127.0.0.1", port)) as wire:
        method = "GET" if on == "files" else "POST"
        head = f"{method} {path.removeprefix(url)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        head += f"Authorization: Bearer k\r\nContent-Length: {len(content)}\r\n\r\n"
        wire.sendall(head.encode() + content)
        got = wire.makefile("rb").read().partition(b"\r\n\r\n")
    lines = [line for line in got[0].split(b"\r\n") if line.startswith(b"Content-Length")]
    assert lines == [f"Content-Length: {len(got[2])}".encode()] * 2


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_body_is_compressed(broken: Any, ask: Any, encoding: str, *, declared: bool) -> None:
    entry = {"fault": "compressed", "encoding": encoding, "declared": declared}
    answer = ask("POST", broken(entry) + SUBMIT, PICTURE)
    assert answer.headers.get("content-encoding") == (encoding if declared else None)
    assert b"task_id" in zlib.decompress(answer.content, wbits=47)


def test_a_file_has_another_status(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"on": "files", "fault": "status", "status": 203})
    answer = ask("GET", file_url(ask, url, clock), key=None)
    assert (answer.status, answer.content[:4]) == (203, b"\x89PNG")


def test_a_task_has_several_results(broken: Any, ask: Any, clock: Any) -> None:
    url = broken({"fault": "several", "count": 3})
    task_id = make_task(ask, url)
    assert creations(ask, url, task_id).json["creations"] == []
    clock.forward(60)
    assert len(creations(ask, url, task_id).json["creations"]) == 3
