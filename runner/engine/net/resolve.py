"""Name lookup: host addresses, proxies of the environment, and which addresses are private."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
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

    try:
        threading.Thread(target=work, name="lookup", daemon=True).start()
    except RuntimeError as error:  # the system allows no further one: tried again later
        raise OSError(errno.EAGAIN, "no further thread can be started") from error
    return await asyncio.wrap_future(future)


# Without 198.18.0.0/15 and 100.64.0.0/10: tunnels give public names such addresses.
_PRIVATE = tuple(
    ipaddress.ip_network(net)
    for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "0.0.0.0/8", "fc00::/7")
)


class UnusableProxy(NetworkFailure):
    """The proxy for an address is not one by HTTP; nothing is sent through it, or past it."""

    def __init__(self, name: str, what: str, host: str):
        super().__init__(f"{name} names {what}")
        self.hint = f"name an http proxy there, unset it, or exempt the host: NO_PROXY={host}"


def proxy_for(scheme: str, host: str, port: int | None) -> URL | None:
    """The proxy that the environment (or macOS) has for an address; None where it has none.

    Raises UnusableProxy for one of another kind: it would be spoken to in the wrong protocol, after
    which nobody knows whether a submission has arrived.

    aiohttp can do this, but would then read `~/.netrc` too, and a password there conflicts with
    the key.
    """
    proxies = getproxies()
    kind = scheme if proxies.get(scheme) else "all"
    named = proxies.get(kind)
    if not named or proxy_bypass(host) or proxy_bypass(f"{host}:{port}"):
        return None
    if (what := _obstacle(named)) is not None:
        raise UnusableProxy(_variable(kind), what, host)
    return _proxy_url(named)


def check_proxy(base_url: str) -> None:
    """Raise UnusableProxy if that is what the environment has for the API at `base_url`."""
    url = URL(base_url, encoded=True)
    proxy_for(url.scheme, url.host or "", url.port)


def proxy_name(base_url: str) -> str | None:
    """The proxy for the API at `base_url`, without its password; None where there is none.

    Raises UnusableProxy.
    """
    url = URL(base_url, encoded=True)
    found = proxy_for(url.scheme, url.host or "", url.port)
    return None if found is None else str(found.origin())


def _obstacle(text: str) -> str | None:
    """Why a proxy cannot be used; None if it can. Without its password."""
    unreadable = "a proxy, but not by an address that can be read"
    try:
        url = _proxy_url(text)
        host, port = url.host, url.port
    except ValueError:
        return unreadable
    where = f"{url.scheme}://{host or ''}{f':{port}' if port else ''}"
    if url.scheme.startswith("socks"):
        return f"a SOCKS proxy ({where}), which is not supported"
    if url.scheme not in {"http", "https"}:
        return f"a proxy ({where}) that is neither http nor https"
    return None if host and host.strip() else unreadable


def _variable(kind: str) -> str:
    """The variable that has the proxies of a kind, as `getproxies` finds it: lower case first."""
    names = (f"{kind}_proxy", f"{kind}_proxy".upper())
    mixed = (name for name in os.environ if name.lower() == names[0])
    found = (name for name in (*names, *mixed) if os.environ.get(name))
    return next(found, f"the system's {kind} setting")


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
