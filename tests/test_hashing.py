"""Hash cache: which files are not read again, and that its own file never gets in the way."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

from runner import hashing
from runner.hashing import (
    MIN_FILE_BYTES,
    MIN_SAVED_BYTES,
    SETTLED_NS,
    CachedHash,
    HashCache,
    StatKey,
)

CONTENT = b"x" * MIN_FILE_BYTES
FOUND = CachedHash("ab" * 32, "image/png 1024 768")
OTHER = CachedHash("cd" * 32)


def later() -> int:
    """A time at which every file of a test has settled."""
    return time.time_ns() + 2 * SETTLED_NS


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def large_file(folder: Path, name: str = "a.mp4") -> Path:
    """A sparse file that is worth to be saved."""
    with (folder / name).open("wb") as file:
        file.truncate(MIN_SAVED_BYTES)
    return folder / name


def cache_of(path: Path, *, trusted: bool = True, writable: bool = True) -> HashCache:
    """The cache of a new process."""
    return HashCache(path, trusted=trusted, writable=writable, clock_ns=later)


def keep(cache: HashCache, file: Path, found: CachedHash = FOUND) -> None:
    """Remember something of a file without reading it."""
    with cache, file.open("rb") as opened:
        cache.find_or_read(file, opened.fileno(), lambda: found, is_usable=lambda _: False)


class NotCachedError(Exception):
    """The file would have to be read."""


def find(cache: HashCache, file: Path) -> CachedHash | None:
    def read() -> NoReturn:
        raise NotCachedError

    with cache, file.open("rb") as opened, suppress(NotCachedError):
        return cache.find_or_read(file, opened.fileno(), read)
    return None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / ".vidu-run").mkdir()
    return tmp_path / ".vidu-run" / "digests.sqlite3"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return large_file(tmp_path)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of bytes that were read."""
    pieces: list[int] = []
    readv = os.readv

    def counting(descriptor: int, buffers: list[bytearray]) -> int:
        pieces.append(readv(descriptor, buffers))
        return pieces[-1]

    monkeypatch.setattr(os, "readv", counting)
    return pieces


# ----------------------------------------------------------------------------------------- hashes


@pytest.mark.parametrize(
    "size", [0, 1, MIN_FILE_BYTES - 1, MIN_FILE_BYTES, 256 * 1024, 1024 * 1024 + 1]
)
def test_a_hash_covers_the_whole_file(tmp_path: Path, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    file = tmp_path / "a"
    file.write_bytes(content[:size])
    assert HashCache().sha256(file) == digest(content[:size])


def test_only_a_regular_file_has_a_hash(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "file").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    names = ("file", "link", "pipe", "missing", "file/x", ".")
    found = {name: HashCache().sha256(tmp_path / name) for name in names}
    assert found == dict.fromkeys(names, None) | {"file": digest(b"x")}


def refuse(code: int) -> Callable[..., NoReturn]:
    def refusing(*_: object, **__: object) -> NoReturn:
        raise OSError(code, os.strerror(code))

    return refusing


def test_a_file_without_permission_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "open", refuse(errno.EACCES))
    with pytest.raises(PermissionError):
        HashCache().sha256(tmp_path / "x")


def test_a_socket_has_no_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "open", refuse(errno.ENXIO))
    assert HashCache().sha256(tmp_path / "x") is None


# ---------------------------------------------------------------------------------- one process


def test_a_settled_file_is_read_once(tmp_path: Path, read: list[int]) -> None:
    (tmp_path / "a").write_bytes(CONTENT)
    cache = HashCache(clock_ns=later)
    assert [cache.sha256(tmp_path / "a") for _ in range(2)] == [digest(CONTENT)] * 2
    assert sum(read) == len(CONTENT)


def test_a_file_that_was_just_written_is_read_again(tmp_path: Path, read: list[int]) -> None:
    (tmp_path / "a").write_bytes(CONTENT)
    os.utime(tmp_path / "a", (1, 1))
    cache = HashCache()
    for _ in range(2):
        cache.sha256(tmp_path / "a")
    assert sum(read) == 2 * len(CONTENT)


