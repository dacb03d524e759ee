"""The bench's server: `service` behind HTTP/1.1 on loopback, as a process of its own.

The emulator that comes with the program draws real pictures, keeps its tasks on disk and checks
every field, which costs it many times what a request costs here; nor does it take its tasks'
times from a seed. What is to be measured is the client, so this server does as little as it can.

    python -m bench.server      prints its address; ends with its standard input
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
import threading
from email.utils import formatdate
from http import HTTPStatus

from bench.service import Reply, Service

HOST = "127.0.0.1"


class Connection(asyncio.Protocol):
    """One connection: requests are answered as they come, one after the other."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._waiting += data
        while (end := self._waiting.find(b"\r\n\r\n")) >= 0:
            line, headers = _head(self._waiting[:end])
            length = int(headers.get("content-length", "0"))
            if len(self._waiting) < end + 4 + length:
                return
            body = self._waiting[end + 4 : end + 4 + length]
            self._waiting = self._waiting[end + 4 + length :]
            method, target, _ = line.split(" ")
            authorized = "authorization" in headers
            reply = self._service.answer(method, target, body, authorized=authorized)
            ends = headers.get("connection", "").lower() == "close"
            self._transport.write(_response(reply, ends=ends))
            if ends:
                self._transport.close()


def _head(head: bytes) -> tuple[str, dict[str, str]]:
    """The request line, and the headers with their names in lower case."""
    line, *rest = head.decode("latin-1").split("\r\n")
    pairs = (each.partition(":") for each in rest)
    return line, {name.lower(): value.strip() for name, _, value in pairs}


def _response(reply: Reply, *, ends: bool) -> bytes:
    status, body = reply
    kind = "image/png" if body.startswith(b"\x89PNG") else "application/json"
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
        f"Date: {formatdate(usegmt=True)}\r\n"
        f"Content-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"Connection: {'close' if ends else 'keep-alive'}\r\n\r\n"
    )
    return head.encode() + body


async def serve(port: int) -> None:
    """Print the address, and answer until standard input ends."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    threading.Thread(target=_wait_for_end, args=[loop, over], daemon=True).start()
    door = socket.create_server((HOST, port), backlog=2000)
    url = f"http://{HOST}:{door.getsockname()[1]}"
    service = Service(url)
    async with await loop.create_server(lambda: Connection(service), sock=door, backlog=2000):
        print(url, flush=True)
        await over.wait()


def _wait_for_end(loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    """Whoever started the server holds its standard input: it never outlives them."""
    sys.stdin.buffer.read()
    loop.call_soon_threadsafe(over.set)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    asyncio.run(serve(parser.parse_args().port))
