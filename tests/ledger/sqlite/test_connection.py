"""Connection: opening, checking and upgrading a ledger."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from runner import mounts
from runner.errors import Exit, LedgerError
from runner.ledger.changes import Intend
from runner.ledger.sqlite import connection as schema
from runner.ledger.sqlite.filesystem import Sharing
from runner.ledger.sqlite.store import SqliteLedger, open_sqlite
from runner.model.tasks import Intent

MakeIntent = Callable[..., Intent]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_new_ledger_creates_a_folder_that_git_ignores(path: Path) -> None:
    open_sqlite(path).close()
    assert (path.parent / ".gitignore").read_text() == "*\n"


def test_a_folder_of_the_user_gets_no_gitignore(tmp_path: Path) -> None:
    open_sqlite(tmp_path / "ledger.sqlite3").close()
    assert names(tmp_path) == {"ledger.sqlite3"}


def test_a_ledger_commits_durably_in_wal_mode(ledger: SqliteLedger) -> None:
    settings = {
        name: ledger._connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "fullfsync", "user_version")
    }
    full = 2
    assert settings == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "fullfsync": 1,
        "user_version": schema.VERSION,
    }


def test_a_missing_ledger_reads_as_empty_and_is_not_created(tmp_path: Path, path: Path) -> None:
    with open_sqlite(path, read_only=True) as ledger:
        assert ledger.attempts() == []
        assert ledger.latest(["f1"], "remote") == {}
    assert names(tmp_path) == set()


def test_a_read_only_ledger_takes_no_changes(path: Path, intent: MakeIntent) -> None:
    open_sqlite(path).close()
    with (
        open_sqlite(path, read_only=True) as ledger,
        pytest.raises(LedgerError, match="it is read-only"),
    ):
        ledger.apply([Intend(run="r", intent=intent())])


def test_a_ledger_in_a_read_only_folder_is_read(
    plain_user_folder: Path, intent: MakeIntent
) -> None:
    path = plain_user_folder / "ledger.sqlite3"
    with open_sqlite(path) as ledger:
        ledger.apply([Intend(run=ledger.begin_run("m", "t"), intent=intent())])
    plain_user_folder.chmod(0o555)
    with open_sqlite(path, read_only=True) as ledger:
        assert len(ledger.attempts()) == 1
    plain_user_folder.chmod(0o755)


def test_a_log_left_in_a_read_only_folder_is_read(
    plain_user_folder: Path, intent: MakeIntent
) -> None:
    live = plain_user_folder / "live.sqlite3"
    dead = plain_user_folder / "dead" / "ledger.sqlite3"
    dead.parent.mkdir()
    with open_sqlite(live) as ledger:
        ledger.apply([Intend(run=ledger.begin_run("m", "t"), intent=intent())])
        shutil.copyfile(live, dead)
        shutil.copyfile(f"{live}-wal", f"{dead}-wal")
    dead.parent.chmod(0o555)
    with open_sqlite(dead, read_only=True) as ledger:
        assert len(ledger.attempts()) == 1
    dead.parent.chmod(0o755)


def test_an_empty_file_reads_as_an_empty_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.touch()
    with open_sqlite(path, read_only=True) as ledger:
        assert ledger.attempts() == []
    assert path.stat().st_size == 0


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_that_is_not_a_database_is_an_error(tmp_path: Path, read_only: bool) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.write_text("what was paid for\n" * 100)
    with pytest.raises(LedgerError, match="not an SQLite database") as caught:
        open_sqlite(path, read_only=read_only)
    assert caught.value.exit is Exit.LEDGER
    assert caught.value.hint
    assert path.read_text().startswith("what was paid for")


def test_a_damaged_ledger_is_an_error(path: Path, intent: MakeIntent) -> None:
    with open_sqlite(path) as ledger:
        run = ledger.begin_run("m", "t")
        ledger.apply([Intend(run=run, intent=intent(f"f{n}")) for n in range(100)])
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\x55" * (len(whole) - 4096))
    with pytest.raises(LedgerError, match="is damaged"), open_sqlite(path) as ledger:
        ledger.attempts()


@pytest.mark.parametrize("read_only", [True, False])
def test_a_database_of_another_program_is_left_alone(tmp_path: Path, read_only: bool) -> None:
    path = tmp_path / "ledger.sqlite3"
    with closing(sqlite3.connect(path)) as foreign:
        foreign.execute("CREATE TABLE songs (title)")
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="not a vidu-run ledger"):
        open_sqlite(path, read_only=read_only)
    assert path.read_bytes() == before


@pytest.mark.parametrize("read_only", [True, False])
def test_a_newer_ledger_is_left_alone(path: Path, read_only: bool) -> None:
    open_sqlite(path).close()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    with pytest.raises(LedgerError, match="has version 4; this vidu-run supports versions up to 3"):
        open_sqlite(path, read_only=read_only)


def test_a_ledger_locked_by_another_program_is_an_error(path: Path, intent: MakeIntent) -> None:
    with open_sqlite(path, wait_s=0.01) as ledger, closing(sqlite3.connect(path)) as other:
        run = ledger.begin_run("m", "t")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="locked by another program"):
            ledger.apply([Intend(run=run, intent=intent())])


def test_a_full_disk_is_an_error_and_loses_nothing(
    ledger: SqliteLedger, intent: MakeIntent
) -> None:
    run = ledger.begin_run("m", "t")
    ledger.apply([Intend(run=run, intent=intent())])
    (pages,) = ledger._connection.execute("PRAGMA page_count").fetchone()
    ledger._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LedgerError, match="the disk is full"):
        ledger.apply([Intend(run=run, intent=intent(f"f{n}")) for n in range(2, 100)])
    assert len(ledger.attempts()) == 1


def test_a_folder_that_cannot_be_created_is_an_error(plain_user_folder: Path) -> None:
    plain_user_folder.chmod(0o555)
    with pytest.raises(LedgerError, match="Permission denied") as caught:
        open_sqlite(plain_user_folder / ".vidu-run" / "ledger.sqlite3")
    assert "--state-dir" in (caught.value.hint or "")


def test_a_read_only_file_is_an_error_for_a_writer(plain_user_folder: Path) -> None:
    path = plain_user_folder / "ledger.sqlite3"
    open_sqlite(path).close()
    path.chmod(0o444)
    plain_user_folder.chmod(0o555)
    with pytest.raises(LedgerError, match="cannot be written"), open_sqlite(path) as ledger:
        ledger.begin_run("m", "t")
    plain_user_folder.chmod(0o755)


def test_an_unreadable_folder_is_an_error(plain_user_folder: Path) -> None:
    plain_user_folder.chmod(0o000)
    with pytest.raises(LedgerError, match="Permission denied"):
        open_sqlite(plain_user_folder / "ledger.sqlite3", read_only=True)
    plain_user_folder.chmod(0o755)


OPEN = """
import sys
from pathlib import Path
from runner.ledger.sqlite.store import SqliteLedger, open_sqlite
sys.stdin.readline()
open_sqlite(Path(sys.argv[1])).close()
"""


def test_concurrent_processes_can_create_a_ledger(path: Path) -> None:
    command = [sys.executable, "-c", OPEN, str(path)]
    starters = [subprocess.Popen(command, stdin=subprocess.PIPE, text=True) for _ in range(5)]
    for starter in starters:
        assert starter.stdin is not None
        starter.stdin.write("go\n")
        starter.stdin.flush()
    for starter in starters:
        starter.communicate()
    assert [starter.returncode for starter in starters] == [0] * 5


def test_a_migration_that_fails_leaves_the_old_version(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_sqlite(path).close()
    # The first script again, as the next one: its tables are there already.
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, "tables.sql"))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        with pytest.raises(sqlite3.OperationalError, match="already exists"):
            schema.migrate(connection)
        assert schema.version_of(connection) == schema.VERSION


@pytest.fixture
def on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Moves the ledger's folder, or everything, to a file system of that kind."""

    def mount(kind: str, point: str = str(tmp_path)) -> None:
        listed = tmp_path / "mountinfo"
        text = f"22 1 0:1 / / rw - ext4 x rw\n23 22 0:2 / {point} rw - {kind} x rw\n"
        listed.write_text(text, encoding="utf-8")
        monkeypatch.setattr(mounts, "MOUNTINFO", listed)
        monkeypatch.setattr("sys.platform", "linux")

    return mount


