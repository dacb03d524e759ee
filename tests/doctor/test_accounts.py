"""Checks of keys: whether they are there, and who may be asked without one."""

from __future__ import annotations

import pytest

from runner.doctor.accounts import check_account
from runner.doctor.check import Level
from runner.errors import Exit
from runner.providers.registry import PROVIDERS
from runner.settings.accounts import Sources

VIDU = PROVIDERS["vidu"]
KEY = "vda-secret-7351"


def test_a_key_that_is_there_is_named_not_shown() -> None:
    sources = Sources(environ={"VIDU_API_KEY": KEY})
    check, account = check_account("vidu", VIDU, sources, is_needed=True)
    assert (check.level, check.text) == (Level.OK, "VIDU_API_KEY is set")
    assert account is not None
    assert account.key is not None
    assert KEY not in f"{check}{account}"


@pytest.mark.parametrize(("is_needed", "level"), [(True, Level.FAIL), (False, Level.WARN)])
def test_a_key_that_is_missing_fails_only_if_needed(is_needed: bool, level: Level) -> None:
    check, account = check_account("vidu", VIDU, Sources(environ={}), is_needed=is_needed)
    assert check.level is level
    assert check.exit is (Exit.PROVIDER if is_needed else Exit.OK)
    assert account is not None, "the vendor's own host can be asked without a key"
    assert account.key is None


def test_a_host_of_the_manifest_without_trust_is_not_asked() -> None:
    block = {"vidu": {"base_url": "https://collect.test", "api_key_env": "VIDU_API_KEY"}}
    sources = Sources(environ={"VIDU_API_KEY": KEY}, providers=block)
    check, account = check_account("vidu", VIDU, sources, is_needed=True)
    assert check.exit is Exit.PROVIDER
    assert check.hint == (
        "to allow it: --trust collect.test=VIDU_API_KEY, or "
        "VIDU_RUN_TRUST=collect.test=VIDU_API_KEY"
    )
    assert account is None


def test_a_host_of_the_environment_is_asked_without_a_key() -> None:
    sources = Sources(environ={"VIDU_BASE_URL": "https://gateway.test"})
    _, account = check_account("vidu", VIDU, sources, is_needed=True)
    assert account is not None
    assert (account.base_url, account.key) == ("https://gateway.test", None)


def test_an_address_that_is_none_is_reported_and_not_asked() -> None:
    sources = Sources(environ={"VIDU_BASE_URL": "vidu", "VIDU_API_KEY": KEY})
    check, account = check_account("vidu", VIDU, sources, is_needed=True)
    assert 'VIDU_BASE_URL "vidu" is not the address of an API' in check.text
    assert account is None
