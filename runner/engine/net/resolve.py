"""Name lookup: host addresses, proxies of the environment, and which addresses are private."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar
from urllib.request import getproxies, proxy_bypass

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from runner.engine.net.errors import NetworkFailure

T = TypeVar("T")


class Resolver(AbstractResolver):
    """The system's resolver, hosts file included, on threads that no exit waits for."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The host's addresses. Raises OSError when it has none."""
        return await _in_thread(lambda: _addresses(host, port, family))

    async def close(self) -> None:
        """Do nothing: no resource is open."""


def _addresses(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    rows = socket.getaddrinfo(
        host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    return [
        ResolveResult(
            hostname=host,
            # With the zone of a link-local address: there is no connection without it.
            host=socket.getnameinfo(address, _NUMERIC)[0],
            port=port,
            family=family,
            proto=proto,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for family, _, proto, _, address in rows
    ]


_NUMERIC = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV


async def _in_thread(call: Callable[[], T]) -> T:
    """Run `call` on a thread of its own, which goes on when this is cancelled."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def work() -> None:
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001 - raised where it is awaited
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=work, name="lookup", daemon=True).start()
    return await asyncio.wrap_future(future)


# Without 198.18.0.0/15 and 100.64.0.0/10: tunnels give public names such addresses.
_PRIVATE = tuple(
    ipaddress.ip_network(net)
    for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "0.0.0.0/8", "fc00::/7")
)


def proxy_for(scheme: str, host: str, port: int | None) -> URL | None:
    """The proxy that the environment (or macOS) has for an address; None where it has none.

    aiohttp can do this, but would then read `~/.netrc` too, and a password there conflicts with
    the key.
    """
    proxies = getproxies()
    named = proxies.get(scheme) or proxies.get("all")
    if not named or proxy_bypass(host) or proxy_bypass(f"{host}:{port}"):
        return None
    return _proxy_url(named)


def _proxy_url(text: str) -> URL:
    return URL(text if "://" in text else f"http://{text}")


def is_private(address: str) -> bool:
    """Whether an IP address belongs to this machine or its network; False for a name."""
    try:
        found = ipaddress.ip_address(address.strip("[]").split("%", maxsplit=1)[0])
    except ValueError:
        return False
    # `::ffff:10.0.0.1` reaches 10.0.0.1.
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    is_inner = any(found in net for net in _PRIVATE)
    return is_inner or found.is_loopback or found.is_link_local or found.is_unspecified


class PublicResolver(Resolver):
    """A resolver that refuses names with private addresses.

    It is called as a connection is made, so a name cannot change its address after the check.
    `exempt`: hosts that may be private, the user's own proxies.
    """

    def __init__(self, exempt: Collection[str]):
        super().__init__()
        self._exempt = exempt

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The host's addresses. Raises OSError, or NetworkFailure if one is private."""
        found = await super().resolve(host, port, family)
        if host not in self._exempt and any(is_private(row["host"]) for row in found):
            raise NetworkFailure(PRIVATE)
        return found


PRIVATE = "the address is on this machine or in a private network"


def proxy_hosts() -> frozenset[str]:
    """The hosts of all proxies of the environment that can be read."""
    hosts = set[str | None]()
    for scheme, text in getproxies().items():
        with suppress(ValueError):
            hosts.add(_proxy_url(text).host if scheme != "no" else None)
    return frozenset(filter(None, hosts))
