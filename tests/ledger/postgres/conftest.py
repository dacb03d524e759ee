"""A shared ledger, and a way to it that can be cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from runner.ledger.postgres.store import PostgresLedger, open_postgres
from runner.ledger.shared import SharedLedger
from tests.postgres import new_ledger


@pytest.fixture
def location(postgres: str) -> SharedLedger:
    return new_ledger(postgres)


@pytest.fixture
def ledger(location: SharedLedger) -> Iterator[PostgresLedger]:
    with open_postgres(location) as opened:
        yield opened


class Proxy:
    """Passes bytes between clients and a server's socket, until `cut` says otherwise."""

    def __init__(self, folder: Path, server: Path) -> None:
        self._server = server
        self._open: list[socket.socket] = []
        self.cut: Callable[[bytes], bool] = lambda _sent: False
        """Asked after each piece of a client was passed on: whether to cut the connection."""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()
        for each in self._open:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._server))
            self._open += [client, server]
            threading.Thread(target=self._up, args=(client, server), daemon=True).start()
            threading.Thread(target=self._down, args=(client, server), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):  # either side may have closed it
            while piece := _received(client):
                if self.cut(piece):
                    # What was sent arrives; the answer does not.
                    client.shutdown(socket.SHUT_RDWR)
                    server.sendall(piece)
                    break
                server.sendall(piece)
            server.shutdown(socket.SHUT_WR)

    def _down(self, client: socket.socket, server: socket.socket) -> None:
        while piece := _received(server):
            with suppress(OSError):  # it was cut: the server may go on to the end
                client.sendall(piece)
        client.close()


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except OSError:
        return b""


@pytest.fixture
def proxy(location: SharedLedger, tmp_path: Path) -> Iterator[Proxy]:
    server = Path(location.conninfo.partition("host=")[2]) / ".s.PGSQL.5432"
    made = Proxy(tmp_path, server)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def behind_proxy(proxy: Proxy, location: SharedLedger, tmp_path: Path) -> SharedLedger:
    """The same ledger, by way of the proxy."""
    assert proxy
    url = f"postgresql://postgres@/postgres?host={tmp_path}&schema={location.schema}"
    return SharedLedger.parse(url)
