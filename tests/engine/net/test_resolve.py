"""Names are looked up by the system, on threads that hold nothing up."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest
from yarl import URL

from runner.engine.net.resolve import (
    Resolver,
    UnusableProxy,
    check_proxy,
    is_private,
    proxy_for,
    proxy_hosts,
)


def test_names_are_looked_up_by_the_system() -> None:
    found = asyncio.run(Resolver().resolve("localhost", 8080, socket.AF_INET))
    assert {(row["hostname"], row["host"], row["port"]) for row in found} == {
        ("localhost", "127.0.0.1", 8080)
    }


def test_an_ipv6_address_is_accepted() -> None:
    found = asyncio.run(Resolver().resolve("::1", 80, socket.AF_UNSPEC))
    assert [row["host"] for row in found] == ["::1"]


def test_an_unknown_name_is_an_os_error() -> None:
    with pytest.raises(OSError, match=r"\w"):
        asyncio.run(Resolver().resolve("no-such-host.invalid"))


def test_an_invalid_name_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="label"):
        asyncio.run(Resolver().resolve(f"{'a' * 70}.example", 80))


def test_a_lookup_without_an_answer_does_not_delay_exit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, answering = threading.Event(), threading.Event()

    def silent(*_: object, **__: object) -> list[object]:
        asked.set()
        answering.wait(60)
        return []

    async def scene() -> None:
        looking = asyncio.ensure_future(Resolver().resolve("example.com"))
        await asyncio.to_thread(asked.wait)
        looking.cancel()

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    asyncio.run(scene())
    assert not answering.is_set()
    threads = [each for each in threading.enumerate() if each.name == "lookup"]
    answering.set()
    for each in threads:
        each.join()


# ------------------------------------------------------------------------ addresses and proxies


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "::1", "[::1]", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
        *("10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254"),
        *("0.0.0.1", "::", "fe80::1%eth0", "fc00::1", "fd12::1"),
    ],
)
def test_addresses_of_this_network_are_private(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "172.32.0.1", "2606:4700::1", "198.18.0.7", "100.64.0.1", "name.example", ""],
)
def test_other_addresses_and_names_are_not_private(address: str) -> None:
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
    asked = URL(url)
    found = proxy_for(asked.scheme, asked.host or "", asked.port)
    assert found == (URL(proxy) if proxy else None)


@pytest.mark.parametrize("kind", ["socks", "socks4", "socks4a", "socks5", "socks5h", "SOCKS5"])
@pytest.mark.parametrize("name", ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"])
def test_a_socks_proxy_is_refused_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    monkeypatch.setenv(name, f"{kind}://me:secret@p.test:1080")
    with pytest.raises(UnusableProxy) as caught:
        proxy_for("https", "a.test", 443)
    text = f"{name} names a SOCKS proxy ({kind.lower()}://p.test:1080), which is not supported"
    assert str(caught.value) == text
    assert "NO_PROXY=a.test" in caught.value.hint


@pytest.mark.parametrize("text", ["http://[::1", "ftp://p.test", "http://:80", "p.test:port"])
def test_a_proxy_that_is_none_by_http_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", text)
    with pytest.raises(UnusableProxy, match="HTTPS_PROXY names a proxy"):
        proxy_for("https", "a.test", 443)


@pytest.mark.parametrize(
    "variables",
    [
        {"ALL_PROXY": "socks5://p:1", "NO_PROXY": "a.test"},
        {"ALL_PROXY": "socks5://p:1", "no_proxy": "*"},
        {"ALL_PROXY": "socks5://p:1", "HTTPS_PROXY": "http://p:2"},
        {"HTTP_PROXY": "socks5://p:1"},
        {"SOCKS_PROXY": "socks5://p:1"},
    ],
)
def test_a_socks_proxy_that_is_not_used_is_no_error(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    check_proxy("https://a.test/v1")


def test_proxy_hosts_are_those_that_can_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://me:pw@one.test:1")
    monkeypatch.setenv("https_proxy", "two.test:1")
    monkeypatch.setenv("all_proxy", "http://[::1")
    monkeypatch.setenv("no_proxy", "three.test")
    assert proxy_hosts() == {"one.test", "two.test"}


@pytest.mark.parametrize("value", ["http://", " ", "http:// :80"])
def test_a_proxy_without_a_host_cannot_be_read(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(UnusableProxy, match="not by an address that can be read"):
        check_proxy("https://a.test/v1")
