"""The question to a provider: how far it gets, and what its `Date` shows."""

from __future__ import annotations

import pytest

from runner.doctor.network import ask_all, skew
from runner.emulator.options import EmulatorOptions
from runner.emulator.server import run_emulator
from runner.model.requests import Account, Reach
from runner.providers.registry import PROVIDERS
from runner.settings.accounts import emulated_accounts

DATE = "Thu, 01 Jan 1970 00:01:40 GMT"
"""100 s after 1970 began, to the second below."""


@pytest.mark.parametrize(
    ("sent_at", "answered_at", "ahead_s"),
    [(100.2, 100.9, 0), (99.0, 100.1, 0), (99.9, 102.0, 0), (161.0, 162.0, 60), (39, 40.0, -60)],
)
def test_the_clock_is_compared_within_the_answer(
    sent_at: float, answered_at: float, ahead_s: float
) -> None:
    assert skew(DATE, sent_at, answered_at) == ahead_s


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_without_a_date_nothing_is_known_of_the_clock(date: str) -> None:
    assert skew(date, 1, 2) is None


def accounts(url: str) -> list[Account]:
    return [*emulated_accounts(url, PROVIDERS).values()]


def test_every_provider_is_asked_one_free_question() -> None:
    with run_emulator(EmulatorOptions(time_scale=0)) as url:
        found = ask_all(accounts(url), trust_env=False)
    assert [facts.account.provider for facts in found] == [*PROVIDERS]
    replies = [facts.reply for facts in found]
    assert all(reply and reply.reach is Reach.ANSWERED for reply in replies)
    assert all(abs(facts.skew_s or 0) < 1 for facts in found)


def test_an_address_where_nobody_listens_is_an_error_text() -> None:
    (facts, _) = ask_all(accounts("http://127.0.0.1:1"), trust_env=False)
    assert facts.reply is not None
    assert facts.reply.reach is Reach.NOT_SENT
    assert "cannot connect" in facts.reply.error


def test_a_name_without_an_address_is_not_asked() -> None:
    (facts, _) = ask_all(accounts("http://nobody.invalid"), trust_env=False)
    assert facts.lookup_error
    assert facts.reply is None


def test_a_proxy_that_cannot_be_used_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1080")
    (facts, _) = ask_all(accounts("http://a.test"), trust_env=True)
    assert "SOCKS" in str(facts.proxy_error)


def test_a_proxy_is_shown_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://me:secret@127.0.0.1:1")
    (facts, _) = ask_all(accounts("http://a.test"), trust_env=True)
    assert facts.proxy == "http://127.0.0.1:1"
    assert facts.reply is not None
    assert "proxy" in facts.reply.error
