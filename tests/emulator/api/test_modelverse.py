from __future__ import annotations

import json
import sys
from typing import Any

import pytest

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
        given(prompt="猫" * 2000),
        given(images=[REF] * 7),
    ],
    ids=lambda body: json.dumps(body)[-70:],
)
def test_what_the_document_allows_is_accepted(url: str, ask: Any, body: dict[str, Any]) -> None:
    answer = ask("POST", url + SUBMIT, body, key="k")
    assert answer.status == 200, answer.json


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
    *(wanted(duration=value) for value in (0, 11, -1, "5", 5.0, 5.5, True, None, [5], 10**40)),
    *(wanted(seed=value) for value in ("1", 1.5, True, None, -1, 2**63)),
    *(wanted(aspect_ratio=value) for value in ("21:9", "auto", "", 969, None)),
    *(wanted(resolution=value) for value in ("2K", "720", 720, None)),
    *(wanted(movement_amplitude=value) for value in ("small", "medium", "large", "", None, 1)),
    *(wanted(bgm=value) for value in ("true", 1, 0, None)),
]


@pytest.mark.parametrize("body", REFUSED, ids=lambda body: json.dumps(body)[-70:])
def test_what_the_document_forbids_is_a_param_error(
    url: str, ask: Any, body: dict[str, Any]
) -> None:
    answer = ask("POST", url + SUBMIT, body, key="k")
    assert answer.status == 400
    assert set(answer.json) == {"error"}
    assert set(answer.json["error"]) == {"type", "code", "message"}
    assert answer.json["error"]["code"] == "param_error"
    assert answer.json["error"]["message"]


def test_images_are_checked_as_the_document_says(url: str, ask: Any, picture_uri: Any) -> None:
    assert ask("POST", url + SUBMIT, given(images=[picture_uri()]), key="k").status == 200
    narrow = ask("POST", url + SUBMIT, given(images=[picture_uri(512, 128)]), key="k")
    assert (narrow.status, narrow.json["error"]["code"]) == (400, "param_error")


def test_a_body_that_is_not_json_is_a_param_error(url: str, ask: Any) -> None:
    answer = ask("POST", url + SUBMIT, raw=b'{"model": "viduq2",}', key="k")
    assert (answer.status, answer.json["error"]["code"]) == (400, "param_error")


@pytest.mark.parametrize("key", ["k", "Bearer k", "bearer k"])
def test_a_key_is_bare_or_after_bearer(url: str, ask: Any, key: str) -> None:
    assert ask("POST", url + SUBMIT, SAMPLE, key=key).status == 200


@pytest.mark.parametrize("key", [None, "", "Token k", "Bearer ", "Bearer a b", "é"])
def test_a_missing_or_malformed_key_is_an_auth_error(url: str, ask: Any, key: str | None) -> None:
    for method, path in (("POST", SUBMIT), ("GET", "/v1/tasks/status?task_id=1")):
        answer = ask(method, url + path, key=key)
        assert (answer.status, answer.json["error"]["code"]) == (401, "auth_error")


def test_a_task_runs_as_long_as_the_table_says(url: str, ask: Any, clock: Any) -> None:
    task_id = ask("POST", url + SUBMIT, SAMPLE, key="k").json["output"]["task_id"]
    path = f"{url}/v1/tasks/status?task_id={task_id}"
    begun = clock.ns // 10**9
    first = ask("GET", path, key="k").json
    assert first["output"] == {
        "task_id": task_id,
        "task_status": "Pending",
        "submit_time": begun,
    }
    clock.forward(28.6)
    assert ask("GET", path, key="k").json["output"]["task_status"] == "Running"
    clock.forward(0.1)
    last = ask("GET", path, key="k").json
    assert set(last) == {"output", "usage", "request_id"}
    assert last["usage"] == {"duration": 5}
    assert set(last["output"]) == {"task_id", "task_status", "urls", "submit_time", "finish_time"}
    assert last["output"]["task_status"] == "Success"
    assert last["output"]["submit_time"] == begun
    assert last["output"]["finish_time"] == begun + 28


def test_the_time_scale_makes_tasks_quick(start: Any, ask: Any, clock: Any) -> None:
    url = start(time_scale=0.01)
    task_id = ask("POST", url + SUBMIT, SAMPLE, key="k").json["output"]["task_id"]
    clock.forward(0.3)
    answer = ask("GET", f"{url}/v1/tasks/status?task_id={task_id}", key="k")
    assert answer.json["output"]["task_status"] == "Success"


def test_unknown_and_missing_task_ids_are_refused(url: str, ask: Any) -> None:
    picture = {"model": "viduq2", "prompt": "x"}
    vidu = ask("POST", url + "/ent/v2/reference2image", picture).json["task_id"]
    for query in ("", "?task_id=", "?task_id=1", f"?task_id={vidu}", "?task_id=%ff%00"):
        answer = ask("GET", f"{url}/v1/tasks/status{query}", key="k")
        assert 400 <= answer.status < 500
        assert answer.json["error"]["code"] == "param_error"


def test_tasks_above_the_limit_are_refused(start: Any, ask: Any) -> None:
    url = start(concurrency=2)
    assert [ask("POST", url + SUBMIT, SAMPLE, key="k").status for _ in range(3)] == [200, 200, 429]
    answer = ask("POST", url + SUBMIT, SAMPLE, key="k")
    assert answer.json["error"]["code"] == "rate_limit"
    picture = {"model": "viduq2", "prompt": "x"}
    assert ask("POST", url + "/ent/v2/reference2image", picture).status == 200


def test_wrong_paths_and_methods_are_told_in_the_form_of_the_api(url: str, ask: Any) -> None:
    assert ask("GET", url + "/v1/nothing").status == 404
    wrong = ask("GET", url + SUBMIT)
    assert wrong.status == 405
    assert wrong.json["error"]["message"]


def test_without_the_extra_a_video_is_refused_with_what_to_install(
    url: str, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    answer = ask("POST", url + SUBMIT, SAMPLE, key="k")
    assert (answer.status, answer.json["error"]["code"]) == (400, "model_error")
    assert 'pip install "vidu-run[media]"' in answer.json["error"]["message"]
