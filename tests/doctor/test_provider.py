"""Checks of a provider: what an answer, or its lack, shows."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from runner.doctor.check import Check, Level
from runner.doctor.network import NetworkFacts
from runner.doctor.provider import balance_check, check_provider, clock_check
from runner.engine.net.resolve import UnusableProxy
from runner.errors import Exit, Secret
from runner.model.requests import Account, Reach, Reply
from runner.providers.base import AccountLoad

KEY = "vda-secret-7351"
BALANCE = {"remains": [{"type": "metered", "credit_remain": 90, "concurrency_limit": 5}]}


def account(provider: str = "vidu", *, key: str | None = KEY) -> Account:
    return Account(
        provider=provider,
        base_url=f"https://api.{provider}.test",
        auth="token",
        key=Secret(key) if key else None,
        key_env=f"{provider.upper()}_API_KEY",
    )


def answered(status: int, body: Any) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(reach=Reach.ANSWERED, status=status, body=content)


def checked(needed: int | None = None, **facts: Any) -> dict[str, Check]:
    known = NetworkFacts(**{"account": account(), "is_looked_up": True, **facts})
    found = check_provider(known, None if needed is None else Decimal(needed))
    return {check.id: check for check in found}


def test_a_good_answer_passes_every_check() -> None:
    found = checked(reply=answered(200, BALANCE), seconds=0.12, skew_s=0.0)
    assert list(found) == ["proxy", "dns", "tls", "clock", "api", "balance"]
    assert {check.level for check in found.values()} == {Level.OK}
    assert found["api"].text == "answers in 120 ms and accepts the key"


def test_an_unknown_task_is_a_good_answer_of_modelverse() -> None:
    error = {"error": {"code": "task_not_exist", "message": "no such task"}}
    found = checked(account=account("modelverse"), reply=answered(400, error))
    assert found["api"].level is Level.OK
    assert "balance" not in found


@pytest.mark.parametrize("provider", ["vidu", "modelverse"])
def test_a_refused_key_ends_a_run_with_4(provider: str) -> None:
    error = {"code": 401, "reason": "Unauthorized", "message": f"bad key {KEY}"}
    found = checked(account=account(provider), reply=answered(401, error))
    assert found["api"].exit is Exit.PROVIDER
    assert f"refuses the key in {provider.upper()}_API_KEY" in found["api"].text
    assert KEY not in str(found)


def test_without_a_key_an_answer_is_enough() -> None:
    found = checked(account=account(key=None), reply=answered(401, {"reason": "Unauthorized"}))
    assert found["api"].level is Level.OK
    assert found["api"].text.endswith("the key was not tried")


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (answered(503, {"reason": "busy"}), Exit.INCOMPLETE),
        (answered(200, b"<html>welcome</html>"), Exit.PROVIDER),
        (answered(302, b""), Exit.PROVIDER),
    ],
)
def test_what_is_no_api_is_a_failure(reply: Reply, code: Exit) -> None:
    assert checked(reply=reply)["api"].exit is code


def test_too_many_requests_are_a_warning() -> None:
    error = {"reason": "TooManyRequests", "message": "slow down"}
    assert checked(reply=answered(429, error))["api"].level is Level.WARN


def test_what_comes_after_an_error_is_not_checked() -> None:
    refused = UnusableProxy("HTTPS_PROXY", "a SOCKS proxy", "api.vidu.test")
    assert list(checked(proxy_error=refused)) == ["proxy"]
    assert list(checked(lookup_error="Name or service not known")) == ["proxy", "dns"]
    cut = Reply(reach=Reach.NOT_SENT, error="cannot connect to a.test:443")
    assert list(checked(reply=cut)) == ["proxy", "dns", "tls"]


def test_a_certificate_that_does_not_verify_ends_with_4() -> None:
    reply = Reply(reach=Reach.UNTRUSTED, error="the certificate of a.test cannot be verified")
    assert checked(reply=reply)["tls"].exit is Exit.PROVIDER


@pytest.mark.parametrize(("skew_s", "text"), [(90, "1 min 30 s ahead of"), (-3600, "1 h behind")])
def test_a_clock_that_is_off_is_a_warning(skew_s: float, text: str) -> None:
    found = clock_check("vidu", skew_s)
    assert found.level is Level.WARN
    assert found.text.startswith(f"{text} the provider's")


@pytest.mark.parametrize(
    ("left", "needed", "level"),
    [
        (90, 90, Level.OK),
        (90, 91, Level.WARN),
        (1, None, Level.OK),
        (0, None, Level.FAIL),
        (0, 6, Level.FAIL),
        (0, 0, Level.OK),
        (None, 6, Level.OK),
    ],
)
def test_the_balance_is_compared_with_the_plan(
    left: int | None, needed: int | None, level: Level
) -> None:
    load = AccountLoad(places=5, in_use=2, waiting=1, credits=left)
    found = balance_check("vidu", load, None if needed is None else Decimal(needed))
    assert found.level is level
    assert "2 of 5 places in use, 1 waiting" in found.text
