"""Network errors: how far a failed request got, and what to show the user.

The texts are our own and the operating system's, never the server's: they can contain no key.
"""

from __future__ import annotations

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
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        verdict = getattr(error.certificate_error, "verify_message", "")
        reason = f": {verdict}" if verdict else ""
        return f"the certificate of {error.host} cannot be verified{reason}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return _unconnected(error) + _reason(error.os_error)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy refused to connect (HTTP {error.status})"
    text = next((text for kind, text in _TEXTS.items() if isinstance(error, kind)), None)
    return text or f"the connection broke{_reason(error)}"


_TEXTS: dict[type[BaseException], str] = {
    aiohttp.ConnectionTimeoutError: "no connection within the time limit",
    aiohttp.ServerDisconnectedError: "the connection was closed without an answer",
    aiohttp.ClientPayloadError: "the answer was cut short",
    aiohttp.ClientResponseError: "the answer is not proper HTTP",
    aiohttp.InvalidURL: "the address is no URL",
    aiohttp.NonHttpUrlClientError: "the address is neither http nor https",
    TimeoutError: "no progress within the time limit",
    ValueError: "the address or a header cannot be sent",
}


def _unconnected(error: aiohttp.ClientConnectorError) -> str:
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return "cannot connect to the proxy"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"cannot find {error.host}"
    if isinstance(error, aiohttp.ClientSSLError):
        return f"cannot set up TLS with {error.host}:{error.port}"
    return f"cannot connect to {error.host}:{error.port}"


def _reason(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) else None
    return f": {text}" if text else ""
