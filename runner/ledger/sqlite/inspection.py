"""Inspection: reads what state a ledger is in, without writing anything."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from runner.ledger.rescue import read_rescue, rescue_path
from runner.ledger.sqlite.connection import open_for_reading
from runner.ledger.sqlite.errors import damage_error, translated_errors
from runner.ledger.sqlite.run_locks import alive


@dataclass(frozen=True, slots=True, kw_only=True)
class LivingRun:
    """A run that has the ledger open."""

    pid: int
    host: str
    started_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerState:
    """What is in a ledger, all of which was checked."""

    attempts: int
    undecided: int
    """Submissions of unknown fate."""
    living: tuple[LivingRun, ...]


def inspect(path: Path, *, wait_s: float) -> LedgerState:
    """Check the ledger as a whole; a missing one is empty. Raises LedgerError.

    100,000 attempts take seconds.
    """
    with translated_errors(path), closing(open_for_reading(path, wait_s=wait_s)) as connection:
        (finding,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if finding != "ok":
            raise damage_error(path, finding)
        (attempts,) = connection.execute("SELECT count(*) FROM attempts").fetchone()
        (undecided,) = connection.execute(
            "SELECT count(*) FROM attempts WHERE state = 'ambiguous' AND superseded_at IS NULL"
        ).fetchone()
        unfinished = connection.execute(
            "SELECT id, pid, host, started_at FROM runs WHERE finished_at IS NULL"
        ).fetchall()
    living = (
        LivingRun(pid=pid, host=host, started_at=started_at)
        for run, pid, host, started_at in unfinished
        if alive(path.parent, run)
    )
    return LedgerState(attempts=attempts, undecided=undecided, living=tuple(living))


def rescued_tasks(path: Path) -> dict[Path, int]:
    """The rescue files that dead runs have left beside the ledger, with the tasks in each."""
    found = {}
    for file in sorted(path.parent.glob(rescue_path(path, "*").name)):
        run = file.stem.partition(".rescue-")[2]
        if not alive(path.parent, run):
            found[file] = len(read_rescue(file))
    return found
