from __future__ import annotations

import json
from typing import Any

import pytest

from runner.emulator.api import modelverse
from runner.emulator.api.errors import ApiError
from runner.emulator.api.fields import Fields
from runner.emulator.state.tasks import Order
from tests.emulator.media import received

SUBMIT = "/v1/tasks/submit"
REF = "https://umodelverse-inference.cn-wlcb.ufileos.com/ucloud-maxcot.jpg"
SAMPLE: dict[str, Any] = {
    "model": "viduq2",
    "input": {"images": [REF], "prompt": "make it dance."},
    "parameters": {
        "vidu_type": "reference2video",
        "duration": 5,
        "aspect_ratio": "16:9",
        "resolution": "720p",
        "movement_amplitude": "auto",
        "bgm": True,
    },
}


def changed(part: str, **values: Any) -> dict[str, Any]:
    return {**SAMPLE, part: {**SAMPLE[part], **values}}


def wanted(**values: Any) -> dict[str, Any]:
    return changed("parameters", **values)


def given(**values: Any) -> dict[str, Any]:
    return changed("input", **values)


def read(body: dict[str, Any]) -> Order:
    """The order in a body whose images are all checked."""
    return modelverse.read(Fields(values=body), received)


def test_the_documents_example_is_accepted(url: str, ask: Any) -> None:
    answer = ask("POST", url + SUBMIT, SAMPLE, key="k")
    assert answer.status == 200
    assert set(answer.json) == {"output", "request_id"}
    assert set(answer.json["output"]) == {"task_id"}
    assert isinstance(answer.json["output"]["task_id"], str)
    assert isinstance(answer.json["request_id"], str)


@pytest.mark.parametrize(
    "body",
    [
        {**SAMPLE, "parameters": {"vidu_type": "reference2video"}},
        *(wanted(duration=duration) for duration in range(1, 11)),
        *(wanted(aspect_ratio=ratio) for ratio in ("16:9", "9:16", "4:3", "3:4", "1:1")),
        *(wanted(resolution=resolution) for resolution in ("540p", "720p", "1080p")),
        wanted(seed=0),
        wanted(seed=616519648),
        wanted(bgm=False),
        wanted(new_field=[1]),
        {**SAMPLE, "new_field": None},
        {**SAMPLE, "parameters": {"vidu_type": "reference2video", "seed": None, "bgm": None}},
        given(prompt="猫" * 2000),
        given(images=[REF] * 7),
    ],
    ids=lambda body: json.dumps(body)[-70:],
)
def test_what_the_document_allows_is_accepted(body: dict[str, Any]) -> None:
    order = read(body)
    parameters = body["parameters"]
    assert order.duration_s == parameters.get("duration", 5)
    assert order.resolution == parameters.get("resolution", "720p")
    assert order.aspect_ratio == parameters.get("aspect_ratio", "16:9")


REFUSED = [
    {},
    {**SAMPLE, "model": None},
    {**SAMPLE, "model": "viduq1"},
    {**SAMPLE, "model": {}},
    {**SAMPLE, "input": None},
    {**SAMPLE, "input": []},
    {**SAMPLE, "input": {"prompt": "x"}},
    {**SAMPLE, "input": {"images": [REF]}},
    {**SAMPLE, "parameters": None},
    {**SAMPLE, "parameters": "reference2video"},
    {**SAMPLE, "parameters": {}},
    wanted(vidu_type="img2video"),
    wanted(vidu_type=""),
    wanted(vidu_type=3),
    given(prompt=""),
    given(prompt="猫" * 2001),
    given(prompt=["x"]),
    given(images=[]),
    given(images=[REF] * 8),
    given(images=REF),
    given(images=["cat.png"]),
    given(images=["data:image/png;base64,AAAA"]),
    *(wanted(duration=value) for value in (0, 11, -1, "5", 5.0, 5.5, True, [5], 10**40)),
    *(wanted(seed=value) for value in ("1", 1.5, True, -1, 2**31)),
    *(wanted(aspect_ratio=value) for value in ("21:9", "auto", "", 969)),
    *(wanted(resolution=value) for value in ("2K", "720", 720)),
    *(wanted(movement_amplitude=value) for value in ("small", "medium", "large", "", 1)),
    *(wanted(bgm=value) for value in ("true", 1, 0)),
]


@pytest.mark.parametrize("body", REFUSED, ids=lambda body: json.dumps(body)[-70:])
def test_what_the_document_forbids_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        read(body)
    assert caught.value.status == 400


def test_a_refusal_is_a_param_error(url: str, ask: Any) -> None:
    answer = ask("POST", url + SUBMIT, raw=b'{"model": "viduq2",}', key="k")
    assert answer.status == 400
    assert set(answer.json) == {"error"}
    assert set(answer.json["error"]) == {"type", "code", "param", "message"}
    assert answer.json["error"]["code"] == "param_error"
    assert answer.json["error"]["message"]


@pytest.mark.parametrize("key", ["k", "Bearer k", "bearer k"])
def test_a_key_is_bare_or_after_bearer(key: str) -> None:
    assert modelverse.key_of(key) == "k"


@pytest.mark.parametrize("key", [None, "", "Token k", "Bearer ", "Bearer a b", "é"])
def test_malformed_keys_are_unauthorized(key: str | None) -> None:
    with pytest.raises(ApiError) as caught:
        modelverse.key_of(key)
    assert caught.value.status == 401


def test_a_task_takes_the_published_time(url: str, ask: Any, clock: Any) -> None:
    task_id = ask("POST", url + SUBMIT, SAMPLE, key="k").json["output"]["task_id"]
    path = f"{url}/v1/tasks/status?task_id={task_id}"
    submitted = clock.ns // 10**9
    first = ask("GET", path, key="k").json
    assert first["output"] == {
        "task_id": task_id,
        "task_status": "Pending",
        "submit_time": submitted,
    }
    clock.forward(28.6)
    assert ask("GET", path, key="k").json["output"]["task_status"] == "Running"
    clock.forward(0.1)
    last = ask("GET", path, key="k").json
    assert set(last) == {"output", "usage", "request_id"}
    assert last["usage"] == {"duration": 5}
    assert set(last["output"]) == {"task_id", "task_status", "urls", "submit_time", "finish_time"}
    assert last["output"]["task_status"] == "Success"
    assert last["output"]["submit_time"] == submitted
    assert last["output"]["finish_time"] == submitted + 28


def test_the_time_scale_shortens_tasks(start: Any, ask: Any, clock: Any) -> None:
    url = start(time_scale=0.01)
    task_id = ask("POST", url + SUBMIT, SAMPLE, key="k").json["output"]["task_id"]
    clock.forward(0.3)
    answer = ask("GET", f"{url}/v1/tasks/status?task_id={task_id}", key="k")
    assert answer.json["output"]["task_status"] == "Success"
