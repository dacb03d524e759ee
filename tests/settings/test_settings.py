"""The first that speaks counts, wrong values name their source, and keys go nowhere else."""

import contextlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import Location, ManifestError, ProviderError, UsageError
from runner.model import Account, Auth
from runner.settings import (
    ProviderFacts,
    Settings,
    Sources,
    duration,
    emulated_accounts,
    read_accounts,
    read_settings,
)
from runner.settings.trust import parse_address
from runner.settings.values import ValueFormError, amounts, amounts_in


def token_at_home(url: str) -> Auth:
    return "token" if "vidu" in url else "bearer"


VIDU = ProviderFacts(
    name="vidu",
    default_base_url="https://api.vidu.cn",
    hosts=frozenset({"api.vidu.cn", "api.vidu.com"}),
    key_env="VIDU_API_KEY",
    base_url_env="VIDU_BASE_URL",
    default_auth=token_at_home,
)
MODELVERSE = ProviderFacts(
    name="modelverse",
    default_base_url="https://api.modelverse.cn",
    hosts=frozenset({"api.modelverse.cn", "api.umodelverse.ai"}),
    key_env="MODELVERSE_API_KEY",
    base_url_env="MODELVERSE_BASE_URL",
    default_auth=lambda _: "raw",
)
KEYS = {"VIDU_API_KEY": "vda_1", "MODELVERSE_API_KEY": "mv_1", "TEAM_KEY": "team_1"}


def settings(
    run: dict[str, Any] | None = None,
    environ: dict[str, str] | None = None,
    flags: dict[str, Any] | None = None,
    *,
    base: Path = Path("shoot"),
) -> Settings:
    def locate(path: tuple[str | int, ...]) -> Location:
        return Location(path="m.yaml", line=len(path))

    sources = Sources(
        run=run or {}, environ=environ or {}, flags=flags or {}, base=base, locate=locate
    )
    return read_settings(sources, {})


def account(block: dict[str, Any] | None = None, *trust: str, **environ: str) -> Account:
    sources = Sources(
        providers={"vidu": block or {}}, environ={**KEYS, **environ}, flags={"trust": trust}
    )
    return read_accounts(sources, {"vidu": VIDU})["vidu"]


def refusal(block: dict[str, Any] | None = None, *trust: str, **environ: str) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        account(block, *trust, **environ)
    assert not any(key in str(caught.value) for key in KEYS.values())
    return caught.value


def key_of(found: Account) -> str:
    assert found.key is not None
    return found.key.reveal()


# ------------------------------------------------------------------------------------ settings


def test_without_a_word_every_setting_has_its_default() -> None:
    assert settings() == Settings(outputs=Path("shoot/outputs"))


def test_a_flag_counts_before_the_environment_and_that_before_the_manifest() -> None:
    run, environ, flags = {"concurrency": 7}, {"VIDU_RUN_CONCURRENCY": "8"}, {"concurrency": 9}
    assert settings(run, environ, flags).concurrency == 9
    assert settings(run, environ, {"concurrency": None}).concurrency == 8
    assert settings(run, {"VIDU_RUN_CONCURRENCY": ""}).concurrency == 7


def test_everything_can_be_said_in_the_manifest() -> None:
    found = settings(
        {
            "concurrency": 8,
            "budget": {"credits": 500, "cny": 40.5},
            "timeout": "1h30m",
            "poll_rate": 2.5,
            "outputs": "made",
            "download": False,
            "on_ambiguous": "resubmit",
            "confirm_above": 100,
            "outage": "30s",
            "settle": 0,
            "max_failures": 3,
            "x-mine": "anything",
        }
    )
    assert found == Settings(
        concurrency=8,
        budget={"credits": Decimal(500), "cny": Decimal("40.5")},
        timeout_s=5400,
        poll_rate=2.5,
        outputs=Path("shoot/made"),
        download=False,
        on_ambiguous="resubmit",
        confirm_above={"credits": Decimal(100), "cny": Decimal(100)},
        outage_s=30,
        settle_s=0,
        max_failures=3,
    )


