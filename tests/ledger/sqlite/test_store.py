"""Ledger of a folder: what only its file shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from runner.ledger.changes import Store
from runner.ledger.sqlite.store import SqliteLedger, open_sqlite
from runner.model.file_facts import FileFacts
from runner.model.tasks import Intent, StoredFile
from tests.ledger.conftest import intend, submitted, succeeded

MakeIntent = Callable[..., Intent]


def test_attempts_are_never_deleted(ledger: SqliteLedger, run: str, intent: MakeIntent) -> None:
    intend(ledger, run, intent())
    with pytest.raises(Exception, match="never deleted"):
        ledger._connection.execute("DELETE FROM attempts")


def test_a_run_is_recorded_with_its_begin_and_end(path: Path) -> None:
    times = iter(["2026-11-20T10:00:00.000Z", "2026-11-20T10:05:00.000Z"])
    with open_sqlite(path, clock=lambda: next(times)) as ledger:
        run = ledger.begin_run("spring.yaml", "vidu-run 0.1.0")
        ledger.end_run(run, 0)
        row = ledger._connection.execute("SELECT * FROM runs").fetchone()
    assert run.startswith("20261120T100000Z-")
    assert (row["started_at"], row["finished_at"], row["exit_code"]) == (
        "2026-11-20T10:00:00.000Z",
        "2026-11-20T10:05:00.000Z",
        0,
    )


def test_what_a_newer_version_has_measured_is_left_out(
    ledger: SqliteLedger, run: str, intent: MakeIntent, path: Path
) -> None:
    one = StoredFile(path="a.mp4", sha256="a", bytes=1, media_type="video/mp4")
    number = intend(ledger, run, intent())
    ledger.apply([submitted(number), succeeded(number), Store(number=number, files=(one,))])
    newer = '{"width":8,"depth":3,"labels":["iptc","later"]}'
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE files SET facts = ?", (newer,))
    (file,) = ledger.latest(["f1"], "remote")["f1"].files
    assert file.facts == FileFacts(width=8, labels=("iptc",))


def test_another_process_sees_what_was_applied(
    ledger: SqliteLedger, run: str, intent: MakeIntent, path: Path
) -> None:
    intend(ledger, run, intent())
    with open_sqlite(path, read_only=True) as other:
        assert other.attempts() == ledger.attempts()


def test_trace_id_and_status_are_kept_for_support(
    ledger: SqliteLedger, run: str, intent: MakeIntent
) -> None:
    number = intend(ledger, run, intent())
    ledger.apply([replace(submitted(number), trace_id="t", http_status=200)])
    row = ledger._connection.execute("SELECT trace_id, http_status FROM attempts").fetchone()
    assert tuple(row) == ("t", 200)
