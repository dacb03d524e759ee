"""Requests for ModelVerse's operations: a sample for each, and changes to it by the full name."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, TypeAlias

import pytest

from tests.emulator.operations.modelverse.families import hailuo, kling, seedance, veo, wan

URL = "https://example.com/cat.png"
VIDEO_URL = "https://example.com/clip.mp4"
SOUND_URL = "https://example.com/song.mp3"
SAMPLES: Mapping[str, dict[str, Any]] = {
    "text2video": {"model": "viduq2", "input": {"prompt": "a cat on a window sill"}},
    "img2video": {"model": "viduq2-pro", "input": {"first_frame_url": URL}},
    "start-end2video": {
        "model": "viduq2-pro",
        "input": {"first_frame_url": URL, "last_frame_url": URL},
    },
    "reference2video": {"model": "viduq2", "input": {"images": [URL], "prompt": "it dances"}},
    "extend": {"model": "viduq2-turbo", "input": {"video_url": VIDEO_URL}},
    "lip-sync": {
        "model": "vidu-lip-sync",
        "input": {"video_url": VIDEO_URL, "audio_url": SOUND_URL},
    },
    "one-click/mv": {"model": "vidu-mv", "input": {"images": [URL], "audio_url": SOUND_URL}},
    "subjects": {
        "model": "viduq2",
        "input": {
            "prompt": "@cat dances",
            "subjects": [{"id": "cat", "images": [URL], "voice_id": ""}],
        },
    },
}
"""By `vidu_type`; "subjects" is the other body of reference2video."""
FAMILIES: tuple[ModuleType, ...] = (wan, kling, hailuo, seedance, veo)
FAMILY_SAMPLES: Mapping[str, dict[str, Any]] = {
    name: sample for family in FAMILIES for name, sample in family.SAMPLES.items()
}
"""Of models besides Vidu's, by the name of their table."""

Submit: TypeAlias = Callable[..., Any]
"""Submits the module's sample with changes and returns the answer."""


def named(value: object) -> str:
    return json.dumps(value, default=str)[:60]


def request_body(operation: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The sample with values by their full name, such as `input.prompt`; None leaves one out."""
    body = copy.deepcopy({**SAMPLES, **FAMILY_SAMPLES}[operation])
    if operation in SAMPLES:
        type_ = "reference2video" if operation == "subjects" else operation
        body["parameters"] = {"vidu_type": type_}
    for name, value in changes.items():
        *parents, last = name.split(".")
        target = body
        for parent in parents:
            target = target[parent]
        target.pop(last, None)
        if value is not None:
            target[last] = value
    return body


@pytest.fixture
def submit(request: pytest.FixtureRequest, address: str, ask: Any) -> Submit:
    """Submits a sample (that of the module's OPERATION) with changes."""

    def submitted(changes: Mapping[str, Any], operation: str = "") -> Any:
        body = request_body(operation or request.module.OPERATION, changes)
        return ask("POST", f"{address}/v1/tasks/submit", body, key="k")

    return submitted


def refusal(answer: Any) -> str:
    """The message of an answer that refuses a parameter in the documented form."""
    assert answer.status == 400, answer.content
    error = answer.json["error"]
    assert (error["type"], error["code"]) == ("invalid_request_error", "param_error")
    message: str = error["message"]
    return message
