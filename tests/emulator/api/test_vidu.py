from __future__ import annotations

import json
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.emulator.api import modelverse, vidu
from runner.emulator.api.errors import ApiError
from runner.emulator.api.fields import Fields
from runner.emulator.api.routes import Read
from runner.emulator.operations import reading
from runner.emulator.operations.vidu import OPERATIONS
from runner.emulator.state.tasks import Order
from tests.builders import as_data_uri, image_bytes
from tests.emulator.media import received

SAMPLE = {"model": "viduq2", "prompt": "一只可爱的小猫坐在窗台上,阳光洒在它的身上,温馨的画面"}
SUBMIT = "/ent/v2/reference2image"
REF = "https://example.com/cat.png"
RATIOS = ("16:9", "9:16", "1:1", "3:4", "4:3", "auto", "21:9", "2:3", "3:2")
FIELDS = {
    "task_id": str,
    "state": str,
    "model": str,
    "prompt": str,
    "images": list,
    "seed": int,
    "aspect_ratio": str,
    "callback_url": str,
    "payload": str,
    "cus_priority": int,
    "credits": int,
    "created_at": str,
    "watermark": bool,
}


def read(body: dict[str, Any]) -> Order:
    """The order in a body whose images are all checked."""
    return reading.read(OPERATIONS["reference2image"], Fields(values=body), received)


def test_the_answer_has_every_documented_field(url: str, ask: Any) -> None:
    answer = ask("POST", url + SUBMIT, SAMPLE)
    assert answer.status == 200
    assert {name: type(value) for name, value in answer.json.items()} == FIELDS
    assert answer.json["state"] == "created"
    assert answer.json["prompt"] == SAMPLE["prompt"]
    assert answer.json["aspect_ratio"] == "16:9"
    assert answer.json["credits"] == 6
    assert 0 < answer.json["seed"] < 2**31
    assert answer.json["created_at"].endswith(".262592985Z")


def test_a_seed_string_comes_back_as_an_integer(url: str, ask: Any) -> None:
    assert ask("POST", url + SUBMIT, {**SAMPLE, "seed": "616519648"}).json["seed"] == 616519648


@pytest.mark.parametrize("seed", [{}, {"seed": "0"}])
def test_without_a_seed_one_is_drawn(url: str, ask: Any, seed: dict[str, str]) -> None:
    drawn = {ask("POST", url + SUBMIT, {**SAMPLE, **seed}).json["seed"] for _ in range(4)}
    assert len(drawn) > 1
    assert 0 not in drawn


@pytest.mark.parametrize(
    "given",
    [
        *({"aspect_ratio": ratio} for ratio in RATIOS),
        *({"resolution": resolution} for resolution in ("1080p", "2K", "4K")),
        *({"model": "viduq1", "images": [REF], "aspect_ratio": ratio} for ratio in RATIOS[:6]),
        {"model": "viduq1", "images": [REF] * 7, "resolution": "1080p"},
        {"images": []},
        {"images": [REF] * 7},
        {"prompt": "猫" * 2000},
        {"prompt": "\U0001f408" * 2000},
        {"payload": "p" * 1_048_576},
        {"payload": ""},
        {"callback_url": "https://example.com/hook?a=1"},
        {"callback_url": ""},
        {"seed": "007"},
        {"seed": 5},
        {"seed": None},
        {"images": None},
        {"unknown_field": {"is": "ignored"}},
        {"watermark": True, "off_peak": None},
    ],
    ids=lambda given: json.dumps(given)[:60],
)
def test_what_the_document_allows_is_accepted(given: dict[str, Any]) -> None:
    order = read({**SAMPLE, **given})
    same = given.keys() & {"model", "prompt", "aspect_ratio", "resolution", "payload"}
    assert {name: getattr(order, name) for name in same} == {name: given[name] for name in same}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"model": None}, "FieldLacking"),
    ({"model": ""}, "FieldLacking"),
    ({"prompt": None}, "FieldLacking"),
    ({"prompt": ""}, "FieldLacking"),
    ({"model": "viduq3"}, "FieldInvalid"),
    ({"model": "VIDUQ2"}, "FieldInvalid"),
    ({"model": ["viduq2"]}, "FieldInvalid"),
    ({"model": 2}, "FieldInvalid"),
    ({"prompt": 7}, "FieldInvalid"),
    ({"prompt": "猫" * 2001}, "FieldInvalid"),
    ({"seed": "five"}, "FieldInvalid"),
    ({"seed": 2**31}, "FieldInvalid"),
    ({"aspect_ratio": "5:4"}, "FieldInvalid"),
    ({"aspect_ratio": 969}, "FieldInvalid"),
    ({"aspect_ratio": ""}, "FieldInvalid"),
    ({"model": "viduq1", "images": [REF], "aspect_ratio": "21:9"}, "FieldInvalid"),
    ({"model": "viduq1", "images": [REF], "aspect_ratio": "2:3"}, "FieldInvalid"),
    ({"model": "viduq1", "images": [REF], "resolution": "2K"}, "FieldInvalid"),
    ({"resolution": "720p"}, "FieldInvalid"),
    ({"resolution": "4k"}, "FieldInvalid"),
    ({"payload": "p" * 1_048_577}, "FieldInvalid"),
    ({"payload": {"a": 1}}, "FieldInvalid"),
    ({"callback_url": "example.com/hook"}, "FieldInvalid"),
    ({"callback_url": 1}, "FieldInvalid"),
    ({"images": REF}, "FieldInvalid"),
    ({"images": ["cat.png"]}, "FieldInvalid"),
    ({"images": [REF] * 8}, "FieldItemCountOutOfRange"),
    ({"model": "viduq1"}, "FieldItemCountOutOfRange"),
    ({"model": "viduq1", "images": []}, "FieldItemCountOutOfRange"),
    ({"model": "viduq1", "images": [REF] * 8}, "FieldItemCountOutOfRange"),
]