def test_everything_can_be_said_as_text() -> None:
    found = settings(
        environ={
            "VIDU_RUN_BUDGET": "credits=500, cny=40.5",
            "VIDU_RUN_TIMEOUT": "90",
            "VIDU_RUN_POLL_RATE": "0.5",
            "VIDU_RUN_OUTPUTS": "made",
            "VIDU_RUN_DOWNLOAD": "no",
            "VIDU_RUN_CONFIRM_ABOVE": "12.5",
            "VIDU_RUN_MAX_FAILURES": "1",
        },
        flags={"settle": "2s", "on_ambiguous": "ask"},
    )
    assert found.budget == {"credits": Decimal(500), "cny": Decimal("40.5")}
    assert (found.timeout_s, found.poll_rate, found.settle_s) == (90, 0.5, 2)
    assert found.outputs == Path("made")
    assert not found.download
    assert found.confirm_above["cny"] == Decimal("12.5")
    assert found.max_failures == 1


@pytest.mark.parametrize(
    ("environ", "flags", "message"),
    [
        ({"CONCURRENCY": "x"}, {}, 'VIDU_RUN_CONCURRENCY="x" is not a whole number'),
        ({"CONCURRENCY": "1.5"}, {}, 'VIDU_RUN_CONCURRENCY="1.5" is not a whole number'),
        ({"CONCURRENCY": "0"}, {}, 'VIDU_RUN_CONCURRENCY="0" is not between 1 and 10000'),
        ({"DOWNLOAD": "maybe"}, {}, 'VIDU_RUN_DOWNLOAD="maybe" is neither true nor false'),
        ({"BUDGET": "500"}, {}, 'VIDU_RUN_BUDGET="500" names no unit: write credits, cny or both'),
        ({"BUDGET": "usd=5"}, {}, 'VIDU_RUN_BUDGET="usd=5" has the unknown unit "usd"'),
        ({"BUDGET": "cny=x"}, {}, 'VIDU_RUN_BUDGET="cny=x" is not a number'),
        ({"OUTPUTS": " "}, {}, 'VIDU_RUN_OUTPUTS=" " is not the name of a folder'),
        ({}, {"poll_rate": "0"}, "--poll-rate 0 is not above 0 and at most 1000"),
        ({}, {"poll_rate": "fast"}, "--poll-rate fast is not a number"),
        ({}, {"timeout": "soon"}, "--timeout soon is not a duration such as 30m, 5s, 1h30m"),
        ({}, {"timeout": "0"}, "--timeout 0 is no time at all"),
        ({}, {"outage": "721h"}, "--outage 721h is not between 0 and 30 days"),
        ({}, {"on_ambiguous": "guess"}, "--on-ambiguous guess is not offered (ask, resubmit)"),
    ],
)
def test_a_wrong_text_names_its_source(
    environ: dict[str, str], flags: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        settings(None, {f"VIDU_RUN_{name}": text for name, text in environ.items()}, flags)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ({"concurrency": "8"}, 'concurrency "8" is not a whole number'),
        ({"concurrency": True}, "concurrency true is not a whole number"),
        ({"download": "no"}, 'download "no" is neither true nor false'),
        ({"budget": 500}, "budget 500 names no unit: write credits, cny or both"),
        ({"budget": {}}, "budget  names no unit"),
        ({"budget": {"cny": -1}}, "budget cny: -1 is below 0"),
        ({"budget": {"cny": float("inf")}}, "budget cny: inf is not a number"),
        ({"outputs": 7}, "outputs 7 is not the name of a folder"),
        ({"timeout": "1h30"}, 'timeout "1h30" is not a duration'),
        ({"timeout": [1]}, "timeout [1] is not a duration"),
    ],
)
def test_a_wrong_value_in_the_manifest_is_told_with_its_place(
    run: dict[str, Any], message: str
) -> None:
    with pytest.raises(ManifestError) as caught:
        settings(run)
    assert f"m.yaml:2: error: {message}" in str(caught.value.diagnostics[0])


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("60 credits", "try --budget credits=60"),
        ("60credits", "try --budget credits=60"),
        ("credits: 60", "try --budget credits=60"),
        ("1 Credit and 4.50 yuan", "try --budget credits=1,cny=4.50"),
        ("¥40, 60 credits", "try --budget cny=40,credits=60"),
        ("60", "try --budget credits=60, or --budget cny=60"),
        ("60 usd", "try --budget credits=500,cny=40"),
        ("60 credits 7 credits", "try --budget credits=500,cny=40"),
        ("-60", "try --budget credits=500,cny=40"),
        ("", "try --budget credits=500,cny=40"),
    ],
)
def test_a_budget_in_another_form_is_answered_with_its_numbers_in_the_right_one(
    text: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        settings(None, flags={"budget": text})
    assert caught.value.hint == hint


def test_the_right_form_is_that_of_where_the_wrong_one_was_written() -> None:
    with pytest.raises(UsageError, match="hint: try VIDU_RUN_CONFIRM_ABOVE=credits=60"):
        settings(None, {"VIDU_RUN_CONFIRM_ABOVE": "60 credits"})


@given(st.text(st.sampled_from("1.0 =,:credtsny¥&"), max_size=12))
def test_no_text_breaks_the_reading_of_amounts(text: str) -> None:
    with contextlib.suppress(ValueFormError):
        assert all(value >= 0 for value in amounts(amounts_in(text)).values())


def test_all_wrong_values_are_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        settings(None, {"VIDU_RUN_TIMEOUT": "x", "VIDU_RUN_SETTLE": "y"})
    assert str(caught.value).count("is not a duration") == 2


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("30m", 1800), ("5s", 5), ("1h30m", 5400), ("1.5h", 5400), ("90", 90), (90, 90), (0.5, 0.5)],
)
def test_durations_are_read_as_they_are_spoken(value: Any, seconds: float) -> None:
    assert duration(value) == seconds


