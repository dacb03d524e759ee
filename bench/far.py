"""A far server: ends TLS in front of the bench's server, at a distance of so many seconds.

Bytes take half of the round trip in each direction, and a connection takes one round trip to open
before its first byte moves, as TCP's handshake does. The handshake of TLS travels like any other
bytes, so its round trip is not added but happens.

    python -m bench.far UPSTREAM RTT_S CERTIFICATE     prints its address; ends with its input
"""

from __future__ import annotations

import asyncio
import ssl
import sys
import threading
from collections import deque
from pathlib import Path
from urllib.parse import urlsplit

import trustme

HOST = "127.0.0.1"
PIECE = 64 * 1024


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for this machine and its key; who trusts it trusts its own authority."""
    authority = trustme.CA()
    issued = authority.issue_cert(HOST)
    chain, trusted = folder / "far.pem", folder / "authority.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(str(chain))
    authority.cert_pem.write_to_path(str(trusted))
    return chain, trusted


class Way:
    """One direction of a connection: what is put in comes out so many seconds later, in order."""

    def __init__(self, writer: asyncio.StreamWriter, delay_s: float) -> None:
        self._writer = writer
        self._delay_s = delay_s
        self._under_way: deque[bytes] = deque()

    def put(self, piece: bytes) -> None:
        """Send a piece on its way; an empty one is the end."""
        self._under_way.append(piece)
        # Timers of one moment may fire in any order, so each takes what is first in line.
        asyncio.get_running_loop().call_later(self._delay_s, self._arrive)

    def _arrive(self) -> None:
        piece = self._under_way.popleft()
        if self._writer.is_closing():
            return
        if piece:
            self._writer.write(piece)
        else:
            self._writer.close()


async def carry(reader: asyncio.StreamReader, way: Way) -> None:
    """Put all that comes on its way, and then the end, also when the connection broke."""
    try:
        while piece := await reader.read(PIECE):
            way.put(piece)
    except ConnectionError:
        pass
    way.put(b"")


async def join(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, port: int, one_way_s: float
) -> None:
    """Join a connection with a new one to a port of this machine, at that distance."""
    await asyncio.sleep(2 * one_way_s)
    there, back = await asyncio.open_connection(HOST, port)
    async with asyncio.TaskGroup() as group:
        group.create_task(carry(reader, Way(back, one_way_s)))
        group.create_task(carry(there, Way(writer, one_way_s)))


async def serve(upstream: str, rtt_s: float, chain: Path) -> None:
    """Print the address, and serve until standard input ends."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    threading.Thread(
        target=lambda: (sys.stdin.buffer.read(), loop.call_soon_threadsafe(over.set)), daemon=True
    ).start()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(chain)
    behind = urlsplit(upstream).port
    assert behind is not None
    end = await asyncio.start_server(
        lambda reader, writer: join(reader, writer, port=behind, one_way_s=0.0),
        HOST,
        0,
        ssl=tls,
        backlog=2000,
    )
    port: int = end.sockets[0].getsockname()[1]
    far = await asyncio.start_server(
        lambda reader, writer: join(reader, writer, port=port, one_way_s=rtt_s / 2),
        HOST,
        0,
        backlog=2000,
    )
    async with end, far:
        print(f"https://{HOST}:{far.sockets[0].getsockname()[1]}", flush=True)
        await over.wait()
        # Whoever is still connected is cut off, which asyncio would report for each connection.
        loop.set_exception_handler(lambda *_: None)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])))
