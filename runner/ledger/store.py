"""The ledger: intents and what became of them in, durably; what is known of a request out."""

from __future__ import annotations

import os
import secrets
import socket
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from runner.ledger import history, locks, reading, rows, surroundings
from runner.ledger.beside import Beside
from runner.ledger.changes import Change, Realm, Result
from runner.ledger.history import Before, Costs, Past
from runner.ledger.opening import open_for_reading, open_for_writing
from runner.ledger.schema import transaction
from runner.ledger.surroundings import Made
from runner.ledger.trouble import told
from runner.ledger.writing import write
from runner.model import Attempt, Intent
from runner.stamps import stamp_now


def open_ledger(
    path: Path,
    *,
    read_only: bool = False,
    wait_s: float = 30.0,
    waiting: Callable[[str], None] | None = None,
    clock: Callable[[], str] = stamp_now,
) -> Ledger:
    """Open the ledger at `path`; raises `LedgerError` (exit 8) when it cannot be used.

    For writing, folder and file are made where they are missing. `read_only` makes nothing, works
    in a read-only folder, and shows an empty ledger where there is none. `wait_s` is how long
    another program's lock is waited for; `waiting` is told of it where that takes long.
    """
    if read_only:
        return Ledger(path, open_for_reading(path, wait_s=wait_s), clock)
    return Ledger(path, open_for_writing(path, wait_s=wait_s, waiting=waiting), clock)


class Ledger:
    """An open ledger, for one thread; a context manager that closes it.

    Every method may raise `LedgerError`. What `apply` has returned is on the disk.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, clock: Callable[[], str]):
        self.path = path
        self.commits = 0
        """How many groups of changes were committed."""
        self._connection = connection
        self._file = _file_at(path)
        self._clock = clock
        self._beside = Beside(connection)
        self._locks: dict[str, locks.RunLock] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file and of the locks of runs that were not ended."""
        self._connection.close()
        for lock in self._locks.values():
            lock.release()
        self._locks.clear()

    @property
    def in_place(self) -> bool:
        """Whether the file at `path` is still this ledger; may be asked from any thread.

        What is written into one that was moved or deleted, no other run ever sees.
        """
        return _file_at(self.path) == self._file

    def begin_run(self, manifest: str, tool: str) -> str:
        """Record a new run and hold its lock from now on; returns its id, which sorts by time."""
        at = self._clock()
        run = f"{at[:19].replace('-', '').replace(':', '')}Z-{secrets.token_hex(4)}"
        # The lock comes first: a run that is on record without it would pass for dead.
        self._locks[run] = locks.RunLock(self.path.parent, run)
        columns = (run, rows.text(manifest), tool, os.getpid(), socket.gethostname(), at)
        with told(self.path):
            self._connection.execute(
                "INSERT INTO runs (id, manifest, tool, pid, host, started_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                columns,
            )
        return run

    def end_run(self, run: str, exit_code: int) -> None:
        """Record the end of a run and let go of its lock."""
        with told(self.path):
            self._connection.execute(
                "UPDATE runs SET finished_at = ?, exit_code = ? WHERE id = ?",
                (self._clock(), exit_code, run),
            )
        self._locks.pop(run).release()

    def alive(self, run: str) -> bool:
        """Whether the process that made `run` still lives."""
        return locks.alive(self.path.parent, run)

    def apply(self, changes: Sequence[Change]) -> list[Result]:
        """Write all changes in one transaction, durably; a result for each.

        On an error nothing of them is written.
        """
        try:
            with told(self.path), transaction(self._connection):
                results = [write(self._connection, change, self._beside) for change in changes]
        except BaseException:
            self._beside.forget()
            raise
        self.commits += 1
        return results

    def latest(
        self,
        fingerprints: Iterable[str],
        realm: Realm,
        placed: Callable[[str], str] = str,
    ) -> dict[str, Attempt]:
        """For each fingerprint that is known here its living attempt, otherwise its last one.

        `placed` turns the paths of files, which start from the ledger's folder, into others.
        """
        with told(self.path):
            return reading.latest(self._connection, fingerprints, realm, placed)

    def attempts(self, manifest: str | None = None) -> list[Attempt]:
        """Every attempt in the order of its intent, of one manifest or of all."""
        with told(self.path):
            return reading.of_manifest(self._connection, manifest)

    def of_tasks(self, provider: str, task_ids: Iterable[str]) -> list[Attempt]:
        """Every attempt whose task is one of these, of any run and in any state."""
        with told(self.path):
            return surroundings.of_tasks(self._connection, provider, list(task_ids))

    def of_tag(self, provider: str, tag: str) -> list[Attempt]:
        """The attempts that bear this tag: one at most."""
        with told(self.path):
            return surroundings.of_tag(self._connection, provider, tag)

    def undecided(self, provider: str) -> list[Attempt]:
        """Every attempt that may have a task which nobody knows, those of living runs included."""
        with told(self.path):
            return surroundings.undecided(self._connection, provider)

    def made(self, at: Intent, *, since: str, after: int) -> list[Made]:
        """The tasks that this ledger had made where `at` went, in the order of intents.

        Those that `since` (UTC, RFC 3339), or by a later attempt than the one numbered `after`.
        """
        with told(self.path):
            return surroundings.made(self._connection, at, since, after)

    def costs(
        self, manifest: str, realms: Mapping[str, Realm], *, without: str | None = None
    ) -> Costs:
        """What every attempt of a manifest has cost, superseded ones included.

        `realms` tells for each provider on which side of the loopback border costs count (of
        others: remote). `without` leaves out the attempts of one run.
        """
        with told(self.path):
            return history.costs(self._connection, manifest, realms, without)

    def past(self, operation: str, realm: Realm) -> list[Past]:
        """The latest tasks of an operation, of any manifest, the last one first."""
        with told(self.path):
            return list(history.past(self._connection, operation, realm))

    def before(self, manifest: str, jobs: Iterable[str], realm: Realm) -> dict[str, Before]:
        """Job id to what it asked for the last time in this manifest."""
        with told(self.path):
            return history.before(self._connection, manifest, jobs, realm)


def _file_at(path: Path) -> tuple[int, int] | None:
    """What tells a file from any other, whatever its name; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