@pytest.mark.parametrize("kind", ["nfs4", "virtiofs", "9p"])
def test_a_ledger_on_a_shared_file_system_is_refused(
    path: Path, on: Callable[..., None], kind: str
) -> None:
    on(kind)
    with pytest.raises(LedgerError, match=rf"\({kind}, mounted at ") as caught:
        open_sqlite(path)
    assert caught.value.exit is Exit.LEDGER
    assert "--state-dir" in (caught.value.hint or "")
    assert not path.exists()


def test_a_ledger_on_a_shared_file_system_is_read(
    path: Path, on: Callable[..., None], intent: MakeIntent
) -> None:
    with open_sqlite(path) as ledger:
        ledger.apply([Intend(run=ledger.begin_run("m", "t"), intent=intent())])
        on("virtiofs")
        before = names(path.parent)
        with open_sqlite(path, read_only=True) as reader:
            assert len(reader.attempts()) == 1
        assert names(path.parent) == before


def journal_mode(ledger: SqliteLedger) -> str:
    return str(ledger._connection.execute("PRAGMA journal_mode").fetchone()[0])


def test_on_a_9p_root_the_ledger_has_a_rollback_journal(
    path: Path, on: Callable[..., None], intent: MakeIntent
) -> None:
    open_sqlite(path).close()  # by the write-ahead log, as elsewhere
    on("9p", "/")
    with open_sqlite(path) as ledger, open_sqlite(path) as second:
        assert journal_mode(ledger) == journal_mode(second) == "truncate"
        ledger.apply([Intend(run=ledger.begin_run("m", "t"), intent=intent())])
        assert len(second.attempts()) == 1
        assert not Path(f"{path}-wal").exists()
        with open_sqlite(path, read_only=True) as reader:
            assert len(reader.attempts()) == 1


