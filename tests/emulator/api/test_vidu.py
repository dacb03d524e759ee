from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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


def test_a_submission_is_answered_with_every_documented_field(url: str, ask: Any) -> None:
    answer = ask("POST", url + SUBMIT, SAMPLE)
    assert answer.status == 200
    assert {name: type(value) for name, value in answer.json.items()} == FIELDS
    assert answer.json["state"] == "created"
    assert answer.json["prompt"] == SAMPLE["prompt"]
    assert answer.json["aspect_ratio"] == "16:9"
    assert answer.json["credits"] == 6
    assert 0 < answer.json["seed"] < 2**31
    assert answer.json["created_at"].endswith(".262592985Z")


def test_a_seed_is_a_string_that_comes_back_as_an_integer(url: str, ask: Any) -> None:
    assert ask("POST", url + SUBMIT, {**SAMPLE, "seed": "616519648"}).json["seed"] == 616519648


@pytest.mark.parametrize("seed", [{}, {"seed": "0"}])
def test_without_a_seed_or_with_0_a_random_one_is_drawn(
    url: str, ask: Any, seed: dict[str, str]
) -> None:
    drawn = {ask("POST", url + SUBMIT, {**SAMPLE, **seed}).json["seed"] for _ in range(4)}
    assert len(drawn) > 1
    assert 0 not in drawn


@pytest.mark.parametrize(
    "given",
    [
        *(
            {"aspect_ratio": ratio}
            for ratio in ["16:9", "9:16", "1:1", "3:4", "4:3", "21:9", "2:3", "3:2", "auto"]
        ),
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
        {"unknown_field": {"is": "ignored"}},
        {"watermark": True, "off_peak": None},
    ],
    ids=lambda given: json.dumps(given)[:60],
)
def test_what_the_document_allows_is_accepted(url: str, ask: Any, given: dict[str, Any]) -> None:
    answer = ask("POST", url + SUBMIT, {**SAMPLE, **given})
    assert answer.status == 200, answer.json
    sent = {name: value for name, value in given.items() if name in {"aspect_ratio", "payload"}}
    assert {name: answer.json[name] for name in sent} == sent


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
    ({"prompt": "half a cat \ud83d"}, "FieldInvalid"),
    ({"seed": 5}, "FieldInvalid"),
    ({"seed": None}, "FieldInvalid"),
    ({"seed": True}, "FieldInvalid"),
    ({"seed": ""}, "FieldInvalid"),
    ({"seed": "-1"}, "FieldInvalid"),
    ({"seed": "1.5"}, "FieldInvalid"),
    ({"seed": "٣"}, "FieldInvalid"),
    ({"seed": "9" * 19}, "FieldInvalid"),
    ({"seed": "9" * 5000}, "FieldInvalid"),
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
    ({"callback_url": "ftp://example.com/"}, "FieldInvalid"),
    ({"callback_url": "example.com/hook"}, "FieldInvalid"),
    ({"callback_url": "http://"}, "FieldInvalid"),
    ({"callback_url": "http://[::1/"}, "FieldInvalid"),
    ({"callback_url": "http://a:99999/"}, "FieldInvalid"),
    ({"callback_url": 1}, "FieldInvalid"),
    ({"images": REF}, "FieldInvalid"),
    ({"images": None}, "FieldInvalid"),
    ({"images": [1]}, "FieldInvalid"),
    ({"images": [None]}, "FieldInvalid"),
    ({"images": [""]}, "FieldInvalid"),
    ({"images": ["cat.png"]}, "FieldInvalid"),
    ({"images": ["file:///etc/passwd"]}, "FieldInvalid"),
    ({"images": ["iVBORw0KGgo="]}, "FieldInvalid"),
    ({"images": ["https://example.com/a b.png"]}, "FieldInvalid"),
    ({"images": [REF] * 8}, "FieldItemCountOutOfRange"),
    ({"model": "viduq1"}, "FieldItemCountOutOfRange"),
    ({"model": "viduq1", "images": []}, "FieldItemCountOutOfRange"),
    ({"model": "viduq1", "images": [REF] * 8}, "FieldItemCountOutOfRange"),
]


