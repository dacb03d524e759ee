"""Which connections carry a submission, and how long others wait for one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import aiohttp
import pytest
from yarl import URL

from runner.engine.net.connections import MAX_AHEAD, NEAR_S, SubmissionConnector
from runner.engine.net.resolve import Resolver
from runner.timestamps import suspended_s
from tests.engine.conftest import Serving

T = TypeVar("T")


@dataclass
class Server:
    """Answers one request on each connection, and counts both."""

    version: str = "1.1"
    headers: str = ""
    first: bytes = b""
    """What is sent before any request has come."""
    gives_up: bool = False
    """It closes a connection on which nothing has come."""
    opened: int = 0
    closed: int = 0
    requests: list[int] = field(default_factory=list)
    """The number of the connection on which each came."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        number = self.opened
        self.changed.set()
        writer.write(self.first)
        try:
            if self.gives_up and number == 1:
                return
            while (await reader.readuntil(b"\r\n\r\n")).startswith(b"POST"):
                self.requests.append(number)
                head = f"HTTP/{self.version} 200 OK\r\nContent-Length: 0\r\n{self.headers}\r\n"
                writer.write(head.encode())
        finally:
            self.closed += 1
            self.changed.set()

    async def until(self, *, opened: int = 0, closed: int = 0) -> None:
        """Wait until it has seen so many connections."""
        async with asyncio.timeout(5):
            while self.opened < opened or self.closed < closed:
                self.changed.clear()
                await self.changed.wait()


@dataclass
class Client:
    """A session of submissions to one server."""

    url: URL
    connector: SubmissionConnector
    session: aiohttp.ClientSession

    async def submit(self) -> None:
        async with self.session.post(self.url, headers={"Connection": "keep-alive"}) as answer:
            keeps = answer.version == aiohttp.HttpVersion11 and "Connection" not in answer.headers
            self.connector.note_answer(self.url, keeps=keeps)
            answer.close()

    async def open(self, count: int, server: Server) -> None:
        """Have so many connections wait."""
        self.connector.open_ahead(self.url, count)
        await server.until(opened=count)
        # The server may see a connection before this side does.
        waiting = self.connector._servers[self.url.origin()].ahead
        await asyncio.gather(*(each.opening for each in waiting))


@asynccontextmanager
async def client_of(
    server: Server,
    serving: Serving,
    ready_s: float = 60.0,
    suspended_s: Callable[[], float] = suspended_s,
) -> AsyncIterator[Client]:
    async with serving(server.handle) as port:
        connector = SubmissionConnector(Resolver(), aiohttp.ClientTimeout(), ready_s, suspended_s)
        async with aiohttp.ClientSession(connector=connector) as session:
            yield Client(URL(f"http://127.0.0.1:{port}/x"), connector, session)
            connector.discard_ahead()


def run(main: Coroutine[None, None, T]) -> T:
    return asyncio.run(main)


def test_a_submission_takes_the_first_that_was_opened_ahead(serving: Serving) -> None:
    async def main() -> None:
        server = Server()
        async with client_of(server, serving) as client:
            await client.open(2, server)
            await client.submit()
        assert (server.opened, server.requests) == (2, [1])

    run(main())


def test_no_connection_carries_two_submissions(serving: Serving) -> None:
    async def main() -> None:
        server = Server()
        async with client_of(server, serving) as client:
            await client.open(3, server)
            for _ in range(5):
                await client.submit()
        assert server.requests == [1, 2, 3, 4, 5]

    run(main())


def test_a_submission_waits_for_one_that_is_being_opened(serving: Serving) -> None:
    async def main() -> None:
        server = Server()
        async with client_of(server, serving) as client:
            client.connector.open_ahead(client.url, 1)
            await client.submit()
        assert (server.opened, server.requests) == (1, [1])

    run(main())


@pytest.mark.parametrize(
    "server",
    [
        pytest.param(Server(gives_up=True), id="closed"),
        pytest.param(
            Server(first=b"HTTP/1.1 408 Request Timeout\r\n\r\n", gives_up=True), id="408"
        ),
    ],
)
def test_what_the_server_gave_up_carries_nothing(serving: Serving, server: Server) -> None:
    async def main() -> None:
        server.changed = asyncio.Event()
        async with client_of(server, serving) as client:
            await client.open(1, server)
            await server.until(closed=1)
            server.first = b""
            await client.submit()
        assert server.requests == [2]

    run(main())


