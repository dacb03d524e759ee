"""Which addresses are private, and which proxy the environment names."""

from __future__ import annotations

import pytest
from yarl import URL

from runner.engine.net.resolve import Proxies, is_private, proxy_hosts


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "::1", "[::1]", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
        *("10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254"),
        *("0.0.0.1", "::", "fe80::1%eth0", "fc00::1", "fd12::1"),
    ],
)
def test_an_address_of_ones_own_network_is_private(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "172.32.0.1", "2606:4700::1", "198.18.0.7", "100.64.0.1", "name.example", ""],
)
def test_other_addresses_and_names_are_not(address: str) -> None:
    assert not is_private(address)


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({}, "https://a.test", None),
        ({"https_proxy": "http://p:1"}, "https://a.test", "http://p:1"),
        ({"https_proxy": "http://p:1"}, "http://a.test", None),
        ({"HTTPS_PROXY": "p:1"}, "https://a.test", "http://p:1"),
        ({"all_proxy": "http://p:1"}, "https://a.test", "http://p:1"),
        ({"https_proxy": "http://p:1", "no_proxy": "a.test"}, "https://a.test", None),
        ({"https_proxy": "http://p:1", "no_proxy": ".test"}, "https://a.test", None),
        ({"https_proxy": "http://p:1", "no_proxy": "b.test"}, "https://a.test", "http://p:1"),
        ({"https_proxy": "http://p:1", "no_proxy": "a.test:443"}, "https://a.test", None),
        ({"https_proxy": ""}, "https://a.test", None),
    ],
)
def test_the_environment_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], url: str, proxy: str | None
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert Proxies().of(URL(url)) == (URL(proxy) if proxy else None)


def test_the_hosts_of_proxies_are_known_as_far_as_they_can_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://me:pw@one.test:1")
    monkeypatch.setenv("https_proxy", "two.test:1")
    monkeypatch.setenv("all_proxy", "http://[::1")
    monkeypatch.setenv("no_proxy", "three.test")
    assert proxy_hosts() == {"one.test", "two.test"}