@pytest.mark.parametrize(
    ("given", "reason"), REFUSED, ids=[json.dumps(given)[:60] for given, _ in REFUSED]
)
def test_what_the_document_forbids_is_refused_in_the_documented_form(
    url: str, ask: Any, given: dict[str, Any], reason: str
) -> None:
    answer = ask("POST", url + SUBMIT, {**SAMPLE, **given})
    assert answer.status == 400
    assert set(answer.json) == {"code", "reason", "message", "metadata"}
    assert (answer.json["code"], answer.json["reason"]) == (400, reason)
    assert answer.json["metadata"]["trace_id"]
    assert "test" not in answer.json["message"]


@pytest.mark.parametrize("name", ["model", "prompt"])
def test_a_missing_required_field_is_lacking(url: str, ask: Any, name: str) -> None:
    body = {field: value for field, value in SAMPLE.items() if field != name}
    answer = ask("POST", url + SUBMIT, body)
    assert (answer.status, answer.json["reason"]) == (400, "FieldLacking")
    assert name in answer.json["message"]


@pytest.mark.parametrize("kind", ["png", "jpeg", "jpg", "webp"])
def test_data_uris_of_the_documented_formats_are_accepted(
    url: str, ask: Any, picture_uri: Any, kind: str
) -> None:
    answer = ask("POST", url + SUBMIT, {**SAMPLE, "images": [picture_uri(kind=kind)]})
    assert answer.status == 200
    assert answer.json["credits"] == 8
    [copy] = answer.json["images"]
    got = ask("GET", copy, key=None)
    assert got.headers["content-type"] == f"image/{kind.replace('jpg', 'jpeg')}"


@pytest.mark.parametrize("size", [(128, 128), (128, 511), (511, 128), (4000, 1001)])
def test_images_of_allowed_sizes_are_accepted(
    url: str, ask: Any, picture_uri: Any, size: tuple[int, int]
) -> None:
    assert ask("POST", url + SUBMIT, {**SAMPLE, "images": [picture_uri(*size)]}).status == 200


@pytest.mark.parametrize("size", [(127, 128), (128, 127), (512, 128), (128, 512), (128, 900)])
def test_images_too_small_or_too_narrow_are_refused(
    url: str, ask: Any, picture_uri: Any, size: tuple[int, int]
) -> None:
    answer = ask("POST", url + SUBMIT, {**SAMPLE, "images": [picture_uri(*size)]})
    assert (answer.status, answer.json["reason"]) == (400, "PageSizeOutOfRange")
    assert f"{size[0]}x{size[1]}" in answer.json["message"]


@pytest.mark.parametrize(
    "source",
    [
        "data:image/png;base64,@@@@",
        "data:image/png;base64,iVBORw0KGg",
        "data:image/png;base64,",
        "data:image/png;base64,图",
        "data:image/png,iVBORw0KGgo=",
        "data:;base64,iVBORw0KGgo=",
        "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
        "data:text/plain;base64,aGVsbG8=",
        "data:image/png;base64," + base64.b64encode(b"hello" * 50).decode(),
        "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\nrest").decode(),
        "data:image/jpeg;base64," + base64.b64encode(b"\xff\xd8\xff\xe0").decode(),
        "data:image/webp;base64," + base64.b64encode(b"RIFF1234WEBPVP8 ").decode(),
        "data:",
    ],
)
def test_what_is_no_image_is_refused(url: str, ask: Any, source: str) -> None:
    answer = ask("POST", url + SUBMIT, {**SAMPLE, "images": [source]})
    assert (answer.status, answer.json["reason"]) == (400, "ImageFormatInvalid")


