"""Bytes that only resemble an answer: the client reports each, and hangs on none."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

from runner.engine.net.client import HttpClient
from runner.model.requests import Reach, Request
from tests.mutation import mutated_bytes, seeds

Serving: TypeAlias = Callable[..., AbstractAsyncContextManager[int]]

JSON = b'{"task_id": "911092490931552256", "state": "created", "credits": 6}'
PACKED = gzip.compress(JSON, mtime=0)
ANSWERS = (
    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(JSON) + JSON,
    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Length: %d\r\n\r\n" % ((len(JSON),) * 2)
    + JSON,
    b"HTTP/1.1 429 Slow\r\nRetry-After: 2\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(JSON)
    + JSON
    + b"\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED)
    + PACKED,
    b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.0 200 OK\r\n\r\n" + JSON,
)
BATCH = 50
"""Requests on their way at once."""


def test_any_bytes_are_an_answer_or_none(serving: Serving) -> None:
    broken = [mutated_bytes(source.choice(ANSWERS), source) for source in seeds()]

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(broken[int(head.split()[1].removeprefix(b"/"))])
        await writer.drain()
        writer.close()

    async def main() -> None:
        async with serving(handle) as port, HttpClient(trust_env=False, idle_timeout_s=5) as http:

            async def ask(number: int) -> None:
                url = f"http://127.0.0.1:{port}/{number}"
                request = Request(method="POST", url=url, headers={}, body=b"{}")
                reply = await http.send(request, submission=True)
                assert reply.reach in {Reach.ANSWERED, Reach.SENT}, (number, broken[number])
                assert (reply.reach is Reach.SENT) == bool(reply.error), (number, broken[number])

            for start in range(0, len(broken), BATCH):
                await asyncio.gather(*map(ask, range(start, min(start + BATCH, len(broken)))))

    asyncio.run(main())