def test_a_small_file_is_read_each_time(tmp_path: Path, read: list[int]) -> None:
    (tmp_path / "a").write_bytes(CONTENT[1:])
    cache = HashCache(clock_ns=later)
    for _ in range(2):
        cache.sha256(tmp_path / "a")
    assert sum(read) == 2 * len(CONTENT[1:])


def test_a_change_of_the_same_size_and_time_is_noticed(tmp_path: Path) -> None:
    cache = HashCache(clock_ns=later)
    for content in (CONTENT, CONTENT.replace(b"x", b"y")):
        (tmp_path / "a").write_bytes(content)
        os.utime(tmp_path / "a", (1, 1))
        assert cache.sha256(tmp_path / "a") == digest(content)


def test_a_file_that_changes_while_it_is_read_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, readv = tmp_path / "a", os.readv
    file.write_bytes(CONTENT)
    cache = HashCache(clock_ns=later)

    def disturbed(*arguments: Any) -> int:
        file.write_bytes(CONTENT + b"more")
        return readv(*arguments)

    monkeypatch.setattr(os, "readv", disturbed)
    cache.sha256(file)
    assert find(cache, file) is None


def test_a_copy_is_read_though_its_original_is_known(tmp_path: Path, read: list[int]) -> None:
    (tmp_path / "a").write_bytes(CONTENT)
    cache = HashCache(clock_ns=later)
    cache.sha256(tmp_path / "a")
    shutil.copy2(tmp_path / "a", tmp_path / "b")
    read.clear()
    assert cache.sha256(tmp_path / "b") == digest(CONTENT)
    assert sum(read) == len(CONTENT)


AT = 1_700_000_000_000_000_000


@dataclass(frozen=True)
class Times:
    mtime_ns: int
    ctime_ns: int
    settled: bool


@pytest.mark.parametrize(
    "times",
    [
        Times(AT - SETTLED_NS - 1, AT - SETTLED_NS - 1, settled=True),
        Times(AT - SETTLED_NS, AT - SETTLED_NS - 1, settled=False),
        Times(0, AT - SETTLED_NS, settled=False),
        Times(-5, 0, settled=True),
        Times(AT + SETTLED_NS, AT - 10 * SETTLED_NS, settled=False),
        Times(0, AT + 10**15, settled=False),
    ],
)
def test_a_file_settles_some_time_after_its_last_change(times: Times) -> None:
    key = StatKey(1, 2, 3, times.mtime_ns, times.ctime_ns)
    assert key.is_settled(AT) is times.settled


# ------------------------------------------------------------------------------ many processes


def test_the_next_process_finds_what_was_saved(path: Path, video: Path) -> None:
    keep(cache_of(path), video)
    assert find(cache_of(path), video) == FOUND


def test_a_saved_hash_is_used_without_reading(path: Path, video: Path, read: list[int]) -> None:
    keep(cache_of(path), video)
    assert cache_of(path).sha256(video) == FOUND.sha256
    assert not read


