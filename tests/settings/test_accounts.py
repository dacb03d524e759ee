"""Accounts: addresses, limits and keys of the providers in use."""

from __future__ import annotations

from typing import Any

import pytest

from runner.errors import Location, ProviderError
from runner.model.requests import Account
from runner.providers import modelverse, vidu
from runner.settings.accounts import Sources, emulated_accounts, read_accounts
from runner.settings.settings import Settings

KEYS = {"VIDU_API_KEY": "vda_1", "MODELVERSE_API_KEY": "mv_1", "TEAM_KEY": "team_1"}


def account(block: dict[str, Any] | None = None, *trust: str, **environ: str) -> Account:
    sources = Sources(
        providers={"vidu": block or {}}, environ={**KEYS, **environ}, flags={"trust": trust}
    )
    return read_accounts(sources, {"vidu": vidu}, keys=True)["vidu"]


def refusal(block: dict[str, Any] | None = None, *trust: str, **environ: str) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        account(block, *trust, **environ)
    assert not any(key in str(caught.value) for key in KEYS.values())
    return caught.value


def key_of(found: Account) -> str:
    assert found.key is not None
    return found.key.reveal()


def test_the_vendors_address_is_the_default() -> None:
    found = account()
    assert (found.base_url, found.auth, found.concurrency) == ("https://api.vidu.cn", "token", None)
    assert (key_of(found), found.key_env) == ("vda_1", "VIDU_API_KEY")


def test_an_address_in_the_environment_wins() -> None:
    found = account({"base_url": "https://a.example"}, VIDU_BASE_URL="https://gw.example/v/")
    assert (found.base_url, found.auth) == ("https://gw.example/v", "bearer")
    assert key_of(found) == "vda_1"


def test_the_manifest_can_set_authorization_and_limit() -> None:
    found = account({"auth": "raw", "concurrency": 2})
    assert (found.auth, found.concurrency) == ("raw", 2)


def test_only_used_providers_have_an_account() -> None:
    assert read_accounts(Sources(environ={}), {}, keys=True) == {}


def test_keys_are_collected_for_redaction() -> None:
    sources = Sources(environ=KEYS)
    accounts = read_accounts(sources, {"vidu": vidu, "modelverse": modelverse}, keys=True)
    found = Settings(accounts=accounts)
    assert [secret.reveal() for secret in found.secrets] == ["vda_1", "mv_1"]
    assert "vda_1" not in repr(found)


def test_a_plan_needs_and_reads_no_key() -> None:
    sources = Sources(providers={"vidu": {"base_url": "https://gw.example"}}, environ={})
    found = read_accounts(sources, {"vidu": vidu}, keys=False)["vidu"]
    assert (found.base_url, found.key) == ("https://gw.example", None)


@pytest.mark.parametrize(
    "url",
    [
        "gw.example",
        "ftp://gw.example",
        "https://",
        "https://gw.example?x=1",
        "https://gw.example#x",
        "https://gw.example:0",
        "https://gw.example:65536",
        "https://gw.example\\@evil.example",
        "https://gw.example\n.evil.example",
        "https://gw.example%2eevil.example",
        "https://\uff41pi.vidu.cn",
        "https://.",
        "",
    ],
)
def test_a_malformed_address_is_rejected(url: str) -> None:
    assert "is not the address of an API" in refusal({"base_url": url}).message


def test_a_password_in_an_address_is_not_shown() -> None:
    error = refusal({"base_url": "https://me:hush@gw.example"})
    assert "hush" not in str(error)
    assert 'base_url "https://***@gw.example" is not the address of an API' in str(error)


def test_a_malformed_address_names_its_variable() -> None:
    assert refusal(VIDU_BASE_URL="gw").message.startswith('VIDU_BASE_URL "gw" is not')


def test_wrong_values_of_a_provider_have_their_location() -> None:
    sources = Sources(
        providers={"vidu": {"auth": "basic", "concurrency": 0, "api_key_env": "a b"}},
        environ=KEYS,
        locate=lambda path: Location(path=".".join(map(str, path))),
    )
    with pytest.raises(ProviderError) as caught:
        read_accounts(sources, {"vidu": vidu}, keys=True)
    assert "providers.vidu.api_key_env: error: api_key_env is not the name" in str(caught.value)
    sources.providers["vidu"].pop("api_key_env")
    with pytest.raises(ProviderError) as caught:
        read_accounts(sources, {"vidu": vidu}, keys=True)
    assert str(caught.value).splitlines() == [
        'providers.vidu.auth: error: auth "basic" is not one of: token, bearer, raw',
        "providers.vidu.concurrency: error: concurrency 0 is not between 1 and 10000",
    ]


def test_a_missing_key_has_a_hint() -> None:
    error = refusal(VIDU_API_KEY=" ")
    assert error.message == "VIDU_API_KEY is not set"
    assert error.hint == "set VIDU_API_KEY, or use --emulate"


def test_all_missing_keys_are_reported_at_once() -> None:
    with pytest.raises(ProviderError) as caught:
        read_accounts(Sources(environ={}), {"vidu": vidu, "modelverse": modelverse}, keys=True)
    assert "VIDU_API_KEY is not set" in str(caught.value)
    assert "MODELVERSE_API_KEY is not set" in str(caught.value)


@pytest.mark.parametrize("key", ["Token abc", "ab\ncd", "ab\x07", '"abc"', "密钥"])
def test_a_malformed_key_is_rejected_and_not_shown(key: str) -> None:
    error = refusal(VIDU_API_KEY=key)
    assert "VIDU_API_KEY does not contain a key" in error.message
    assert key not in str(error)


def test_white_space_around_a_key_is_stripped() -> None:
    assert key_of(account(VIDU_API_KEY=" vda_9\r\n")) == "vda_9"


def test_the_emulator_gets_no_real_key() -> None:
    block = {"vidu": {"base_url": "https://gw.example", "concurrency": 2}}
    found = emulated_accounts("http://127.0.0.1:8000/", {"vidu": vidu}, block)["vidu"]
    assert (found.base_url, found.auth, found.concurrency) == ("http://127.0.0.1:8000", "bearer", 2)
    assert key_of(found) == "emulator"


def test_a_host_that_is_not_trusted_is_an_error() -> None:
    error = refusal({"base_url": "https://gw.example"})
    assert error.exit == 4
    assert (
        error.message
        == "the manifest sends the key in VIDU_API_KEY to gw.example, which is not trusted"
    )


def test_a_trusted_pair_gets_its_key() -> None:
    block = {"base_url": "https://gw.example", "api_key_env": "TEAM_KEY"}
    assert key_of(account(block, "gw.example=TEAM_KEY")) == "team_1"
    assert key_of(account(block, VIDU_RUN_TRUST="a.example=B, GW.example=TEAM_KEY")) == "team_1"


def test_the_environment_may_name_the_address() -> None:
    assert key_of(account(VIDU_BASE_URL="http://gw.lan:8080")) == "vda_1"
