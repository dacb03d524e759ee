"""Requests and their authorization."""

from __future__ import annotations

import pytest

from runner.errors import ProviderError, Secret
from runner.model.requests import Account, Auth, Reach, Reply
from runner.providers import base
from tests.builders import answered


def account(key: str | None = "sk-1", auth: Auth = "token") -> Account:
    return Account(
        provider="vidu",
        base_url="https://api.vidu.cn",
        auth=auth,
        key=None if key is None else Secret(key),
        key_env="VIDU_API_KEY",
    )


@pytest.mark.parametrize(
    ("auth", "expected"), [("token", "Token sk-1"), ("bearer", "Bearer sk-1"), ("raw", "sk-1")]
)
def test_the_account_decides_the_form_of_the_key(auth: Auth, expected: str) -> None:
    assert base.authorization(account(auth=auth)) == {"Authorization": expected}


def test_without_a_key_there_is_no_authorization() -> None:
    assert base.authorization(account(None)) == {}


@pytest.mark.parametrize("key", ["", " ", "sk-1\n", "sk\r\nX: y", "sk-1\x00", "sk-ключ", "sk-é"])
def test_an_invalid_key_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ProviderError, match="VIDU_API_KEY") as caught:
        base.authorization(account(key))
    assert not key.strip() or key.strip() not in str(caught.value)


def test_a_body_is_compact_utf8_json_with_its_media_type() -> None:
    sent = base.request(account(), "POST", "/x", body={"a": "猫", "b": 1})
    assert sent.body == '{"a":"猫","b":1}'.encode()
    assert sent.url == "https://api.vidu.cn/x"
    assert sent.headers["Content-Type"] == "application/json"


def test_a_get_has_no_body_and_no_media_type() -> None:
    sent = base.request(account(), "GET", "/x")
    assert sent.body is None
    assert "Content-Type" not in sent.headers


def test_the_key_is_not_in_the_repr_of_a_request() -> None:
    assert "sk-1" not in repr(base.request(account(), "GET", "/x"))


@pytest.mark.parametrize(
    ("reply", "healthy"),
    [
        (answered(200, {}), True),
        (answered(401, {"error": {}}), True),
        (answered(500, {}), False),
        (answered(200, b"<html>"), False),
        (Reply(reach=Reach.SENT, status=200, body=b"{}"), False),
    ],
)
def test_a_readable_answer_below_500_is_healthy(reply: Reply, *, healthy: bool) -> None:
    assert base.is_healthy(reply) is healthy
