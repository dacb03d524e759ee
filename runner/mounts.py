"""Mounts: finds the file system that holds a path, and what it is unfit for."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# Locks and shared memory of SQLite do not work across machines on these.
_NETWORK = frozenset(
    (
        *("afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "glusterfs", "gpfs", "lustre", "ncpfs"),
        *("nfs", "nfs4", "orangefs", "panfs", "pvfs2", "smb3", "smbfs", "webdav", "wekafs"),
        *("fuse.blobfuse2", "fuse.ceph-fuse", "fuse.curlftpfs", "fuse.davfs", "fuse.gcsfuse"),
        *("fuse.glusterfs", "fuse.goofys", "fuse.juicefs", "fuse.mfs", "fuse.mount-s3"),
        *("fuse.rclone", "fuse.s3fs", "fuse.seaweedfs", "fuse.sshfs"),
    )
)

# These join a virtual machine or container to its host. Each side has locks and a page cache of its
# own, so that two writers damage a database: within a minute, by reports of 2026. `fakeowner` is
# what Docker Desktop lays over virtiofs; `unknown fuse` may be virtiofs.
_HOST_SHARES = frozenset(
    (
        *("9p", "applevirtiofs", "drvfs", "fakeowner", "grpcfuse", "hostfs", "osxfs", "prl_fs"),
        *("vboxsf", "virtio-fs", "virtiofs", "vmhgfs", "unknown fuse"),
        *("fuse.grpcfuse", "fuse.osxfs", "fuse.vmhgfs-fuse"),
    )
)

# Prefixes of file systems that record no time of change other than that of writing, or may give
# another file the same inode when they are next mounted.
_FORGETFUL = ("exfat", "fuse", "msdos", "prl_fs", "vboxsf", "vfat")

# Of statfs(2), in hexadecimal as `stat -f -c %t` prints them. FUSE does not report which one it is.
_MAGIC_NUMBERS = {
    "1021997": "9p",
    "19830326": "beegfs",
    "517b": "smbfs",
    "5346414f": "afs",
    "65735546": "unknown fuse",
    "6969": "nfs",
    "786f4256": "vboxsf",
    "c36400": "ceph",
    "bd00bd0": "lustre",
    "fe534d42": "smb3",
    "ff534d42": "cifs",
}

MOUNTINFO = Path("/proc/self/mountinfo")
"""Linux' list of mounts, as this process sees them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A file system in its place."""

    point: str
    """The absolute path at which it is mounted; empty if that is unknown."""
    kind: str
    """Its type, as the system calls it: `ext4`, `virtiofs`."""
    source: str = ""
    """What is mounted there: a device, `box:/share`, `C:\\`."""
    options: str = ""
    """Those of the file system itself, separated by commas."""

    @property
    def is_network(self) -> bool:
        """Whether other machines have the same files."""
        return self.kind.lower() in _NETWORK

    @property
    def is_host_share(self) -> bool:
        """Whether the files are those of the host of this virtual machine or container."""
        return self.kind.lower() in _HOST_SHARES

    @property
    def is_drvfs(self) -> bool:
        """Whether it is a drive of Windows inside of WSL, by whichever protocol."""
        marks = (self.kind, self.source, *re.split("[,;]", self.options))
        return any(mark.startswith(("drvfs", "aname=drvfs")) for mark in marks)

    @property
    def is_gvisor(self) -> bool:
        """Whether gVisor has mounted it: its 9p goes over an open file of the sandbox."""
        return self.kind == "9p" and "trans=fd" in self.options.split(",")

    def __str__(self) -> str:
        if self.is_drvfs:
            return f"{self.kind}, a Windows drive" if self.kind != "drvfs" else "drvfs"
        return f"{self.kind} of gVisor" if self.is_gvisor else self.kind


def find_mount(path: Path) -> Mount | None:
    """The file system that holds `path`, links resolved; None if that is unknown. May block."""
    real = path.resolve()
    return lookup(str(real), _mounts()) or _by_magic_number(real)


def has_reliable_locks(path: Path) -> bool:
    """Whether locks on the file at `path` hold for everybody who can open it."""
    mount = find_mount(path)
    return mount is None or not (mount.is_network or mount.is_host_share)


def reports_changes(path: Path) -> bool:
    """Whether every change of the file at `path` changes its inode or its times."""
    mount = find_mount(path)
    return mount is None or not (mount.is_network or mount.kind.startswith(_FORGETFUL))


def lookup(path: str, mounts: Iterable[Mount]) -> Mount | None:
    """The one among `mounts` that holds the absolute `path`, if any."""
    inside = [each for each in mounts if f"{path}/".startswith(f"{each.point.rstrip('/')}/")]
    longest = max((len(mount.point) for mount in inside), default=0)
    # Of equal mount points the last one hides the others.
    return next((mount for mount in reversed(inside) if len(mount.point) == longest), None)


def parse_mountinfo(text: str) -> list[Mount]:
    """The mounts in Linux' /proc/self/mountinfo (proc(5))."""
    line = re.compile(r"^(?:\S+ ){4}(\S+) .*? - (\S+)(?: (\S*))?(?: (\S*))?", re.MULTILINE)
    rows = ([_unescaped(field or "") for field in found.groups()] for found in line.finditer(text))
    return [Mount(point=row[0], kind=row[1], source=row[2], options=row[3]) for row in rows]


def parse_mount(text: str) -> list[Mount]:
    """The mounts in the output of macOS' `mount`: `what on /where (type, ...)`."""
    rows = re.findall(r"^(.*?) on (/.*) \(([\w.-]+)[,)]", text, re.MULTILINE)
    return [Mount(point=point, kind=kind, source=source) for source, point, kind in rows]


def _unescaped(field: str) -> str:
    r"""Spaces in a field of mountinfo are written as \040, backslashes as \134."""
    return re.sub(r"\\([0-7]{3})", lambda escape: chr(int(escape[1], 8)), field)


def _mounts() -> list[Mount]:
    try:
        if sys.platform == "darwin":
            return parse_mount(_output("/sbin/mount"))
        return parse_mountinfo(MOUNTINFO.read_text("utf-8", "replace"))
    except (OSError, subprocess.SubprocessError):
        return []


def _by_magic_number(path: Path) -> Mount | None:
    """What statfs(2) reports, where the list of mounts lacks the path: a chroot without /proc."""
    existing = next(each for each in (path, *path.parents) if each.exists())
    try:
        number = _output("stat", "-f", "-c", "%t", str(existing)).strip()
    except (OSError, subprocess.SubprocessError):
        return None  # unknown: SQLite reports its own errors then
    kind = _MAGIC_NUMBERS.get(number)
    return Mount(point="", kind=kind) if kind else None


def _output(*command: str) -> str:
    done = subprocess.run(  # noqa: S603 - the commands above
        command, capture_output=True, text=True, check=False, timeout=5
    )
    return done.stdout
