"""How far a request got by its exception, and how that is described."""

from __future__ import annotations

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from runner.engine.net.errors import describe, reach
from runner.model.requests import Reach

PLACE = ConnectionKey(
    "h", 443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None
)
UNCONNECTED = aiohttp.ClientConnectorError(PLACE, OSError(111, "Connection refused"))


@pytest.mark.parametrize(
    ("error", "handed", "announced", "expected"),
    [
        (UNCONNECTED, 0, 10, Reach.NOT_SENT),
        (UNCONNECTED, 0, 0, Reach.NOT_SENT),
        (aiohttp.ServerDisconnectedError(), 0, 10, Reach.NOT_SENT),
        (aiohttp.ServerDisconnectedError(), 9, 10, Reach.NOT_SENT),
        (aiohttp.ServerDisconnectedError(), 10, 10, Reach.SENT),
        (aiohttp.ServerDisconnectedError(), 0, 0, Reach.SENT),
        (aiohttp.ClientOSError(32, "Broken pipe"), 9, 10, Reach.NOT_SENT),
        (aiohttp.ClientOSError(104, "reset"), 10, 10, Reach.SENT),
        (TimeoutError(), 9, 10, Reach.NOT_SENT),
        (TimeoutError(), 10, 10, Reach.SENT),
        (aiohttp.ConnectionTimeoutError(), 0, 0, Reach.NOT_SENT),
        (UNCONNECTED, 10, 10, Reach.SENT),
    ],
)
def test_a_request_handed_over_in_full_counts_as_sent(
    error: Exception, handed: int, announced: int, expected: Reach
) -> None:
    assert reach(error, handed, announced) is expected


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (UNCONNECTED, "cannot connect to h:443: Connection refused"),
        (aiohttp.ClientOSError(32, "Broken pipe"), "the connection broke: Broken pipe"),
        (aiohttp.ClientConnectionError("secret"), "the connection broke"),
        (aiohttp.SocketTimeoutError("secret"), "no progress within the time limit"),
        (ValueError("secret"), "the address or a header cannot be sent"),
    ],
)
def test_errors_are_described_without_foreign_text(error: Exception, text: str) -> None:
    assert describe(error) == text
