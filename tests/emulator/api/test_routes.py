from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.builders import as_data_uri, image_bytes

PICTURE = {"model": "viduq2", "prompt": "a cat"}
VIDEO: dict[str, Any] = {
    "model": "viduq2",
    "input": {"images": ["https://example.com/cat.png"], "prompt": "make it dance."},
    "parameters": {"vidu_type": "reference2video"},
}
VIDU = "/ent/v2/reference2image"
MODELVERSE = "/v1/tasks/submit"


def test_a_missing_key_is_unauthorized_everywhere(url: str, ask: Any) -> None:
    for method, path in (("POST", VIDU), ("GET", "/ent/v2/tasks"), ("GET", "/ent/v2/credits")):
        answer = ask(method, url + path, key=None)
        assert (answer.status, answer.json["reason"]) == (401, "Unauthorized")
    for method, path in (("POST", MODELVERSE), ("GET", "/v1/tasks/status?task_id=1")):
        answer = ask(method, url + path, key=None)
        assert (answer.status, answer.json["error"]["code"]) == (401, "auth_error")


def test_with_named_keys_others_are_refused(start: Any, ask: Any) -> None:
    url = start(keys=frozenset({"good"}))
    assert ask("GET", url + "/ent/v2/credits", key="Token good").status == 200
    assert ask("GET", url + "/ent/v2/credits", key="Token bad").status == 401
    assert ask("POST", url + MODELVERSE, VIDEO, key="bad").status == 401


def test_a_task_passes_its_states_by_the_clock(url: str, ask: Any, clock: Any) -> None:
    task_id = ask("POST", url + VIDU, {**PICTURE, "seed": "1"}).json["task_id"]
    states = []
    for _ in range(200):
        states.append(ask("GET", f"{url}/ent/v2/tasks/{task_id}/creations").json["state"])
        clock.forward(0.1)
    assert list(dict.fromkeys(states)) == ["created", "queueing", "processing", "success"]
    assert 15 < states.index("success") < 150


def test_an_unknown_task_is_not_found(url: str, ask: Any) -> None:
    for method, path in (("GET", "creations"), ("POST", "cancel")):
        answer = ask(method, f"{url}/ent/v2/tasks/123/{path}")
        assert (answer.status, answer.json["reason"]) == (404, "TaskNotFound")


def test_each_api_knows_only_its_own_tasks(url: str, ask: Any) -> None:
    task_id = ask("POST", url + VIDU, PICTURE).json["task_id"]
    for query in ("", "?task_id=", "?task_id=1", f"?task_id={task_id}", "?task_id=%ff%00"):
        answer = ask("GET", f"{url}/v1/tasks/status{query}", key="k")
        assert 400 <= answer.status < 500
        assert answer.json["error"]["code"] == "param_error"


def test_a_task_can_be_cancelled_until_it_starts(start: Any, ask: Any, clock: Any) -> None:
    url = start(credits=10)
    task_id = ask("POST", url + VIDU, PICTURE).json["task_id"]
    answer = ask("POST", f"{url}/ent/v2/tasks/{task_id}/cancel")
    assert (answer.status, answer.json) == (200, {})
    task = ask("GET", f"{url}/ent/v2/tasks/{task_id}/creations").json
    assert (task["state"], task["err_code"], task["credits"]) == ("failed", "UserCancelled", 0)
    assert ask("GET", url + "/ent/v2/credits").json["remains"][0]["credit_remain"] == 10
    started = ask("POST", url + VIDU, PICTURE).json["task_id"]
    clock.forward(1.5)
    answer = ask("POST", f"{url}/ent/v2/tasks/{started}/cancel")
    assert (answer.status, answer.json["reason"]) == (400, "BadRequest")


def test_the_balance_pays_for_tasks(start: Any, ask: Any) -> None:
    url = start(credits=15, concurrency=4)
    assert ask("POST", url + VIDU, {**PICTURE, "resolution": "4K"}).json["credits"] == 10
    answer = ask("POST", url + VIDU, PICTURE)
    assert (answer.status, answer.json["reason"]) == (400, "CreditInsufficient")
    assert ask("GET", url + "/ent/v2/credits").json == {
        "remains": [
            {
                "type": "metered",
                "credit_remain": 5,
                "concurrency_limit": 4,
                "current_concurrency": 1,
                "queue_count": 0,
            }
        ],
        "packages": [],
    }
    [package] = ask("GET", url + "/ent/v2/credits?show_detail=true").json["packages"]
    assert (package["concurrency"], package["credit_remain"]) == (4, 5)


def states_of(url: str, ask: Any, task_ids: list[str]) -> list[str]:
    paths = (f"/ent/v2/tasks/{task_id}/creations" for task_id in task_ids)
    return [ask("GET", url + path).json["state"] for path in paths]


def test_tasks_above_the_limit_wait_in_order(start: Any, ask: Any, clock: Any) -> None:
    url = start(concurrency=2)
    ids = [ask("POST", url + VIDU, PICTURE | {"seed": 1}).json["task_id"] for _ in range(5)]
    clock.forward(2)
    assert states_of(url, ask, ids) == ["processing"] * 2 + ["queueing"] * 3
    account = ask("GET", url + "/ent/v2/credits").json["remains"][0]
    assert (account["current_concurrency"], account["queue_count"]) == (2, 3)
    assert states_after(url, ask, clock, ids) == ["success"] * 2 + ["processing"] * 2 + ["queueing"]


