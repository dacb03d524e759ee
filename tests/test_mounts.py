"""Mounts: lists of Linux and macOS, the innermost mount, and what each kind is unfit for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from runner import mounts
from runner.mounts import (
    Mount,
    find_mount,
    has_reliable_locks,
    lookup,
    parse_mount,
    parse_mountinfo,
    reports_changes,
)

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
def test_the_innermost_and_last_mount_decides(folder: str, kind: str) -> None:
    found = lookup(folder, parse_mountinfo(MOUNTINFO))
    assert found is not None
    assert found.kind == kind


def test_the_mount_list_of_macos_is_parsed() -> None:
    assert parse_mount(MOUNT)[:2] == [
        Mount(point="/", kind="apfs", source="/dev/disk3s1"),
        Mount(point="/Volumes/net (drive)", kind="nfs", source="box:/x"),
    ]


def test_without_mounts_the_type_is_unknown() -> None:
    assert lookup("/x", []) is None


def test_a_local_folder_reports_changes(tmp_path: Path) -> None:
    assert has_reliable_locks(tmp_path)
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
    listed = tmp_path / "mountinfo"
    listed.write_text(f"22 1 0:1 / / rw - {kind} x rw\n", encoding="utf-8")
    monkeypatch.setattr(mounts, "MOUNTINFO", listed)
    monkeypatch.setattr("sys.platform", "linux")
    assert reports_changes(tmp_path) is reported


def test_a_link_counts_as_its_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed, there = tmp_path / "mountinfo", tmp_path / "there"
    there.mkdir()
    (tmp_path / "a.png").symlink_to(there / "a.png")
    text = f"22 1 0:1 / / rw - ext4 x rw\n23 1 0:2 / {there} rw - nfs x rw\n"
    listed.write_text(text, encoding="utf-8")
    monkeypatch.setattr(mounts, "MOUNTINFO", listed)
    monkeypatch.setattr("sys.platform", "linux")
    assert not reports_changes(tmp_path / "a.png")


def test_an_unreadable_mount_list_counts_as_local(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mounts, "MOUNTINFO", tmp_path / "missing")
    assert has_reliable_locks(tmp_path)


# What the mounts of each kind of machine look like, less what is the same everywhere.
FOREIGN = {
    "Docker Desktop": "/run/host_mark/Users rw,relatime - fakeowner /run/host_mark/Users rw",
    "Docker Desktop, older": "/ rw - fuse.grpcfuse grpcfuse rw,user_id=0,group_id=0",
    "OrbStack, Podman machine": "/ rw,relatime - virtiofs mac rw",
    "WSL 2": r"/ rw,noatime - 9p C:\134 rw,dirsync,aname=drvfs;path=C:\134;uid=1000,trans=fd",
    "WSL 2 with virtiofs": "/ rw,noatime - virtiofs drvfsC rw",
    "WSL 1": "/ rw,noatime - drvfs C: rw,uid=1000",
    "gVisor": "/ rw - 9p none rw,trans=fd,rfdno=5,wfdno=5",
    "VirtualBox": "/ rw - vboxsf share rw",
}


@pytest.mark.parametrize(
    ("machine", "text"),
    [
        ("Docker Desktop", "fakeowner"),
        ("Docker Desktop, older", "fuse.grpcfuse"),
        ("OrbStack, Podman machine", "virtiofs"),
        ("WSL 2", "9p, a Windows drive"),
        ("WSL 2 with virtiofs", "virtiofs, a Windows drive"),
        ("WSL 1", "drvfs"),
        ("gVisor", "9p of gVisor"),
        ("VirtualBox", "vboxsf"),
    ],
)
def test_a_share_of_the_host_is_recognised(machine: str, text: str) -> None:
    root, options = FOREIGN[machine].split(" ", maxsplit=1)
    lines = f"22 1 254:0 / / rw - ext4 /dev/vda rw\n40 22 0:35 {root} /srv {options}\n"
    found = lookup("/srv/campaign", parse_mountinfo(lines))
    assert found is not None
    assert found.point == "/srv"
    assert found.is_host_share
    assert not found.is_network
    assert str(found) == text


def test_a_mount_without_source_or_options_is_parsed() -> None:
    assert parse_mountinfo("22 1 0:1 / /a rw - tmpfs\n") == [Mount(point="/a", kind="tmpfs")]


@pytest.mark.parametrize(
    ("number", "is_reliable"),
    [("1021997", False), ("65735546", False), ("6969", False), ("ef53", True), ("", True)],
)
def test_without_a_mount_list_the_magic_number_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: str, *, is_reliable: bool
) -> None:
    monkeypatch.setattr(mounts, "MOUNTINFO", tmp_path / "missing")
    monkeypatch.setattr("sys.platform", "linux")
    stat = tmp_path / "stat"
    stat.write_text(f"#!/bin/sh\necho {number}\n", encoding="utf-8")
    stat.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    assert has_reliable_locks(tmp_path / "no" / "such" / "file") is is_reliable


@pytest.mark.skipif(sys.platform != "linux", reason="statfs reports other numbers there")
def test_the_systems_own_stat_prints_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounts, "MOUNTINFO", Path("/missing"))
    monkeypatch.setattr(mounts, "_MAGIC_NUMBERS", {"9fa0": "proc"})
    assert find_mount(Path("/proc/self")) == Mount(point="", kind="proc")
