from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import LedgerError
from runner.ledger import connection, filesystem
from runner.ledger.filesystem import (
    lookup,
    network_type,
    parse_mount,
    parse_mountinfo,
    reports_changes,
)
from runner.ledger.store import open_ledger

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
def test_the_innermost_last_mount_tells_the_type(folder: str, kind: str | None) -> None:
    assert lookup(folder, parse_mountinfo(MOUNTINFO)) == kind


def test_the_list_of_macos_is_understood() -> None:
    assert lookup("/Volumes/net (drive)/x", parse_mount(MOUNT)) == "nfs"
    assert lookup("/Users/me", parse_mount(MOUNT)) == "apfs"


def test_without_any_mount_nothing_is_known() -> None:
    assert lookup("/x", []) is None


def test_a_test_folder_is_local(tmp_path: Path) -> None:
    assert network_type(tmp_path) is None
    assert reports_changes(tmp_path)


@pytest.mark.parametrize(
    ("kind", "told"),
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
def test_where_inodes_and_times_are_not_to_be_relied_on_no_change_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, *, told: bool
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"22 1 0:1 / / rw - {kind} x rw\n", encoding="utf-8")
    monkeypatch.setattr(filesystem, "MOUNTINFO", mounts)
    monkeypatch.setattr("sys.platform", "linux")
    assert reports_changes(tmp_path) is told


def test_a_link_tells_what_the_file_system_of_its_target_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts, there = tmp_path / "mountinfo", tmp_path / "there"
    there.mkdir()
    (tmp_path / "a.png").symlink_to(there / "a.png")
    text = f"22 1 0:1 / / rw - ext4 x rw\n23 1 0:2 / {there} rw - nfs x rw\n"
    mounts.write_text(text, encoding="utf-8")
    monkeypatch.setattr(filesystem, "MOUNTINFO", mounts)
    monkeypatch.setattr("sys.platform", "linux")
    assert not reports_changes(tmp_path / "a.png")


def test_an_unknown_list_of_mounts_refuses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filesystem, "MOUNTINFO", tmp_path / "missing")
    assert network_type(tmp_path) is None


def test_a_ledger_on_a_network_drive_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "network_type", lambda _folder: "nfs4")
    with pytest.raises(LedgerError, match=r"network file system \(nfs4\)") as told:
        open_ledger(tmp_path / ".vidu-run" / "ledger.sqlite3")
    assert "--state-dir" in (told.value.hint or "")
