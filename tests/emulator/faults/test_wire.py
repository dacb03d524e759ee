from __future__ import annotations

import json
import socket
import time
from http.client import IncompleteRead, RemoteDisconnected
from typing import Any

import pytest

from tests.emulator.faults.conftest import BOTH, PICTURE, SUBMIT, file_url, submissions


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
