"""An emulator with a fault script, and a plain client for both APIs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from runner.emulator.faults.script import parse_faults

SUBMIT = "/ent/v2/reference2image"
VIDEO = "/v1/tasks/submit"
PICTURE = {"model": "viduq2", "prompt": "a boat", "seed": "5"}
FILM = {
    "model": "viduq2",
    "input": {"prompt": "a boat", "images": ["https://example.com/cat.png"]},
    "parameters": {"vidu_type": "reference2video", "duration": 1, "resolution": "540p"},
}
BOTH = [pytest.param(SUBMIT, PICTURE, id="vidu"), pytest.param(VIDEO, FILM, id="modelverse")]
"""A submission to each API: path and body."""


@pytest.fixture(name="ask")
def ask_either(ask: Any) -> Callable[..., Any]:
    """One request to either API, with a key in the form that both take."""
    return partial(ask, key="Bearer k")


@pytest.fixture(autouse=True)
def no_warning(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No fault makes the server log a warning."""
    with caplog.at_level(logging.WARNING):
        yield
    assert [record.getMessage() for record in caplog.records] == []


@pytest.fixture
def broken(start: Callable[..., str]) -> Callable[..., str]:
    """Starts an emulator with these entries as its script; returns its URL."""

    def started(*entries: dict[str, Any], **options: Any) -> str:
        return start(faults=parse_faults(entries), **options)

    return started


def report(ask: Any, url: str) -> Any:
    """What the emulator's log contains."""
    return ask("GET", url + "/_emulator/requests").json


def submissions(ask: Any, url: str) -> list[Any]:
    """The submissions in the emulator's log."""
    found: list[Any] = report(ask, url)["submissions"]
    return found


def make_task(ask: Any, url: str, **body: Any) -> str:
    """Submit a picture; returns the id of its task."""
    found: str = ask("POST", url + SUBMIT, {**PICTURE, **body}).json["task_id"]
    return found


def creations(ask: Any, url: str, task_id: str) -> Any:
    """Ask for the state of a picture's task."""
    return ask("GET", f"{url}/ent/v2/tasks/{task_id}/creations")


def file_url(ask: Any, url: str, clock: Any, **body: Any) -> str:
    """Submit a picture and wait for it; returns the URL of its file."""
    task_id = make_task(ask, url, **body)
    clock.forward(60)
    found: str = creations(ask, url, task_id).json["creations"][0]["url"]
    return found
