"""Atomic replacement, flushing, and the lock on a folder."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from runner.errors import Exit, LedgerError
from runner.fs import atomic_write, flush_folder, folder_lock

HOLD = """
import sys
from pathlib import Path
from runner.fs import folder_lock
with folder_lock(Path(sys.argv[1]), wait_s=0):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the folder's lock until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def test_only_one_holder_has_the_lock(tmp_path: Path) -> None:
    with (
        folder_lock(tmp_path, wait_s=0),
        pytest.raises(LedgerError),
        folder_lock(tmp_path, wait_s=0),
    ):
        pytest.fail("two hold it")
    with folder_lock(tmp_path, wait_s=0):
        pass


def test_the_error_names_the_process_that_holds_the_lock(tmp_path: Path) -> None:
    with held(tmp_path) as process:
        with pytest.raises(LedgerError) as caught, folder_lock(tmp_path, wait_s=0.1):
            pytest.fail("two hold it")
        process.kill()
    who = f"process {process.pid}" if sys.platform == "linux" else "another process"
    look = f"ps {process.pid}" if sys.platform == "linux" else f"lsof {tmp_path}"
    assert caught.value.message == (
        f"the ledger's folder {tmp_path} is locked: {who} has been opening its ledger for 0.1 s"
    )
    assert caught.value.hint == (
        f'it may have been stopped (see "{look}"): continue or end it, and run again'
    )
    assert caught.value.exit is Exit.LEDGER


def test_a_released_lock_is_taken(tmp_path: Path) -> None:
    with held(tmp_path) as process:
        assert process.stdin is not None
        process.stdin.close()
        with folder_lock(tmp_path, wait_s=60):
            pass


def test_a_long_wait_is_reported_once(tmp_path: Path) -> None:
    messages: list[str] = []
    with held(tmp_path) as process:

        def release(message: str) -> None:
            messages.append(message)
            assert process.stdin is not None
            process.stdin.close()

        with folder_lock(tmp_path, wait_s=60, on_wait=release):
            pass
    who = f"process {process.pid}" if sys.platform == "linux" else "another process"
    assert messages == [f"waiting for {who}, which holds the ledger's folder {tmp_path}"]


def test_taking_a_free_lock_reports_nothing(tmp_path: Path) -> None:
    with folder_lock(tmp_path, wait_s=60, on_wait=pytest.fail):
        pass


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    assert atomic_write(path, [b"new ", b"content"])
    assert path.read_bytes() == b"new content"
    assert list(tmp_path.iterdir()) == [path]


def test_equal_content_leaves_the_file_untouched(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"same")
    inode = path.stat().st_ino
    assert not atomic_write(path, [b"same"], is_same=lambda new: new.read_bytes() == b"same")
    assert path.stat().st_ino == inode
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        atomic_write(path, [b"new"])
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_that_a_killed_process_left_is_reused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    (tmp_path / ".a.txt.part").write_bytes(b"half of a row" * 1000)
    atomic_write(path, [b"new"])
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_at_the_temporary_name_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    (tmp_path / ".a.txt.part").symlink_to(precious)
    with pytest.raises(OSError, match="symbolic links"):
        atomic_write(tmp_path / "a.txt", [b"new"])
    assert precious.read_bytes() == b"mine"


def test_concurrent_writers_leave_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"

    def write(number: int) -> bool:
        return atomic_write(path, [bytes([number]) * 1000] * 50)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(write, range(24)))
    assert len(set(path.read_bytes())) == 1
    assert len(path.read_bytes()) == 50_000
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_that_cannot_flush_a_folder_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def unsupported(_descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", unsupported)
    flush_folder(tmp_path)


def test_a_disk_error_while_flushing_a_folder_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_descriptor: int) -> None:
        raise OSError(errno.EIO, "I/O error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="I/O error"):
        flush_folder(tmp_path)
