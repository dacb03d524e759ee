"""A way to a PostgreSQL server that can be cut, and on which a moment can be chosen."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from runner.ledger.shared import SharedLedger


class Proxy:
    """Passes bytes between clients and a server's socket, until `cut` says otherwise."""

    def __init__(self, folder: Path, location: SharedLedger) -> None:
        """Its socket is in `folder`, the server's where `location` is."""
        self._server = Path(location.conninfo.partition("host=")[2]) / ".s.PGSQL.5432"
        self._open: list[socket.socket] = []
        self.cut: Callable[[bytes], bool] = lambda _sent: False
        """Asked before a piece of a client is passed on: whether to cut the connection."""
        self.note_answer: Callable[[bytes], None] = lambda _answer: None
        """Called before a piece of the server is passed on."""
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
            self.note_answer(piece)
            with suppress(OSError):  # it was cut: the server may go on to the end
                client.sendall(piece)
        client.close()


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except OSError:
        return b""


def behind(folder: Path, location: SharedLedger) -> SharedLedger:
    """The same ledger, by way of a proxy whose socket is in `folder`."""
    url = f"postgresql://postgres@/postgres?host={folder}&schema={location.schema}"
    return SharedLedger.parse(url)
