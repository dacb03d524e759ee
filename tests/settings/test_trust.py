"""Key trust: a key is sent to the vendor, to this machine, and to trusted hosts only."""

from __future__ import annotations

import pytest

from runner.errors import Diagnostic, UsageError
from runner.providers import vidu
from runner.settings.trust import (
    AddressSource,
    check_trust,
    parse_address,
    trusted_pairs,
)

OWN = "VIDU_API_KEY"


def check(
    url: str, variable: str, *pairs: str, source: AddressSource = "manifest"
) -> Diagnostic | None:
    address = parse_address(url, source)
    assert address is not None
    trusted = tuple(trusted_pairs({}, pairs))
    return check_trust(address, variable, vidu, trusted)


def refusal(url: str, variable: str, *pairs: str, source: AddressSource = "manifest") -> Diagnostic:
    error = check(url, variable, *pairs, source=source)
    assert error is not None
    return error


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
def test_an_address_has_a_name_and_may_be_loopback(url: str, name: str, *, loopback: bool) -> None:
    found = parse_address(url, "manifest")
    assert found is not None
    assert (found.name, found.loopback) == (name, loopback)


@pytest.mark.parametrize(
    "url",
    ["https://api.vidu.com", "https://api.vidu.cn:443/", "http://127.0.0.1:9/v", "http://[::1]:9"],
)
def test_the_vendors_key_may_go_to_vendor_and_loopback(url: str) -> None:
    assert check(url, OWN) is None


def test_a_host_that_only_the_manifest_names_gets_no_key() -> None:
    error = refusal("https://gw.example", OWN)
    assert (
        error.message
        == "the manifest sends the key in VIDU_API_KEY to gw.example, which is not trusted"
    )
    assert error.hint == (
        "to allow it: --trust gw.example=VIDU_API_KEY, or VIDU_RUN_TRUST=gw.example=VIDU_API_KEY"
    )


def test_the_other_vendors_host_gets_no_key_either() -> None:
    assert "api.modelverse.cn" in refusal("https://api.modelverse.cn", OWN).message


@pytest.mark.parametrize("url", ["https://api.vidu.cn", "http://127.0.0.1:9", "https://gw.example"])
def test_a_variable_from_the_manifest_must_be_trusted(url: str) -> None:
    assert "the key in TEAM_KEY to" in refusal(url, "TEAM_KEY").message


def test_an_address_from_the_environment_needs_trust_too() -> None:
    error = refusal("https://gw.example", "TEAM_KEY", source="environment")
    assert (
        error.message
        == "the manifest sends the key in TEAM_KEY to gw.example, which is not trusted"
    )


def test_a_trusted_pair_is_allowed() -> None:
    assert check("https://gw.example", "TEAM_KEY", "a.example=B, GW.example=TEAM_KEY") is None


@pytest.mark.parametrize(
    "pair",
    [
        "gw.example=VIDU_API_KEY",
        "gw.example:8443=TEAM_KEY",
        "example=TEAM_KEY",
        "x.gw.example=TEAM_KEY",
    ],
)
def test_trust_applies_to_the_exact_pair_only(pair: str) -> None:
    refusal("https://gw.example", "TEAM_KEY", pair)


def test_a_nonstandard_port_is_part_of_the_pair() -> None:
    url = "https://gw.example:8443"
    error = refusal(url, "TEAM_KEY", "gw.example=TEAM_KEY")
    assert "--trust gw.example:8443=TEAM_KEY" in str(error.hint)
    assert check(url, "TEAM_KEY", "gw.example:8443=TEAM_KEY") is None


def test_the_line_to_copy_keeps_the_trusted_pairs() -> None:
    error = refusal("https://gw.example", OWN, "a.example=A")
    assert "VIDU_RUN_TRUST=a.example=A,gw.example=VIDU_API_KEY" in str(error.hint)


def test_a_manifest_cannot_send_a_key_in_clear_text() -> None:
    error = refusal("http://gw.example", OWN, "gw.example=VIDU_API_KEY")
    assert error.message == "http://gw.example would receive the key in VIDU_API_KEY in clear text"
    assert "VIDU_BASE_URL=http://gw.example" in str(error.hint)
    assert "in clear text" in refusal("http://api.vidu.cn", OWN).message


def test_the_environment_may_allow_clear_text() -> None:
    assert check("http://gw.lan:8080", OWN, source="environment") is None


@pytest.mark.parametrize(
    "entry", ["gw.example", "=A", "https://gw.example=A", "gw.example=vda-1/x"]
)
def test_a_malformed_pair_is_rejected_without_showing_a_key(entry: str) -> None:
    with pytest.raises(UsageError) as caught:
        list(trusted_pairs({}, [entry]))
    assert "--trust: " in str(caught.value)
    assert "vda-1" not in str(caught.value)
