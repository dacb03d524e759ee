from __future__ import annotations

from typing import Any

import pytest

from runner.emulator.api.errors import ApiError
from runner.emulator.api.fields import SEED_LIMIT, Fields, is_web_url, parse


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
        parse(raw)
    assert (caught.value.status, caught.value.reason) == (400, "BadRequest")


@pytest.mark.parametrize("body", [{}, {"prompt": None}, {"prompt": ""}])
def test_a_required_field_is_there_and_not_empty(body: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match=r"input\.prompt is missing or empty") as caught:
        Fields(values=body, path="input.").prompt()
    assert caught.value.reason == "FieldLacking"


def test_limits_count_characters_rather_than_bytes() -> None:
    assert Fields(values={"prompt": "猫" * 5}).text("prompt", limit=5) == "猫" * 5
    with pytest.raises(ApiError, match="prompt has 6 characters, at most 5 are allowed"):
        Fields(values={"prompt": "猫" * 6}).text("prompt", limit=5)


def test_half_a_character_is_rejected() -> None:
    with pytest.raises(ApiError, match="not valid Unicode"):
        Fields(values={"prompt": "half a cat \ud83d"}).prompt()


@pytest.mark.parametrize("value", [True, 5.0, "5", [5], 0, 11, 10**40])
def test_an_integer_is_exactly_that_and_in_range(value: Any) -> None:
    with pytest.raises(ApiError, match="duration must be"):
        Fields(values={"duration": value}).integer("duration", 5, 1, 10)


@pytest.mark.parametrize(
    "value", ["", "-1", "1.5", "٣", "9" * 10, "9" * 5000, -1, 1.5, 2**31, True, [1]]
)
def test_a_number_is_an_integer_in_range(value: Any) -> None:
    with pytest.raises(ApiError, match="seed must be"):
        Fields(values={"seed": value}).number("seed", 0, 0, SEED_LIMIT)


@pytest.mark.parametrize("value", [7, "7", "007", 7.0])
def test_a_number_may_be_text(value: Any) -> None:
    assert Fields(values={"seed": value}).number("seed", 0, 0, SEED_LIMIT) == 7


def test_null_stands_for_an_absent_field() -> None:
    body = Fields(values=dict.fromkeys(("text", "count", "flag", "images")))
    assert (body.text("text", "x"), body.integer("count", 5, 1, 9)) == ("x", 5)
    assert (body.flag("flag"), body.texts(0, 7, "images")) == (False, [])


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
    assert not is_web_url(url)


def test_an_empty_callback_url_means_no_callback() -> None:
    assert Fields(values={"callback_url": ""}).callback_url() == ""


@pytest.mark.parametrize("count", [0, 8])
def test_the_number_of_images_has_limits(count: int) -> None:
    with pytest.raises(ApiError, match=f"1 to 7 items, not {count}") as caught:
        Fields(values={"images": ["https://a/b.png"] * count}).texts(1, 7, "images")
    assert caught.value.reason == "FieldItemCountOutOfRange"


@pytest.mark.parametrize("value", ["https://a/b.png", [1], [None], {}])
def test_images_are_a_list_of_strings(value: object) -> None:
    with pytest.raises(ApiError, match="must be a"):
        Fields(values={"images": value}).texts(0, 7, "images")