@pytest.mark.parametrize(
    ("given", "reason"), REFUSED, ids=[json.dumps(given)[:60] for given, _ in REFUSED]
)
def test_what_the_document_forbids_is_refused(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ApiError) as caught:
        read({**SAMPLE, **given})
    assert (caught.value.status, caught.value.reason) == (400, reason)


@pytest.mark.parametrize("name", ["model", "prompt"])
def test_a_required_field_is_named_when_missing(name: str) -> None:
    with pytest.raises(ApiError, match=f"{name} is missing"):
        read({field: value for field, value in SAMPLE.items() if field != name})


def test_a_refusal_has_the_documented_form(url: str, ask: Any) -> None:
    answer = ask("POST", url + SUBMIT, {**SAMPLE, "seed": -5}, key="Token secret")
    assert answer.status == 400
    assert set(answer.json) == {"code", "reason", "message", "metadata"}
    assert (answer.json["code"], answer.json["reason"]) == (400, "FieldInvalid")
    assert answer.json["metadata"]["trace_id"]
    assert "secret" not in answer.json["message"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


NAMES = sorted({name for table in OPERATIONS.values() for name in table.fields})


@given(
    body=st.dictionaries(st.sampled_from([*NAMES, "input", "parameters"]), JSON, max_size=6),
    add_sample=st.booleans(),
)
def test_every_body_is_an_order_or_an_error(body: dict[str, Any], add_sample: bool) -> None:
    readers: list[Read] = [partial(reading.read, table) for table in OPERATIONS.values()]
    for read_order in (*readers, modelverse.read):
        with suppress(ApiError):  # and nothing else
            read_order(Fields(values={**SAMPLE, **body} if add_sample else body), received)


@pytest.mark.parametrize("key", ["Token k", "Bearer k", "token k", "Bearer sk-123.abc_=="])
def test_keys_stand_after_token_or_bearer(key: str) -> None:
    assert vidu.key_of(key) == key.split()[1]


@pytest.mark.parametrize(
    "key", [None, "", "k", "Token", "Token ", "Basic k", "Token a b", "Token é"]
)
def test_malformed_keys_are_unauthorized(key: str | None) -> None:
    with pytest.raises(ApiError) as caught:
        vidu.key_of(key)
    assert (caught.value.status, caught.value.reason) == (401, "Unauthorized")


def test_a_query_answers_without_the_seed(url: str, ask: Any, clock: Any) -> None:
    task_id = ask("POST", url + SUBMIT, {**SAMPLE, "payload": "tag"}).json["task_id"]
    path = f"{url}/ent/v2/tasks/{task_id}/creations"
    pending = ask("GET", path).json
    assert pending == {
        "id": task_id,
        "state": "created",
        "err_code": "",
        "credits": 6,
        "payload": "tag",
        "bgm": False,
        "off_peak": False,
        "creations": [],
    }
    clock.forward(60)
    done = ask("GET", path).json
    assert done["state"] == "success"
    [creation] = done["creations"]
    assert set(creation) == {"id", "url", "cover_url", "watermarked_url"}
    for name in ("url", "cover_url", "watermarked_url"):
        assert ask("GET", creation[name], key=None).content.startswith(b"\x89PNG")


def test_a_data_uri_comes_back_as_a_link(url: str, ask: Any) -> None:
    answer = ask(
        "POST", url + SUBMIT, {**SAMPLE, "images": [as_data_uri(image_bytes("webp"), "image/webp")]}
    )
    assert answer.json["credits"] == 8
    [copy] = answer.json["images"]
    assert ask("GET", copy, key=None).headers["content-type"] == "image/webp"


# ------------------------------------------------------------------------------------------- list


@pytest.fixture
def tasks(url: str, ask: Any, clock: Any) -> list[str]:
    """Ids of 25 tasks a minute apart, the first ones oldest."""
    ids = []
    for number in range(25):
        body = {
            "model": "viduq1" if number % 5 == 0 else "viduq2",
            "prompt": f"cat {number}",
            "images": ["https://example.com/cat.png"],
            "resolution": "1080p" if number % 5 == 0 or number % 2 else "2K",
            "payload": f"tag {number}",
        }
        ids.append(ask("POST", url + SUBMIT, body).json["task_id"])
        clock.forward(60)
    return ids


def ids_of(answer: Any) -> list[str]:
    assert answer.status == 200, answer.json
    return [row["id"] for row in answer.json["tasks"]]


def test_a_row_describes_its_task(url: str, ask: Any, tasks: list[str]) -> None:
    row = ask("GET", url + "/ent/v2/tasks").json["tasks"][0]
    assert row["id"] == tasks[-1]
    assert row["prompt"] == "cat 24"
    assert row["images"] == ["https://example.com/cat.png"]
    assert (row["model"], row["resolution"], row["aspect_ratio"]) == ("viduq2", "2K", "16:9")
    assert (row["state"], row["credits"], row["template"]) == ("success", 12, "")
    assert (row["type"], row["duration"]) == ("reference2image", 0)
    assert row["creations"][0]["url"].startswith(url)
    assert row["creations"][0]["moderation_url"] == []
    assert row["creations"][0]["video"]["resolution"] == {"width": 2560, "height": 1440}
    assert not {"seed", "payload", "err_code"} & row.keys()


def test_rows_name_the_key_of_a_task(url: str, ask: Any) -> None:
    for key in ("Token a", "Bearer a", "Token b"):
        ask("POST", url + SUBMIT, SAMPLE, key=key)
    b, *a = (row["key_id"] for row in ask("GET", url + "/ent/v2/tasks").json["tasks"])
    assert a[0] == a[1] != b


def test_rows_have_more_fields_on_request(start: Any, ask: Any) -> None:
    url = start(list_fields="all")
    ask("POST", url + SUBMIT, {**SAMPLE, "payload": "tag"})
    row = ask("GET", url + "/ent/v2/tasks").json["tasks"][0]
    assert (row["payload"], row["err_code"], row["key_id"] != "") == ("tag", "", True)


@pytest.mark.parametrize("pager", ["pager", "paper"])
def test_tokens_lead_through_all_pages(url: str, ask: Any, tasks: list[str], pager: str) -> None:
    found, token, sizes = [], "", []
    while True:
        answer = ask("GET", f"{url}/ent/v2/tasks?{pager}.page_token={token}")
        found += ids_of(answer)
        sizes.append(len(answer.json["tasks"]))
        token = answer.json["next_page_token"]
        if not token:
            break
    assert sizes == [10, 10, 5]
    assert found == tasks[::-1]


@pytest.mark.parametrize("pager", ["pager", "paper"])
def test_pages_have_size_and_number(url: str, ask: Any, tasks: list[str], pager: str) -> None:
    answer = ask("GET", f"{url}/ent/v2/tasks?{pager}.pagesz=7&{pager}.page=1")
    assert ids_of(answer) == tasks[::-1][7:14]
    assert ids_of(ask("GET", f"{url}/ent/v2/tasks?{pager}.page=0")) == tasks[::-1][:10]
    whole = ask("GET", f"{url}/ent/v2/tasks?{pager}.pagesz=100")
    assert (ids_of(whole), whole.json["next_page_token"]) == (tasks[::-1], "")
    assert ids_of(ask("GET", f"{url}/ent/v2/tasks?{pager}.page=9")) == []


def test_a_token_stays_valid_while_tasks_are_added(url: str, ask: Any, tasks: list[str]) -> None:
    token = ask("GET", f"{url}/ent/v2/tasks").json["next_page_token"]
    ask("POST", url + SUBMIT, {"model": "viduq2", "prompt": "new"})
    answer = ask("GET", f"{url}/ent/v2/tasks?pager.page_token={quote(token)}")
    assert ids_of(answer) == tasks[::-1][10:20]


def test_ids_may_be_repeated_or_joined(url: str, ask: Any, tasks: list[str]) -> None:
    wanted = [tasks[3], tasks[20]]
    repeated = "&".join(f"task_ids={task_id}" for task_id in wanted)
    for query in (repeated, f"task_ids={','.join(wanted)}", f"task_ids={','.join(wanted)},99"):
        assert ids_of(ask("GET", f"{url}/ent/v2/tasks?{query}")) == wanted[::-1]
    assert ids_of(ask("GET", f"{url}/ent/v2/tasks?task_ids=99")) == []


def test_tasks_are_filtered_by_state_resolution_and_model(
    url: str, ask: Any, tasks: list[str]
) -> None:
    ask("POST", url + SUBMIT, {"model": "viduq2", "prompt": "new"})
    everything = f"{url}/ent/v2/tasks?pager.pagesz=100"
    assert len(ids_of(ask("GET", f"{everything}&states=created,queueing"))) == 1
    assert ids_of(ask("GET", f"{everything}&states=success")) == tasks[::-1]
    assert len(ids_of(ask("GET", f"{everything}&model_versions=q1"))) == 5
    assert len(ids_of(ask("GET", f"{everything}&model_versions=viduq1"))) == 0
    assert len(ids_of(ask("GET", f"{everything}&templates=hugging"))) == 0
    assert len(ids_of(ask("GET", f"{everything}&resolutions=2K"))) == 10
    assert len(ids_of(ask("GET", f"{everything}&resolutions=2K&model_versions=q1"))) == 0


def test_tasks_are_filtered_by_time(url: str, ask: Any, tasks: list[str]) -> None:
    rows = ask("GET", f"{url}/ent/v2/tasks?pager.pagesz=100").json["tasks"][::-1]
    start, end = quote(rows[5]["created_at"]), quote(rows[9]["created_at"])
    # The tasks were made at nanoseconds, times in a query count to the microsecond.
    answer = ask("GET", f"{url}/ent/v2/tasks?created_at.from={start}&created_at.to={end}")
    assert ids_of(answer) == tasks[5:9][::-1]
    local = quote("2026-11-18T19:06:40+08:00")
    assert ask("GET", f"{url}/ent/v2/tasks?created_at.from={local}").status == 200


def test_the_list_goes_back_seven_days_by_default(
    url: str, ask: Any, clock: Any, tasks: list[str]
) -> None:
    clock.forward(8 * 86_400)
    assert ids_of(ask("GET", f"{url}/ent/v2/tasks")) == []
    assert ids_of(ask("GET", f"{url}/ent/v2/tasks?created_at.from=2026-01-01")) != []
    assert tasks


@pytest.mark.parametrize(
    "query",
    [
        "pager.pagesz=0",
        "pager.pagesz=101",
        "pager.pagesz=ten",
        "pager.page=-1",
        "pager.page_token=nonsense",
        "pager.page_token=%ff",
        "created_at.from=yesterday",
        "created_at.to=99999-01-01",
        "states=done",
    ],
)
def test_an_invalid_filter_is_refused(url: str, ask: Any, query: str) -> None:
    answer = ask("GET", f"{url}/ent/v2/tasks?{query}")
    assert (answer.status, answer.json["reason"]) == (400, "FieldInvalid")