HOLD_9P = """
import sys
from pathlib import Path
from runner import mounts
from runner.ledger.sqlite.store import SqliteLedger, open_sqlite
mounts.MOUNTINFO = Path(sys.argv[2])
with open_sqlite(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="another process takes the list of Linux only")
def test_on_a_9p_root_one_process_at_a_time_has_the_ledger(
    path: Path, tmp_path: Path, on: Callable[..., None]
) -> None:
    on("9p", "/")
    command = [sys.executable, "-c", HOLD_9P, str(path), str(tmp_path / "mountinfo")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(LedgerError, match="in use by another command"):
            open_sqlite(path)
        other.communicate()
    open_sqlite(path).close()
    open_sqlite(path).close()


def test_a_hot_journal_in_a_read_only_folder_is_rolled_back(
    plain_user_folder: Path, monkeypatch: pytest.MonkeyPatch, intent: MakeIntent
) -> None:
    live, dead = plain_user_folder / "live.sqlite3", plain_user_folder / "dead" / "ledger.sqlite3"
    dead.parent.mkdir()
    monkeypatch.setattr(schema, "sharing", lambda _path: Sharing.ONE)
    with open_sqlite(live) as ledger:
        run = ledger.begin_run("m", "t")
        ledger.apply([Intend(run=run, intent=intent("f1"))])
        ledger._connection.execute("PRAGMA cache_size = 1")  # so that pages are written early
        ledger._connection.execute("BEGIN IMMEDIATE")
        ledger._connection.execute("UPDATE attempts SET job = 'changed'")
        ledger._connection.execute("CREATE TABLE filling AS SELECT zeroblob(100000)")
        shutil.copyfile(live, dead)
        shutil.copyfile(f"{live}-journal", f"{dead}-journal")
        ledger._connection.execute("ROLLBACK")
    dead.parent.chmod(0o555)
    with open_sqlite(dead, read_only=True) as ledger:
        assert [attempt.intent.job for attempt in ledger.attempts()] == ["window"]
    dead.parent.chmod(0o755)