def states_after(url: str, ask: Any, clock: Any, ids: list[str]) -> list[str]:
    """The states of the tasks once the first one has ended."""
    while states_of(url, ask, ids[:1]) != ["success"]:
        clock.forward(0.25)
    return states_of(url, ask, ids)


def test_the_next_moves_up_for_a_cancelled_task(start: Any, ask: Any, clock: Any) -> None:
    url = start(concurrency=1)
    ids = [ask("POST", url + VIDU, PICTURE | {"seed": 1}).json["task_id"] for _ in range(3)]
    clock.forward(2)
    assert ask("POST", f"{url}/ent/v2/tasks/{ids[1]}/cancel").status == 200
    assert states_after(url, ask, clock, ids) == ["success", "failed", "processing"]


@pytest.mark.parametrize("path", ["creations", "cancel"])
def test_an_id_is_a_number_whatever_the_key(url: str, ask: Any, path: str) -> None:
    method = "POST" if path == "cancel" else "GET"
    for key in ("Token k", None):
        answer = ask(method, f"{url}/ent/v2/tasks/abc/{path}", key=key)
        assert (answer.status, answer.json["reason"]) == (400, "BadRequest")
    assert ask(method, f"{url}/ent/v2/tasks/0/{path}", key=None).status == 401
    assert ask(method, f"{url}/ent/v2/tasks/0/{path}").status == 404


def test_vidu_tasks_above_the_limit_can_be_refused(start: Any, ask: Any, clock: Any) -> None:
    url = start(concurrency=5, over_limit="refuse")
    assert [ask("POST", url + VIDU, PICTURE).status for _ in range(6)] == [200] * 5 + [429]
    answer = ask("POST", url + VIDU, PICTURE)
    assert (answer.json["code"], answer.json["reason"]) == (429, "QuotaExceeded")
    clock.forward(60)
    assert ask("POST", url + VIDU, PICTURE).status == 200


def test_each_api_has_a_limit_of_its_own(start: Any, ask: Any) -> None:
    url = start(concurrency=2, over_limit="refuse")
    statuses = [ask("POST", url + MODELVERSE, VIDEO, key="k").status for _ in range(3)]
    assert statuses == [200, 200, 429]
    answer = ask("POST", url + MODELVERSE, VIDEO, key="k")
    assert answer.json["error"]["code"] == "rate_limit"
    assert ask("POST", url + VIDU, PICTURE).status == 200


def test_a_video_without_pyav_is_refused_with_a_hint(
    url: str, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    answer = ask("POST", url + MODELVERSE, VIDEO, key="k")
    assert (answer.status, answer.json["error"]["code"]) == (400, "model_error")
    assert 'pip install "vidu-run[media]"' in answer.json["error"]["message"]
    answer = ask("POST", url + "/ent/v2/text2video", PICTURE)
    assert (answer.status, answer.json["reason"]) == (400, "ModelUnavailable")
    assert ask("POST", url + VIDU, PICTURE).status == 200


def test_a_vidu_body_has_at_most_20_mib(url: str, ask: Any) -> None:
    room = 20 * 1024 * 1024 - len(b'{"model": "viduq2", "prompt": "a cat", "pad": ""}')
    assert ask("POST", url + VIDU, {**PICTURE, "pad": "x" * room}).status == 200
    answer = ask("POST", url + VIDU, {**PICTURE, "pad": "x" * (room + 1)})
    assert (answer.status, answer.json["reason"]) == (400, "BadRequest")


def test_unwritable_state_is_an_internal_failure(start: Any, ask: Any, tmp_path: Path) -> None:
    url = start(state_dir=tmp_path)
    (tmp_path / "references").rmdir()
    (tmp_path / "references").write_text("in the way")
    answer = ask("POST", url + VIDU, {**PICTURE, "images": [as_data_uri(image_bytes())]})
    assert (answer.status, answer.json["reason"]) == (500, "InternalServiceFailure")
    [row] = ask("GET", url + "/_emulator/requests", key=None).json["submissions"]
    assert (row["task_id"], row["status"]) == (None, 500)


def test_wrong_vidu_paths_have_the_form_of_vidu(url: str, ask: Any) -> None:
    missing = ask("GET", url + "/ent/v2/nothing")
    assert (missing.status, missing.json["code"], missing.json["reason"]) == (404, 404, "NotFound")
    wrong = ask("PUT", url + VIDU, PICTURE)
    assert (wrong.status, wrong.json["code"], wrong.json["reason"]) == (
        405,
        405,
        "MethodNotAllowed",
    )
    assert wrong.headers["allow"] == "POST"


def test_wrong_modelverse_paths_have_the_form_of_modelverse(url: str, ask: Any) -> None:
    for method, path, status in (("GET", "/v1/nothing", 404), ("GET", MODELVERSE, 405)):
        answer = ask(method, url + path)
        assert (answer.status, answer.json["error"]["code"]) == (status, "param_error")
        assert answer.json["error"]["message"]


def test_links_have_the_address_that_was_asked(url: str, ask: Any, clock: Any) -> None:
    body = {"model": "viduq2", "prompt": "a cat"}
    task_id = ask("POST", url + "/ent/v2/reference2image", body).json["task_id"]
    clock.forward(60)
    headers = {"Host": "emulator.test:81"}
    answer = ask("GET", f"{url}/ent/v2/tasks/{task_id}/creations", headers=headers).json
    assert answer["creations"][0]["url"].startswith("http://emulator.test:81/files/")
