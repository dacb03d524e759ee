"""A plain client and a manual clock, for tests that follow the API documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from runner.emulator.options import EmulatorOptions
from runner.emulator.server import run_emulator


@dataclass
class Clock:
    ns: int = 1_795_000_000_262_592_985

    def __call__(self) -> int:
        return self.ns

    def forward(self, seconds: float) -> None:
        self.ns += round(seconds * 1e9)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


def ask(
    method: str,
    url: str,
    body: Any = None,
    *,
    key: str | None = "Token test",
    raw: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """One request on a connection of its own; the URL goes out byte for byte."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    sent = dict(headers or {}) | ({"Authorization": key} if key is not None else {})
    content = raw if raw is not None else None if body is None else json.dumps(body).encode()
    target = url[len(f"{parts.scheme}://{parts.netloc}") :]
    try:
        connection.request(method, target, content, sent)
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, response.read())
    finally:
        connection.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start(clock: Clock) -> Iterator[Callable[..., str]]:
    """Starts an emulator on the test's clock and returns its URL."""
    with ExitStack() as stack:

        def started(**options: Any) -> str:
            chosen: dict[str, Any] = {"now_ns": clock, "concurrency": 1000, **options}
            return stack.enter_context(run_emulator(EmulatorOptions(**chosen)))

        yield started


@pytest.fixture
def url(start: Callable[..., str]) -> str:
    return start()


@pytest.fixture(name="ask")
def ask_fixture() -> Callable[..., Answer]:
    return ask
