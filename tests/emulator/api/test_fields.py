from __future__ import annotations

from typing import Any

import pytest

from runner.emulator.api import fields
from runner.emulator.api.errors import ApiError


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
def test_only_a_json_object_is_a_body(raw: bytes) -> None:
    with pytest.raises(ApiError) as caught:
        fields.parse(raw)
    assert (caught.value.status, caught.value.reason) == (400, "BadRequest")


@pytest.mark.parametrize("body", [{}, {"prompt": None}, {"prompt": ""}])
def test_a_required_field_is_there_and_not_empty(body: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match=r"input\.prompt is missing or empty") as caught:
        fields.required(body, "prompt", "input.prompt")
    assert caught.value.reason == "FieldLacking"


def test_limits_count_characters_rather_than_bytes() -> None:
    assert fields.text("猫" * 5, "prompt", 5) == "猫" * 5
    with pytest.raises(ApiError, match="prompt has 6 characters, at most 5 are allowed"):
        fields.text("猫" * 6, "prompt", 5)


def test_half_a_character_is_rejected() -> None:
    with pytest.raises(ApiError, match="not valid Unicode"):
        fields.text("half a cat \ud83d", "prompt")


@pytest.mark.parametrize("value", [True, 5.0, "5", None, [5], 0, 11, 10**40])
def test_an_integer_is_exactly_that_and_in_range(value: Any) -> None:
    with pytest.raises(ApiError, match="duration must be"):
        fields.integer(value, "duration", 1, 10)


@pytest.mark.parametrize("value", ["", "-1", "1.5", "٣", "9" * 19, "9" * 5000, 5, True, None])
def test_a_seed_is_a_string_of_digits(value: Any) -> None:
    with pytest.raises(ApiError):
        fields.seed_digits(value)


def test_a_seed_may_have_leading_zeros() -> None:
    assert fields.seed_digits("007") == 7


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "example.com/hook",
        "http://",
        "http://[::1/",
        "http://a:99999/",
        "http://a:0/",
        "https://example.com/a b.png",
        "https://example.com/\n",
    ],
)
def test_only_whole_http_addresses_are_urls(url: str) -> None:
    assert not fields.is_web_url(url)


def test_an_empty_callback_url_means_no_callback() -> None:
    assert fields.callback_url("") == ""