def test_the_spelling_of_a_path_does_not_matter(
    path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(cache_of(path), video)
    monkeypatch.chdir(path.parent)
    assert find(cache_of(path), Path("../a.mp4")) == FOUND


def test_a_file_name_may_be_any_bytes(path: Path, tmp_path: Path) -> None:
    odd = large_file(tmp_path, os.fsdecode(b"\xff.mp4"))
    keep(cache_of(path), odd)
    assert find(cache_of(path), odd) == FOUND


def test_a_changed_file_is_not_found(path: Path, video: Path) -> None:
    keep(cache_of(path), video)
    os.utime(video, (1, 1))
    assert find(cache_of(path), video) is None


def test_a_new_hash_replaces_the_saved_one(path: Path, video: Path) -> None:
    keep(cache_of(path), video)
    keep(cache_of(path), video, OTHER)
    assert find(cache_of(path), video) == OTHER


def test_an_interrupt_saves_what_was_found(path: Path, video: Path) -> None:
    cache = cache_of(path)

    def interrupted() -> None:
        with cache, video.open("rb") as file:
            cache.find_or_read(video, file.fileno(), lambda: FOUND)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert find(cache_of(path), video) == FOUND


def test_a_few_small_files_are_not_saved(path: Path, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(CONTENT)
    cache = cache_of(path)
    keep(cache, tmp_path / "a")
    assert list(path.parent.iterdir()) == []
    assert find(cache, tmp_path / "a") == FOUND


def test_rows_wait_until_the_folder_exists(tmp_path: Path, video: Path) -> None:
    path = tmp_path / "state" / "digests.sqlite3"
    cache = cache_of(path)
    keep(cache, video)
    assert not path.parent.exists()
    path.parent.mkdir()
    with cache:
        pass
    assert find(cache_of(path), video) == FOUND


def test_a_full_memory_is_saved_and_emptied(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "MAX_ROWS", 2)
    files = [large_file(tmp_path, f"{number}.mp4") for number in range(5)]
    cache = cache_of(path)
    with cache:
        for file in files:
            keep(cache, file)
        assert [find(cache, file) for file in files] == [FOUND] * 5
    assert [find(cache_of(path), file) for file in files] == [FOUND] * 5


def test_a_full_memory_leaves_no_file_of_a_read_only_cache(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "MAX_ROWS", 2)
    cache = cache_of(path, writable=False)
    for number in range(5):
        keep(cache, large_file(tmp_path, f"{number}.mp4"))
    assert list(path.parent.iterdir()) == []


def test_a_read_only_cache_writes_nothing(path: Path, video: Path) -> None:
    keep(cache_of(path, writable=False), video)
    assert list(path.parent.iterdir()) == []
    keep(cache_of(path), video)
    assert find(cache_of(path, writable=False), video) == FOUND


def test_an_untrusted_cache_is_read_again_and_replaced(path: Path, video: Path) -> None:
    keep(cache_of(path), video)
    cache = cache_of(path, trusted=False)
    assert find(cache, video) is None
    keep(cache, video, OTHER)
    assert find(cache, video) == OTHER
    assert find(cache_of(path), video) == OTHER


def test_files_that_are_gone_are_dropped(path: Path, video: Path, tmp_path: Path) -> None:
    gone = large_file(tmp_path, "gone.mp4")
    keep(cache_of(path), gone)
    gone.unlink()
    keep(cache_of(path), video)
    with closing(sqlite3.connect(path)) as connection:
        names = [os.fsdecode(name) for (name,) in connection.execute("SELECT path FROM hashes")]
    assert names == [str(video)]


def test_threads_share_a_cache(path: Path, tmp_path: Path) -> None:
    files = [large_file(tmp_path, f"{number}.mp4") for number in range(40)]
    cache = cache_of(path)

    def work(mine: list[Path]) -> None:
        for file in mine:
            keep(cache, file)
            assert find(cache, file) == FOUND

    threads = [threading.Thread(target=work, args=(files[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [find(cache_of(path), file) for file in files] == [FOUND] * 40


# ----------------------------------------------------------------------- what may be wrong with it


def test_nothing_is_kept_where_changes_go_unnoticed(
    path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "reports_changes", lambda _file: False)
    cache = cache_of(path)
    keep(cache, video)
    assert find(cache, video) is None
    assert not path.exists()


def test_without_reliable_locks_only_memory_is_used(
    path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "has_reliable_locks", lambda _file: False)
    cache = cache_of(path)
    keep(cache, video)
    assert find(cache, video) == FOUND
    assert not path.exists()


def truncate(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] + b"\0" * 100)


def overwrite(path: Path) -> None:
    path.write_bytes(b"not a database, but long enough to look like one" * 100)


def become_another_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE hashes")
        connection.execute("CREATE TABLE digests (path BLOB PRIMARY KEY, seal INTEGER)")
        connection.execute("PRAGMA user_version = 1")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    "harm", [truncate, cut, overwrite, become_another_version, empty, Path.unlink]
)
def test_a_useless_cache_file_is_replaced(
    path: Path, video: Path, harm: Callable[[Path], None]
) -> None:
    keep(cache_of(path), video)
    harm(path)
    cache = cache_of(path)
    assert find(cache, video) is None
    keep(cache, video)
    assert find(cache_of(path), video) == FOUND


def test_a_row_that_the_disk_has_changed_is_not_used(path: Path, video: Path) -> None:
    keep(cache_of(path), video)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE hashes SET sha256 = ?", (OTHER.sha256,))
    assert find(cache_of(path), video) is None


def test_the_database_of_another_program_is_left_alone(path: Path, video: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (value TEXT)")
    before = path.read_bytes()
    keep(cache_of(path), video)
    assert find(cache_of(path), video) is None
    assert path.read_bytes() == before


def test_a_locked_cache_file_is_not_used(
    path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(cache_of(path), video)
    monkeypatch.setattr(hashing, "LOCK_WAIT_S", 0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        cache = cache_of(path)
        assert find(cache, video) is None
        keep(cache, video, OTHER)
    assert find(cache_of(path), video) == FOUND


KILLED = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN")
connection.execute(
    "CREATE TABLE filler AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
    " LIMIT 5000) SELECT i, randomblob(99) FROM n"
)
connection.execute("DELETE FROM hashes")
os.kill(os.getpid(), 9)
"""


def kill_while_writing(path: Path) -> None:
    """Leave what such a process leaves: overwritten pages, and a journal with the old ones."""
    subprocess.run([sys.executable, "-c", KILLED, path], check=False)
    assert Path(f"{path}-journal").exists()


def test_what_a_killed_process_left_is_rolled_back(path: Path, video: Path) -> None:
    keep(cache_of(path), video)
    kill_while_writing(path)
    assert find(cache_of(path), video) == FOUND


def test_a_read_only_cache_ignores_what_a_killed_process_left(path: Path, video: Path) -> None:
    keep(cache_of(path), video)
    kill_while_writing(path)
    before = {file: file.read_bytes() for file in path.parent.iterdir()}
    assert find(cache_of(path, writable=False), video) is None
    assert {file: file.read_bytes() for file in path.parent.iterdir()} == before


def test_a_folder_in_its_place_is_not_used(path: Path, video: Path) -> None:
    path.mkdir()
    keep(cache_of(path), video)
    assert find(cache_of(path), video) is None


def test_a_link_to_something_else_is_replaced(path: Path, video: Path) -> None:
    precious = path.with_name("precious.txt")
    precious.write_text("not a database at all, and not to be lost\n" * 100)
    path.symlink_to(precious)
    keep(cache_of(path), video)
    assert precious.read_text().startswith("not a database at all")
    assert find(cache_of(path), video) == FOUND


def test_a_cache_in_a_read_only_folder_is_read(plain_user_folder: Path) -> None:
    path, video = plain_user_folder / "digests.sqlite3", large_file(plain_user_folder)
    other = large_file(plain_user_folder, "b.mp4")
    keep(cache_of(path), video)
    path.chmod(0o444)
    plain_user_folder.chmod(0o555)
    cache = cache_of(path)
    assert find(cache, video) == FOUND
    keep(cache, other, OTHER)
    assert find(cache_of(path), other) is None
    plain_user_folder.chmod(0o755)


def test_an_unreadable_cache_file_is_not_used(plain_user_folder: Path) -> None:
    path, video = plain_user_folder / "digests.sqlite3", large_file(plain_user_folder)
    keep(cache_of(path), video)
    path.chmod(0)
    keep(cache_of(path), video)
    assert find(cache_of(path), video) is None