def test_a_body_of_20_mib_is_taken_and_one_byte_more_is_not(url: str, ask: Any) -> None:
    empty = len(json.dumps({**SAMPLE, "pad": ""}))
    room = 20 * 1024 * 1024 - empty
    assert ask("POST", url + SUBMIT, {**SAMPLE, "pad": "x" * room}).status == 200
    answer = ask("POST", url + SUBMIT, {**SAMPLE, "pad": "x" * (room + 1)})
    assert (answer.status, answer.json["reason"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"model": "viduq2", "prompt": NaN}',
        b'{"model": "viduq2", "prompt": "x",}',
        b"[" * 200_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"model": "viduq2", "prompt": "x", "n": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda raw: repr(raw[:30]),
)
def test_a_body_that_is_no_json_object_is_a_bad_request(url: str, ask: Any, raw: bytes) -> None:
    answer = ask("POST", url + SUBMIT, raw=raw)
    assert (answer.status, answer.json["reason"]) == (400, "BadRequest")


def test_a_body_that_cannot_be_unpacked_is_a_bad_request(url: str, ask: Any) -> None:
    answer = ask("POST", url + SUBMIT, raw=b"no gzip", headers={"Content-Encoding": "gzip"})
    assert answer.status == 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.dictionaries(
        st.sampled_from([*FIELDS, "resolution", "input", "parameters"]), JSON, max_size=6
    ),
    whole=st.booleans(),
)
def test_no_body_makes_the_emulator_stumble(
    url: str, ask: Any, body: dict[str, Any], whole: bool
) -> None:
    sent = {**SAMPLE, **body} if whole else body
    assert ask("POST", url + SUBMIT, sent).status in {200, 400}
    assert ask("POST", url + "/v1/tasks/submit", sent, key="k").status == 400


@pytest.mark.parametrize("key", ["Token k", "Bearer k", "token k", "Bearer sk-123.abc_=="])
def test_token_and_bearer_keys_are_let_in(url: str, ask: Any, key: str) -> None:
    assert ask("GET", url + "/ent/v2/credits", key=key).status == 200


@pytest.mark.parametrize(
    "key", [None, "", "k", "Token", "Token ", "Basic k", "Token a b", "Token é"]
)
def test_a_missing_or_malformed_key_is_unauthorized(url: str, ask: Any, key: str | None) -> None:
    for method, path in (("POST", SUBMIT), ("GET", "/ent/v2/tasks"), ("GET", "/ent/v2/credits")):
        answer = ask(method, url + path, key=key)
        assert (answer.status, answer.json["reason"]) == (401, "Unauthorized")


def test_only_named_keys_are_let_in_where_some_are_named(start: Any, ask: Any) -> None:
    url = start(keys=frozenset({"good"}))
    assert ask("GET", url + "/ent/v2/credits", key="Token good").status == 200
    assert ask("GET", url + "/ent/v2/credits", key="Token bad").status == 401


def test_a_task_goes_through_its_states_by_the_clock(url: str, ask: Any, clock: Any) -> None:
    task_id = ask("POST", url + SUBMIT, {**SAMPLE, "seed": "1", "payload": "tag"}).json["task_id"]
    states = []
    for _ in range(200):
        states.append(ask("GET", f"{url}/ent/v2/tasks/{task_id}/creations").json["state"])
        clock.forward(0.1)
    assert list(dict.fromkeys(states)) == ["created", "queueing", "processing", "success"]
    assert 15 < states.index("success") < 150