def test_an_unread_end_is_noticed_too(serving: Serving) -> None:
    async def main() -> None:
        server = Server(gives_up=True)
        async with client_of(server, serving) as client:
            await client.open(1, server)
            (waiting,) = client.connector._servers[client.url.origin()].ahead
            # Nothing on this side has read the end yet: it is only in the kernel.
            transport = waiting.opening.result().transport
            assert transport is not None
            transport.pause_reading()
            await server.until(closed=1)
            await client.submit()
        assert server.requests == [2]

    run(main())


def test_a_connection_that_is_not_used_is_closed_in_time(serving: Serving) -> None:
    async def main() -> None:
        server = Server()
        async with client_of(server, serving, ready_s=0.05) as client:
            await client.open(2, server)
            await server.until(closed=2)
            await client.submit()
        assert server.requests == [3]

    run(main())


@pytest.mark.parametrize(("slept_s", "used"), [(8 * 3600.0, 3), (0.5, 1)])
def test_what_was_opened_before_a_suspension_carries_nothing(
    serving: Serving, slept_s: float, used: int
) -> None:
    async def main() -> None:
        server = Server()
        clock = iter([100.0, 100.0 + slept_s])
        async with client_of(server, serving, suspended_s=clock.__next__) as client:
            await client.open(2, server)
            await client.submit()
        assert server.requests == [used]

    run(main())


@pytest.mark.parametrize("server", [Server(version="1.0"), Server(headers="Connection: close\r\n")])
def test_a_server_that_closes_keeps_no_idle_connection(serving: Serving, server: Server) -> None:
    async def main() -> None:
        server.changed = asyncio.Event()
        async with client_of(server, serving) as client:
            await client.open(3, server)
            await client.submit()
            await server.until(closed=3)
            client.connector.open_ahead(client.url, 3)
            await client.submit()
        assert (server.opened, server.requests) == (4, [1, 4])

    run(main())


def test_to_a_near_server_nothing_is_opened_ahead(serving: Serving) -> None:
    async def main() -> None:
        server = Server()
        async with client_of(server, serving) as client:
            await client.submit()
            near = NEAR_S / 2  # whatever a busy machine has measured on loopback
            client.connector._servers[client.url.origin()].setup_s = near
            client.connector.open_ahead(client.url, 3)
            await client.submit()
        assert server.opened == 2

    run(main())


def test_a_connection_is_followed_by_another_before_it_expires(serving: Serving) -> None:
    async def main() -> None:
        server = Server()
        async with client_of(server, serving, ready_s=1.0) as client:
            while server.closed == 0:
                client.connector._servers[client.url.origin()].setup_s = 1.0  # as if it were far
                client.connector.open_ahead(client.url, 1)
                await asyncio.sleep(0.01)
        assert server.opened == 2

    run(main())


def test_never_more_than_a_few_wait(serving: Serving) -> None:
    async def main() -> None:
        server = Server()
        async with client_of(server, serving) as client:
            client.connector.open_ahead(client.url, 1000)
            await server.until(opened=MAX_AHEAD)
        assert server.opened == MAX_AHEAD

    run(main())


def test_a_failure_to_open_ahead_is_left_to_the_submission() -> None:
    async def main() -> None:
        connector = SubmissionConnector(Resolver(), aiohttp.ClientTimeout())
        url = URL("http://127.0.0.1:1/x")  # nobody listens there
        async with aiohttp.ClientSession(connector=connector) as session:
            connector.open_ahead(url, 3)
            for _ in range(2):
                with pytest.raises(aiohttp.ClientConnectorError):
                    await session.post(url)
            assert not connector._servers[url.origin()].ahead

    run(main())


def test_a_cancelled_submission_leaves_no_connection_open(serving: Serving) -> None:
    async def main() -> None:
        server = Server()
        async with client_of(server, serving) as client:
            client.connector.open_ahead(client.url, 1)
            submitting = asyncio.create_task(client.submit())
            await server.until(opened=1)
            submitting.cancel()
            await asyncio.gather(submitting, return_exceptions=True)
            await server.until(closed=1)
        assert server.requests in ([], [1])

    run(main())
