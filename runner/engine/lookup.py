"""A host's name in, its addresses out; looked up where the end of the program waits for nothing.

asyncio looks names up on its loop's threads, and these are waited for when the loop ends: a name
server that does not answer would hold up the exit for as long as the system goes on asking it.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from aiohttp.abc import AbstractResolver, ResolveResult

T = TypeVar("T")


class Resolver(AbstractResolver):
    """The system's own resolver (hosts file and all), on threads that nobody waits for."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The host's addresses. Raises OSError when it has none."""
        return await _apart(lambda: _addresses(host, port, family))

    async def close(self) -> None:
        """Nothing is held open."""


async def addresses(host: str, port: int | None) -> list[str]:
    """The host's addresses, of whatever family. Raises OSError, or ValueError for no name."""
    found = await _apart(lambda: _addresses(host, port or 0, socket.AF_UNSPEC))
    return [row["host"] for row in found]


def _addresses(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    rows = socket.getaddrinfo(
        host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    return [
        ResolveResult(
            hostname=host,
            # With the zone of a link-local address, which the connection is lost without.
            host=socket.getnameinfo(address, _NUMERIC)[0],
            port=port,
            family=family,
            proto=proto,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for family, _, proto, _, address in rows
        if family == socket.AF_INET or len(address) > _NO_IPV6
    ]


_NUMERIC = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
_NO_IPV6 = 2
"""Parts of an IPv6 address where Python was built without IPv6: bytes that mean nothing."""


async def _apart(call: Callable[[], T]) -> T:
    """What `call` comes to, on a thread of its own: left alone when this is cancelled."""
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
