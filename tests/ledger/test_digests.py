"""The cache of what was found in files: what it remembers, and that it never is in the way."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from runner.hashing import CachedHash, StatKey
from runner.ledger import Digests, digests, remembered
from runner.ledger.digests import BATCH_ROWS, LEAST_BYTES, RENEWED_DAYS
from runner.ledger.remembered import FORGOTTEN_DAYS

DAY_S = 86_400
NOW = 20_000 * DAY_S
KNOWN = CachedHash("ab" * 32, "image/png 1024 768")


def marks(number: int = 1, size: int = LEAST_BYTES) -> StatKey:
    return StatKey(66, number, size, 1_700_000_000_123_456_789, 1_700_000_001_000_000_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / ".vidu-run").mkdir()
    return tmp_path / ".vidu-run" / "digests.sqlite3"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    (tmp_path / "a.mp4").write_bytes(b"a video")
    return tmp_path / "a.mp4"


def opened(path: Path, at: float = NOW, *, trusted: bool = True, writable: bool = True) -> Digests:
    return Digests(path, trusted=trusted, writable=writable, clock=lambda: at)


def keep(path: Path, video: Path, known: CachedHash = KNOWN, at: float = NOW) -> None:
    """What a process does that has read the file."""
    cache = opened(path, at)
    cache.keep(video, marks(), known)
    cache.close()


def found(path: Path, video: Path, at: float = NOW) -> CachedHash | None:
    """What the next process finds."""
    cache = opened(path, at)
    try:
        return cache.find(video, marks())
    finally:
        cache.close()


def test_what_one_process_read_the_next_one_knows(path: Path, video: Path) -> None:
    keep(path, video)
    assert found(path, video) == KNOWN


def test_a_file_is_known_however_its_path_is_spelled(
    path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(path, video)
    monkeypatch.chdir(path.parent)
    assert found(path, Path("../a.mp4")) == KNOWN


@pytest.mark.parametrize("mark", StatKey._fields)
def test_a_file_with_any_other_mark_is_not_known(path: Path, video: Path, mark: str) -> None:
    keep(path, video)
    other = marks()._replace(**{mark: 7})
    assert opened(path).find(video, other) is None


def test_another_file_with_the_same_marks_is_not_known(path: Path, video: Path) -> None:
    keep(path, video)
    assert found(path, video.with_name("b.mp4")) is None


def test_numbers_beyond_what_sqlite_holds_and_names_that_are_no_text_are_remembered(
    path: Path, tmp_path: Path
) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.mp4"))
    strange = StatKey(2**64 - 1, 2**63 + 5, LEAST_BYTES, -1, 2**62)
    cache = opened(path)
    cache.keep(odd, strange, KNOWN)
    cache.close()
    assert opened(path).find(odd, strange) == KNOWN


def test_what_is_read_anew_takes_the_place_of_what_was_known(path: Path, video: Path) -> None:
    keep(path, video)
    keep(path, video, CachedHash("cd" * 32))
    assert found(path, video) == CachedHash("cd" * 32)


def test_a_little_is_not_worth_a_file(path: Path, video: Path) -> None:
    cache = opened(path)
    cache.keep(video, marks(size=LEAST_BYTES - 1), KNOWN)
    cache.close()
    assert list(path.parent.iterdir()) == []
    cache.keep(video.with_name("b.mp4"), marks(2, 1), KNOWN)
    cache.close()
    assert opened(path).find(video, marks(size=LEAST_BYTES - 1)) == KNOWN


def test_much_is_written_before_the_end(path: Path, tmp_path: Path) -> None:
    cache = opened(path)
    for number in range(BATCH_ROWS):
        cache.keep(tmp_path / f"{number}.mp4", marks(number, 100_000), KNOWN)
    assert opened(path).find(tmp_path / "7.mp4", marks(7, 100_000)) == KNOWN


def test_no_folder_is_made_but_what_waits_for_one_is_written(tmp_path: Path, video: Path) -> None:
    path = tmp_path / "state" / "digests.sqlite3"
    cache = opened(path)
    cache.keep(video, marks(), KNOWN)
    cache.close()
    assert not path.parent.exists()
    assert cache.find(video, marks()) == KNOWN
    path.parent.mkdir()
    cache.close()
    assert found(path, video) == KNOWN


def test_only_so_much_waits_for_a_folder(
    tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "BATCH_ROWS", 1)
    monkeypatch.setattr(digests, "MOST_WAITING", 2)
    cache = opened(tmp_path / "state" / "digests.sqlite3")
    cache.keep(video, marks(), KNOWN)
    assert cache.find(video, marks()) == KNOWN
    cache.keep(video.with_name("b.mp4"), marks(), KNOWN)
    assert cache.find(video, marks()) is None


def test_who_only_looks_writes_nothing(path: Path, video: Path) -> None:
    cache = opened(path, writable=False)
    cache.keep(video, marks(), KNOWN)
    cache.close()
    assert list(path.parent.iterdir()) == []
    keep(path, video)
    assert opened(path, writable=False).find(video, marks()) == KNOWN


def test_who_does_not_trust_reads_anew_and_has_it_remembered(path: Path, video: Path) -> None:
    keep(path, video)
    cache = opened(path, trusted=False)
    assert cache.find(video, marks()) is None
    cache.keep(video, marks(), CachedHash("cd" * 32))
    assert cache.find(video, marks()) == CachedHash("cd" * 32)
    cache.close()
    assert found(path, video) == CachedHash("cd" * 32)


def test_where_changes_do_not_tell_nothing_is_remembered(
    path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "reports_changes", lambda _folder: False)
    keep(path, video)
    assert not path.exists()


def test_on_a_network_drive_there_is_no_cache(
    path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "network_type", lambda _folder: "nfs4")
    keep(path, video)
    assert not path.exists()


def test_a_file_system_is_asked_for_once(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def telling(folder: Path) -> bool:
        asked.append(folder)
        return True

    monkeypatch.setattr(digests, "reports_changes", telling)
    cache = opened(path)
    for number in range(10):
        cache.keep(tmp_path / f"{number}.mp4", marks(number, 1), KNOWN)
    assert asked == [tmp_path / "0.mp4"]


# ------------------------------------------------------------------- what may happen to a cache


def truncated(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] + b"\0" * 100)


def no_database(path: Path) -> None:
    path.write_bytes(b"not a database, but long enough to look like one" * 100)


def of_another_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.execute("DROP TABLE digests")


def emptied(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("harm", [truncated, no_database, of_another_version, emptied, Path.unlink])
def test_a_cache_that_is_good_for_nothing_is_made_anew(
    path: Path, video: Path, harm: Callable[[Path], None]
) -> None:
    keep(path, video)
    harm(path)
    cache = opened(path)
    assert cache.find(video, marks()) is None
    cache.keep(video, marks(), KNOWN)
    cache.close()
    assert found(path, video) == KNOWN


def test_it_is_made_anew_also_by_who_did_not_look_before(path: Path, video: Path) -> None:
    no_database(path)
    keep(path, video)
    assert found(path, video) == KNOWN


def test_a_row_that_the_disk_has_changed_is_not_believed(path: Path, video: Path) -> None:
    keep(path, video)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE digests SET sha256 = ?", (bytes(32),))
    assert found(path, video) is None


def test_the_database_of_another_program_is_left_alone(path: Path, video: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (value TEXT)")
    before = path.read_bytes()
    keep(path, video)
    assert found(path, video) is None
    assert path.read_bytes() == before


def test_a_locked_cache_is_done_without(
    path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(path, video)
    for wait in ("READING_WAIT_S", "WRITING_WAIT_S"):
        monkeypatch.setattr(remembered, wait, 0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        cache = opened(path)
        assert [cache.find(video, marks()) for _ in range(3)] == [None] * 3
        cache.keep(video, marks(), CachedHash("cd" * 32))
        cache.close()
    assert found(path, video) == KNOWN


def test_a_cache_that_cannot_be_written_is_read(plain_user_folder: Path) -> None:
    path, video = plain_user_folder / "digests.sqlite3", plain_user_folder / "a.mp4"
    keep(path, video)
    path.chmod(0o444)
    plain_user_folder.chmod(0o555)
    cache = opened(path)
    assert cache.find(video, marks()) == KNOWN
    cache.keep(video, marks(2), CachedHash("cd" * 32))
    cache.close()
    assert found(path, video) == KNOWN
    plain_user_folder.chmod(0o755)


def test_a_cache_that_cannot_be_read_is_done_without(plain_user_folder: Path) -> None:
    path, video = plain_user_folder / "digests.sqlite3", plain_user_folder / "a.mp4"
    keep(path, video)
    path.chmod(0)
    keep(path, video)
    assert found(path, video) is None


def test_a_folder_in_its_place_is_done_without(path: Path, video: Path) -> None:
    path.mkdir()
    keep(path, video)
    assert found(path, video) is None


def test_a_cache_that_is_a_link_is_replaced_and_its_target_is_not(path: Path, video: Path) -> None:
    precious = path.with_name("precious.txt")
    precious.write_text("not a database at all, and not to be lost\n" * 100)
    path.symlink_to(precious)
    keep(path, video)
    assert precious.read_text().startswith("not a database at all")
    assert found(path, video) == KNOWN


def test_threads_share_a_cache(path: Path, tmp_path: Path) -> None:
    cache = opened(path)

    def work(first: int) -> None:
        for number in range(first, first + 50):
            cache.keep(tmp_path / f"{number}.mp4", marks(number), KNOWN)
            assert cache.find(tmp_path / f"{number}.mp4", marks(number)) == KNOWN

    threads = [threading.Thread(target=work, args=(100 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cache.close()
    assert opened(path).find(tmp_path / "349.mp4", marks(349)) == KNOWN


# ---------------------------------------------------------------------------------- forgetting


def rows(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            Path(os.fsdecode(row[0])).name for row in connection.execute("SELECT path FROM digests")
        }


def test_files_that_are_gone_are_dropped_after_a_while(path: Path, video: Path) -> None:
    keep(path, video.with_name("gone.mp4"))
    keep(path, video, at=NOW + 6 * DAY_S)
    assert rows(path) == {"a.mp4", "gone.mp4"}
    keep(path, video, at=NOW + 7 * DAY_S)
    assert rows(path) == {"a.mp4"}


def test_what_nobody_asks_for_is_dropped(path: Path, video: Path) -> None:
    other = video.with_name("b.mp4")
    other.write_bytes(b"there, but of no use")
    keep(path, other)
    keep(path, video, at=NOW + FORGOTTEN_DAYS * DAY_S)
    assert rows(path) == {"a.mp4"}


def test_what_is_asked_for_now_and_then_stays(path: Path, video: Path) -> None:
    keep(path, video)
    months = [NOW + n * RENEWED_DAYS * DAY_S for n in range(1, 13)]
    assert [found(path, video, at) for at in months] == [KNOWN] * 12
    keep(path, video.with_name("b.mp4"), at=months[-1])
    assert "a.mp4" in rows(path)


def test_a_clock_that_was_wrong_for_a_day_keeps_nothing_for_ever(path: Path, video: Path) -> None:
    other = video.with_name("b.mp4")
    other.write_bytes(b"of no use")
    keep(path, other, at=NOW + 10_000 * DAY_S)
    keep(path, video)
    assert rows(path) == {"a.mp4"}