def test_a_query_answers_without_the_seed(url: str, ask: Any, clock: Any) -> None:
    task_id = ask("POST", url + SUBMIT, {**SAMPLE, "payload": "tag"}).json["task_id"]
    path = f"{url}/ent/v2/tasks/{task_id}/creations"
    under_way = ask("GET", path).json
    assert under_way == {
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


def test_an_unknown_task_is_not_found(url: str, ask: Any) -> None:
    for method, path in (("GET", "creations"), ("POST", "cancel")):
        answer = ask(method, f"{url}/ent/v2/tasks/123/{path}")
        assert (answer.status, answer.json["reason"]) == (404, "TaskNotFound")


def test_a_task_is_cancelled_until_it_is_scheduled(start: Any, ask: Any, clock: Any) -> None:
    url = start(credits=10)
    task_id = ask("POST", url + SUBMIT, SAMPLE).json["task_id"]
    answer = ask("POST", f"{url}/ent/v2/tasks/{task_id}/cancel")
    assert (answer.status, answer.json) == (200, {})
    task = ask("GET", f"{url}/ent/v2/tasks/{task_id}/creations").json
    assert (task["state"], task["err_code"], task["credits"]) == ("failed", "UserCancelled", 0)
    assert ask("GET", url + "/ent/v2/credits").json["remains"][0]["credit_remain"] == 10
    other = ask("POST", url + SUBMIT, SAMPLE).json["task_id"]
    clock.forward(1.5)
    answer = ask("POST", f"{url}/ent/v2/tasks/{other}/cancel")
    assert (answer.status, answer.json["reason"]) == (400, "BadRequest")


def test_the_balance_pays_for_tasks_and_ends(start: Any, ask: Any) -> None:
    url = start(credits=15, concurrency=4)
    assert ask("POST", url + SUBMIT, {**SAMPLE, "resolution": "4K"}).json["credits"] == 10
    answer = ask("POST", url + SUBMIT, SAMPLE)
    assert (answer.status, answer.json["reason"]) == (400, "CreditInsufficient")
    assert ask("GET", url + "/ent/v2/credits").json == {
        "remains": [
            {
                "type": "metered",
                "credit_remain": 5,
                "concurrency_limit": 4,
                "current_concurrency": 1,
                "queue_count": 1,
            }
        ],
        "packages": [],
    }


def test_tasks_above_the_limit_are_refused_until_one_ends(start: Any, ask: Any, clock: Any) -> None:
    url = start(concurrency=5)
    assert [ask("POST", url + SUBMIT, SAMPLE).status for _ in range(6)] == [200] * 5 + [429]
    answer = ask("POST", url + SUBMIT, SAMPLE)
    assert (answer.json["code"], answer.json["reason"]) == (429, "QuotaExceeded")
    clock.forward(60)
    assert ask("POST", url + SUBMIT, SAMPLE).status == 200


def test_wrong_paths_and_methods_are_told_in_the_form_of_the_api(url: str, ask: Any) -> None:
    missing = ask("GET", url + "/ent/v2/nothing")
    assert (missing.status, missing.json["code"], missing.json["reason"]) == (404, 404, "NotFound")
    wrong = ask("PUT", url + SUBMIT, SAMPLE)
    assert (wrong.status, wrong.json["code"]) == (405, 405)
    assert wrong.headers["allow"] == "POST"


def test_submissions_are_logged_with_their_outcome(start: Any, ask: Any) -> None:
    url = start(concurrency=1)
    first = ask("POST", url + SUBMIT, SAMPLE)
    ask("POST", url + SUBMIT, SAMPLE)
    ask("POST", url + SUBMIT, {})
    ask("POST", url + SUBMIT, SAMPLE, key=None)
    report = ask("GET", url + "/_emulator/requests", key=None).json
    rows = report["submissions"]
    assert [row["outcome"] for row in rows] == [
        "accepted",
        "QuotaExceeded",
        "FieldLacking",
        "Unauthorized",
    ]
    assert [row["status"] for row in rows] == [200, 429, 400, 401]
    assert rows[0]["task_id"] == first.json["task_id"]
    assert rows[0]["digest"] == rows[1]["digest"]
    assert re.fullmatch("[0-9a-f]{64}", rows[0]["digest"])
    assert report["requests"]["POST /ent/v2/reference2image"] == 4
