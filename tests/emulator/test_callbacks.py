from __future__ import annotations

import base64
import hashlib
import hmac
import json
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time_ns
from typing import Any

import pytest

SUBMIT = "/ent/v2/reference2image"
SAMPLE = {"model": "viduq2", "prompt": "猫", "payload": "tag"}


@dataclass
class Receiver:
    """What a user's server receives."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: queue.Queue[tuple[str, Message, Any]] = field(default_factory=queue.Queue)

    def next(self) -> tuple[str, Message, Any]:
        return self.got.get(timeout=20)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            status = receiver.answers.pop(0) if receiver.answers else 200
            # Recorded before the answer: after it the next callback may come, in another thread.
            receiver.got.put((self.path, self.headers, json.loads(content)))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    yield receiver
    server.shutdown()
    thread.join()
    server.server_close()


def signature(key: str, path: str, query: str, headers: Message) -> str:
    """As the vendor's public documentation describes it, independently of the emulator."""
    text = f"POST\n{path}\n{query}\nvidu\n{headers['Date']}\n"
    for name in headers["X-HMAC-SIGNED-HEADERS"].split(";"):
        text += f"{name}:{headers[name]}\n"
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256)
    return base64.b64encode(digest.digest()).decode()


def test_changes_are_reported_and_signed(start: Any, ask: Any, receiver: Receiver) -> None:
    url = start(now_ns=time_ns, time_scale=0.01)
    hook = f"{receiver.url}/hook/%E7%8C%AB?a=1&b=%2F"
    body = {**SAMPLE, "callback_url": hook}
    made = ask("POST", url + SUBMIT, body, key="Token the-key").json
    assert made["callback_url"] == hook
    states = []
    for _ in range(2):
        target, headers, sent = receiver.next()
        path, _, query = target.partition("?")
        assert headers["X-HMAC-SIGNATURE"] == signature("the-key", path, query, headers)
        assert headers["X-HMAC-ALGORITHM"] == "hmac-sha256"
        assert headers["X-HMAC-ACCESS-KEY"] == "vidu"
        assert headers["X-HMAC-SIGNED-HEADERS"] == "Date;x-request-nonce"
        assert headers["Date"].endswith("GMT")
        assert parsedate_to_datetime(headers["Date"])
        assert sent["payload"] == "tag"
        assert sent["status"] == sent["state"]
        states.append(sent["state"])
    assert states == ["processing", "success"]
    assert ask("GET", sent["creations"][0]["url"], key=None).status == 200
    query_answer = ask("GET", f"{url}/ent/v2/tasks/{made['task_id']}/creations").json
    assert set(sent) ^ set(query_answer) == {"status", "id"}


def test_the_end_is_reported_up_to_three_times(start: Any, ask: Any, receiver: Receiver) -> None:
    url = start(now_ns=time_ns, time_scale=0.001)
    receiver.answers += [500, 500, 302, 500]
    ask("POST", url + SUBMIT, {**SAMPLE, "callback_url": receiver.url})
    assert [receiver.next()[2]["state"] for _ in range(4)] == ["processing", *["success"] * 3]
    receiver.answers += [200, 503]
    ask("POST", url + SUBMIT, {**SAMPLE, "callback_url": receiver.url + "/"})
    assert [receiver.next()[2]["state"] for _ in range(3)] == ["processing", "success", "success"]


def test_a_cancelled_task_is_reported_as_failed(start: Any, ask: Any, receiver: Receiver) -> None:
    url = start(now_ns=time_ns, time_scale=100)
    task_id = ask("POST", url + SUBMIT, {**SAMPLE, "callback_url": receiver.url}).json["task_id"]
    assert ask("POST", f"{url}/ent/v2/tasks/{task_id}/cancel").status == 200
    sent = receiver.next()[2]
    assert (sent["state"], sent["err_code"]) == ("failed", "UserCancelled")


@pytest.mark.parametrize(
    "hook", ["http://127.0.0.1:1/", "http://nothing.invalid/x", "http://\u3002/", "http://a..b/"]
)
def test_a_missing_receiver_has_no_effect(start: Any, ask: Any, hook: str) -> None:
    url = start(now_ns=time_ns, time_scale=0.0)
    task_id = ask("POST", url + SUBMIT, {**SAMPLE, "callback_url": hook}).json["task_id"]
    answer = ask("GET", f"{url}/ent/v2/tasks/{task_id}/creations")
    assert answer.json["state"] == "success"
