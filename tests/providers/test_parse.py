"""Parsers of foreign ANY_JSON never raise and never return too much."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.providers import parse
from tests.builders import ANY_JSON


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"<html>",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"n":' + b"9" * 5_000 + b"}",
        b'{"a": 1} trailing',
    ],
)
def test_a_body_that_is_not_a_json_object_is_none(body: bytes) -> None:
    assert parse.json_object(body) is None


def test_a_byte_order_mark_is_accepted() -> None:
    assert parse.json_object(b"\xef\xbb\xbf" + b'{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    "body",
    [
        '{"prompt": "一只可爱的小猫", "task_id": "911"}'.encode("gb18030"),
        '{"prompt": "運動場", "task_id": "911"}'.encode("gb18030"),
        b'{"prompt": "cut \xe4\xb8", "task_id": "911"}',
        b'{"prompt": "caf\xe9\n\tline", "task_id": "911"}',
    ],
)
def test_a_prompt_in_another_encoding_hides_no_task(body: bytes) -> None:
    found = parse.json_object(body)
    assert found is not None
    assert found["task_id"] == "911"


@given(st.binary())
def test_no_bytes_raise(body: bytes) -> None:
    parse.json_object(body)


@given(ANY_JSON)
def test_no_value_raises_and_every_text_can_be_written(value: Any) -> None:
    kept = [
        parse.text(value),
        parse.task_id(value),
        parse.whole(value),
        parse.url(value),
        parse.child(value, "a"),
        parse.scalars(value),
    ]
    json.dumps(kept, allow_nan=False).encode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("911092490931552256", "911092490931552256"),
        (911092490931552256, "911092490931552256"),
        (" t-1 ", "t-1"),
        ("a/../b", "a/../b"),
        ("", None),
        ("   ", None),
        ("..", None),
        ("with space", "with space"),
        ("猫", "猫"),
        ("x" * 513, None),
        (True, None),
        (0, None),
        (-5, None),
        (9.11e17, None),
        (10**30, None),
        (None, None),
        (["t"], None),
        ({}, None),
    ],
)
def test_an_id_is_visible_text_or_an_integer(value: Any, expected: str | None) -> None:
    assert parse.task_id(value) == expected


def test_the_first_value_that_can_be_an_id_is_used() -> None:
    assert parse.task_id(None, "", "b", "c") == "b"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (6, 6),
        (0, 0),
        (6.0, 6),
        ("6", 6),
        (" 616519648 ", 616519648),
        (6.5, None),
        (-1, None),
        ("-1", None),
        ("six", None),
        ("٦", None),
        (True, None),
        (float("nan"), None),
        (float("inf"), None),
        (2**63, None),
        ("9" * 5_000, None),
        (None, None),
        ([6], None),
    ],
)
def test_a_whole_number_may_come_as_int_float_or_digits(value: Any, expected: int | None) -> None:
    assert parse.whole(value) == expected


def test_a_long_text_is_cut_visibly() -> None:
    kept = parse.text("x" * 2_500)
    assert kept is not None
    assert kept.startswith("x" * 2_000 + "…")
    assert "500 more characters cut" in kept


def test_a_lone_surrogate_does_not_survive() -> None:
    assert parse.text("a\ud800b") == "a?b"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a b",
        "a\nb",
        "x" * 70_000,
        None,
        7,
        "https://",
        "https:///path",
        "http://a b/c",
        "https://h/\ud800",
        "//h/c",
        "file:///etc/passwd",
    ],
)
def test_what_cannot_be_a_url_is_none(value: Any) -> None:
    assert parse.url(value) is None


def test_a_url_is_kept_byte_for_byte() -> None:
    signed = "https://h/%e4%BD%a0?Signature=a%2Fb%3D&x=%7E~"
    assert parse.url(signed) == signed


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://h/a b.png?n=c d", "https://h/a%20b.png?n=c%20d"),
        ("https://h/文件.png?x=é%2F", "https://h/%E6%96%87%E4%BB%B6.png?x=%C3%A9%2F"),
        ("  https://h/a.png\n", "https://h/a.png"),
        ("https://h/a\r\n.png", "https://h/a.png"),
        ("https://h/a\x00\u00a0b", "https://h/a%00%C2%A0b"),
        ("https://bücher.example:8443/a", "https://xn--bcher-kva.example:8443/a"),
        ("HTTPS://H/a|b{c}", "HTTPS://H/a|b{c}"),
    ],
)
def test_what_no_url_contains_is_encoded(value: str, expected: str) -> None:
    assert parse.url(value) == expected


def test_usage_keeps_plain_values_only() -> None:
    usage = {
        "duration": 5,
        "f": 0.5,
        "n": float("nan"),
        "deep": {},
        "t": "x",
        "b": True,
        "h": 2**70,
    }
    assert parse.scalars(usage) == {"duration": 5, "f": 0.5, "t": "x", "b": True}


def test_usage_is_bounded() -> None:
    assert len(parse.scalars({str(n): n for n in range(1_000)})) == 50


DATE = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": DATE}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 -0000", "date": DATE}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:27:30 GMT", "date": DATE}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT"}, None),
        ({"retry-after": "Wed, 99 Oct 99999 99:99:99 GMT", "date": DATE}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], expected: float | None) -> None:
    assert parse.retry_after(headers) == expected


@given(st.text())
def test_no_retry_after_raises(value: str) -> None:
    parse.retry_after({"retry-after": value, "date": value})
