"""Network errors: how far a failed request got, and what to show the user.

The texts are our own and the operating system's, never the server's: they can contain no key.
"""

from __future__ import annotations

import errno
import os

import aiohttp

from runner.model.requests import Reach


class NetworkFailure(Exception):  # noqa: N818 - what happened, not a defect
    """An exchange that this program ended itself, for the reason in its text."""


NETWORK_ERRORS = (aiohttp.ClientError, OSError, TimeoutError, ValueError, NetworkFailure)
"""All that a request can end with, except defects and cancellation.

ValueError: an address or header that cannot be sent.
"""

_BEFORE_SENDING = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)
"""Raised only while connecting, proxy and TLS included."""


def reach(error: BaseException, handed: int, announced: int) -> Reach:
    """How far a request got that ended with `error`.

    `handed` of the `announced` bytes of its body were given to the transport: while any are left,
    no server has received a whole request. A request without a body is sent once there is a
    connection.
    """
    if announced and handed >= announced:
        return Reach.SENT
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return Reach.UNTRUSTED
    # aiohttp raises a plain ValueError for what it cannot write, before the first byte.
    early = isinstance(error, _BEFORE_SENDING) or type(error) is ValueError
    return Reach.NOT_SENT if announced or early else Reach.SENT


def describe(error: BaseException) -> str:
    """Describe a network error to the user."""
    if isinstance(error, NetworkFailure):
        return str(error)
    texts = (text for kind, text in _TEXTS.items() if isinstance(error, kind))
    verdict = getattr(getattr(error, "certificate_error", None), "verify_message", None)
    reason = verdict or _system_text(error)
    return next(texts, "the connection broke").format(error) + (f": {reason}" if reason else "")


def _system_text(error: BaseException) -> str | None:
    """What the operating system calls the error; None where it is none of its own."""
    cause: object = getattr(error, "os_error", error)  # of aiohttp's error
    # asyncio has "Connect call failed ('127.0.0.1', 1)" instead. The numbers of TLS and of name
    # lookups mean other things.
    is_system = isinstance(cause, OSError) and type(cause).__module__ == "builtins"
    number = getattr(cause, "errno", None) if is_system else None
    if number is not None and number in errno.errorcode:
        return os.strerror(number)
    return getattr(error, "strerror", None)


# The first that fits counts: several are special cases of a later one.
_TEXTS: dict[type[BaseException], str] = {
    aiohttp.ClientConnectorCertificateError: "the certificate of {0.host} cannot be verified",
    aiohttp.ClientProxyConnectionError: "cannot connect to the proxy",
    aiohttp.ClientConnectorDNSError: "cannot find {0.host}",
    aiohttp.ClientSSLError: "cannot set up TLS with {0.host}:{0.port}",
    aiohttp.ClientConnectorError: "cannot connect to {0.host}:{0.port}",
    aiohttp.ClientHttpProxyError: "the proxy refused to connect (HTTP {0.status})",
    aiohttp.ConnectionTimeoutError: "no connection within the time limit",
    aiohttp.ServerDisconnectedError: "the connection was closed without an answer",
    aiohttp.ClientPayloadError: "the answer was cut short",
    aiohttp.ClientResponseError: "the answer is not proper HTTP",
    aiohttp.InvalidURL: "the address is no URL",
    aiohttp.NonHttpUrlClientError: "the address is neither http nor https",
    TimeoutError: "no progress within the time limit",
    ValueError: "the address or a header cannot be sent",
}
