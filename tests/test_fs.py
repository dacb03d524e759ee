"""Atomic replacement, flushing, the lock on a folder, and kinds of file systems."""

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

from runner import fs
from runner.errors import Exit, LedgerError
from runner.fs import (
    atomic_write,
    flush_folder,
    folder_lock,
    lookup,
    network_type,
    parse_mount,
    parse_mountinfo,
    reports_changes,
)

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


MOUNTINFO = r"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 22 0:35 / /home/me/net\040drive rw,relatime shared:2 master:1 - nfs4 box:/x rw,vers=4.2
41 40 0:36 / /home/me/net\040drive/local rw - tmpfs tmpfs rw
42 22 0:37 / /over rw - cifs //box/x rw
43 22 254:0 / /over rw - ext4 /dev/vdb rw
damaged line
"""
MOUNT = """/dev/disk3s1 on / (apfs, sealed, local, read-only)
box:/x on /Volumes/net (drive) (nfs, nodev)
map auto_home on /System/Volumes/Data/home (autofs, automounted)
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/me", "ext4"),
        ("/home/me/net drive", "nfs4"),
        ("/home/me/net drive/a/b", "nfs4"),
        ("/home/me/net drive/local/x", "tmpfs"),
        ("/home/me/net drives", "ext4"),
        ("/over/x", "ext4"),
    ],
)
def test_the_innermost_and_last_mount_decides(folder: str, kind: str | None) -> None:
    assert lookup(folder, parse_mountinfo(MOUNTINFO)) == kind


def test_the_mount_list_of_macos_is_parsed() -> None:
    assert lookup("/Volumes/net (drive)/x", parse_mount(MOUNT)) == "nfs"
    assert lookup("/Users/me", parse_mount(MOUNT)) == "apfs"


def test_without_mounts_the_type_is_unknown() -> None:
    assert lookup("/x", []) is None


def test_a_local_folder_reports_changes(tmp_path: Path) -> None:
    assert network_type(tmp_path) is None
    assert reports_changes(tmp_path)


@pytest.mark.parametrize(
    ("kind", "reported"),
    [
        ("ext4", True),
        ("overlay", True),
        ("apfs", True),
        ("nfs4", False),
        ("fuse.sshfs", False),
        ("fuseblk", False),
        ("vfat", False),
    ],
)
def test_some_file_systems_do_not_report_every_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, *, reported: bool
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"22 1 0:1 / / rw - {kind} x rw\n", encoding="utf-8")
    monkeypatch.setattr(fs, "MOUNTINFO", mounts)
    monkeypatch.setattr("sys.platform", "linux")
    assert reports_changes(tmp_path) is reported


def test_a_link_counts_as_its_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts, there = tmp_path / "mountinfo", tmp_path / "there"
    there.mkdir()
    (tmp_path / "a.png").symlink_to(there / "a.png")
    text = f"22 1 0:1 / / rw - ext4 x rw\n23 1 0:2 / {there} rw - nfs x rw\n"
    mounts.write_text(text, encoding="utf-8")
    monkeypatch.setattr(fs, "MOUNTINFO", mounts)
    monkeypatch.setattr("sys.platform", "linux")
    assert not reports_changes(tmp_path / "a.png")


def test_an_unreadable_mount_list_counts_as_local(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fs, "MOUNTINFO", tmp_path / "missing")
    assert network_type(tmp_path) is None