@given(st.integers(0, 700), st.integers(0, 59), st.integers(0, 59))
def test_a_duration_is_the_sum_of_its_parts(hours: int, minutes: int, seconds: int) -> None:
    assert duration(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds


@given(st.text(max_size=12))
def test_no_text_breaks_the_reading_of_durations(text: str) -> None:
    with contextlib.suppress(ValueFormError):
        assert duration(text) >= 0


# ----------------------------------------------------------------------------------- addresses


def test_the_vendors_address_is_the_default() -> None:
    found = account()
    assert (found.base_url, found.auth, found.concurrency) == ("https://api.vidu.cn", "token", None)
    assert (key_of(found), found.key_env) == ("vda_1", "VIDU_API_KEY")


def test_the_environments_address_counts_before_the_manifests() -> None:
    found = account({"base_url": "https://a.example"}, VIDU_BASE_URL="https://gw.example/v/")
    assert (found.base_url, found.auth) == ("https://gw.example/v", "bearer")
    assert key_of(found) == "vda_1"


def test_authorization_and_limit_can_be_said() -> None:
    found = account({"auth": "raw", "concurrency": 2})
    assert (found.auth, found.concurrency) == ("raw", 2)


def test_only_used_providers_have_an_account() -> None:
    assert read_accounts(Sources(environ={}), {}) == {}


def test_keys_are_gathered_for_redaction() -> None:
    sources = Sources(environ=KEYS)
    found = read_settings(sources, {"vidu": VIDU, "modelverse": MODELVERSE})
    assert [secret.reveal() for secret in found.secrets] == ["vda_1", "mv_1"]
    assert "vda_1" not in repr(found)


def test_a_plan_needs_no_key_and_holds_none() -> None:
    sources = Sources(providers={"vidu": {"base_url": "https://gw.example"}}, environ={})
    found = read_accounts(sources, {"vidu": VIDU}, keys=False)["vidu"]
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
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    assert "is not the address of an API" in refusal({"base_url": url}).message


def test_a_password_in_an_address_is_not_shown() -> None:
    error = refusal({"base_url": "https://me:hush@gw.example"})
    assert "hush" not in str(error)
    assert 'base_url "https://***@gw.example" is not the address of an API' in str(error)


def test_a_wrong_address_in_the_environment_is_told_by_its_name() -> None:
    assert refusal(VIDU_BASE_URL="gw").message.startswith('VIDU_BASE_URL "gw" is not')


@pytest.mark.parametrize(
    ("url", "name", "loopback"),
    [
        ("https://GW.Example./v1", "gw.example", False),
        ("https://gw.example:443", "gw.example", False),
        ("https://gw.example:8443", "gw.example:8443", False),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://127.9.9.9", "127.9.9.9", True),
        ("http://localhost:80", "localhost", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://127.0.0.1.evil.example", "127.0.0.1.evil.example", False),
        ("http://localhost.evil.example", "localhost.evil.example", False),
        ("http://10.0.0.1", "10.0.0.1", False),
    ],
)
def test_addresses_are_told_apart(url: str, name: str, *, loopback: bool) -> None:
    found = parse_address(url, "manifest")
    assert found is not None
    assert (found.name, found.loopback) == (name, loopback)


def test_a_wrong_form_of_authorization_or_limit_is_told_with_its_place() -> None:
    sources = Sources(
        providers={"vidu": {"auth": "basic", "concurrency": 0, "api_key_env": "a b"}},
        environ=KEYS,
        locate=lambda path: Location(path=".".join(map(str, path))),
    )
    with pytest.raises(ProviderError) as caught:
        read_accounts(sources, {"vidu": VIDU})
    assert "providers.vidu.api_key_env: error: api_key_env is not the name" in str(caught.value)
    sources.providers["vidu"].pop("api_key_env")
    with pytest.raises(ProviderError) as caught:
        read_accounts(sources, {"vidu": VIDU})
    assert str(caught.value).splitlines() == [
        'providers.vidu.auth: error: auth "basic" is not offered (token, bearer, raw)',
        "providers.vidu.concurrency: error: concurrency 0 is not between 1 and 10000",
    ]


# ---------------------------------------------------------------------------------------- keys


@pytest.mark.parametrize(
    "url",
    ["https://api.vidu.com", "https://api.vidu.cn:443/", "http://127.0.0.1:9/v", "http://[::1]:9"],
)
def test_the_own_key_goes_to_the_vendor_and_to_this_machine(url: str) -> None:
    assert key_of(account({"base_url": url})) == "vda_1"


def test_a_host_that_only_the_manifest_names_gets_no_key() -> None:
    error = refusal({"base_url": "https://gw.example"})
    assert error.exit == 4
    assert error.message == "only the manifest wants gw.example to get the key in VIDU_API_KEY"
    assert str(error.hint).endswith(
        "--trust gw.example=VIDU_API_KEY, or VIDU_RUN_TRUST=gw.example=VIDU_API_KEY"
    )


def test_the_other_vendors_host_gets_no_key_either() -> None:
    assert "api.modelverse.cn" in refusal({"base_url": "https://api.modelverse.cn"}).message


@pytest.mark.parametrize("url", ["https://api.vidu.cn", "http://127.0.0.1:9", "https://gw.example"])
def test_another_variable_that_the_manifest_names_is_sent_nowhere_untrusted(url: str) -> None:
    block = {"base_url": url, "api_key_env": "TEAM_KEY"}
    assert "to get the key in TEAM_KEY" in refusal(block).message
    assert "to get the key in TEAM_KEY" in refusal({"api_key_env": "TEAM_KEY"}).message


def test_the_environments_address_does_not_vouch_for_the_manifests_variable() -> None:
    error = refusal({"api_key_env": "TEAM_KEY"}, VIDU_BASE_URL="https://gw.example")
    assert error.message == "only the manifest wants gw.example to get the key in TEAM_KEY"


def test_a_trusted_pair_gets_its_key() -> None:
    block = {"base_url": "https://gw.example", "api_key_env": "TEAM_KEY"}
    assert key_of(account(block, "gw.example=TEAM_KEY")) == "team_1"
    assert key_of(account(block, VIDU_RUN_TRUST="a.example=B, GW.example=TEAM_KEY")) == "team_1"


@pytest.mark.parametrize(
    "pair",
    [
        "gw.example=VIDU_API_KEY",
        "gw.example:8443=TEAM_KEY",
        "example=TEAM_KEY",
        "x.gw.example=TEAM_KEY",
    ],
)
def test_trust_holds_for_the_very_pair_only(pair: str) -> None:
    refusal({"base_url": "https://gw.example", "api_key_env": "TEAM_KEY"}, pair)


def test_a_port_of_its_own_is_a_part_of_the_pair() -> None:
    block = {"base_url": "https://gw.example:8443", "api_key_env": "TEAM_KEY"}
    assert "--trust gw.example:8443=TEAM_KEY" in str(refusal(block, "gw.example=TEAM_KEY").hint)
    assert key_of(account(block, "gw.example:8443=TEAM_KEY")) == "team_1"


def test_the_line_to_copy_keeps_what_is_trusted_already() -> None:
    error = refusal({"base_url": "https://gw.example"}, VIDU_RUN_TRUST="a.example=A")
    assert "VIDU_RUN_TRUST=a.example=A,gw.example=VIDU_API_KEY" in str(error.hint)


@pytest.mark.parametrize(
    "entry", ["gw.example", "=A", "https://gw.example=A", "gw.example=vda-1/x"]
)
def test_a_pair_that_is_none_is_told_without_what_may_be_a_key(entry: str) -> None:
    with pytest.raises(UsageError) as caught:
        account(None, entry)
    assert "--trust: " in str(caught.value)
    assert "vda-1" not in str(caught.value)


def test_no_key_travels_in_clear_text_because_a_manifest_says_so() -> None:
    block = {"base_url": "http://gw.example"}
    error = refusal(block, "gw.example=VIDU_API_KEY")
    assert error.message == "http://gw.example would get the key in VIDU_API_KEY in clear text"
    assert "VIDU_BASE_URL=http://gw.example" in str(error.hint)
    assert "in clear text" in refusal({"base_url": "http://api.vidu.cn"}).message


def test_the_environment_may_name_an_address_in_clear_text() -> None:
    assert key_of(account(VIDU_BASE_URL="http://gw.lan:8080")) == "vda_1"


def test_a_missing_key_is_told_with_what_to_do() -> None:
    error = refusal(VIDU_API_KEY=" ")
    assert error.message == "VIDU_API_KEY is not set"
    assert error.hint == "set VIDU_API_KEY, or use --emulate"


def test_all_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(ProviderError) as caught:
        read_accounts(Sources(environ={}), {"vidu": VIDU, "modelverse": MODELVERSE})
    assert "VIDU_API_KEY is not set" in str(caught.value)
    assert "MODELVERSE_API_KEY is not set" in str(caught.value)


@pytest.mark.parametrize("key", ["Token abc", "ab\ncd", "ab\x07", '"abc"', "密钥"])
def test_what_can_be_no_key_is_refused_unseen(key: str) -> None:
    error = refusal(VIDU_API_KEY=key)
    assert "VIDU_API_KEY does not hold a key" in error.message
    assert key not in str(error)


def test_a_line_end_after_a_key_is_no_part_of_it() -> None:
    assert key_of(account(VIDU_API_KEY=" vda_9\r\n")) == "vda_9"


def test_the_emulator_gets_no_real_key() -> None:
    block = {"vidu": {"base_url": "https://gw.example", "concurrency": 2}}
    found = emulated_accounts("http://127.0.0.1:8000/", {"vidu": VIDU}, block)["vidu"]
    assert (found.base_url, found.auth, found.concurrency) == ("http://127.0.0.1:8000", "bearer", 2)
    assert key_of(found) == "emulator"
