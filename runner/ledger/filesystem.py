"""A folder in, the kind of file system it lies on out: on a network it is no place for a ledger."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

# Locks or shared memory of SQLite do not hold across machines on these. 9p and virtiofs are not
# among them: they join a virtual machine to its own host.
NETWORK = frozenset(
    (
        *("afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "glusterfs", "lustre", "ncpfs"),
        *("nfs", "nfs4", "smb3", "smbfs", "webdav"),
        *("fuse.ceph-fuse", "fuse.davfs", "fuse.gcsfuse", "fuse.glusterfs", "fuse.goofys"),
        *("fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    )
)

_FORGETFUL = ("exfat", "fuse", "msdos", "prl_fs", "vboxsf", "vfat")
"""How the names of file systems begin that keep no time of a change besides that of writing, or may
give another file the same inode when they are next mounted."""

MOUNTINFO = Path("/proc/self/mountinfo")
"""Linux' list of what is mounted where, as this process sees it."""


def network_type(folder: Path) -> str | None:
    """The type of the network file system under `folder`; None where it is local or unknown."""
    kind = lookup(str(folder.resolve()), _mounts())
    return kind if kind in NETWORK else None


def reports_changes(path: Path) -> bool:
    """Whether inode and time of change tell for sure that what lies at `path` is as it was."""
    kind = lookup(str(path.resolve()), _mounts()) or ""
    return kind not in NETWORK and not kind.startswith(_FORGETFUL)


def lookup(folder: str, mounts: Iterable[tuple[str, str]]) -> str | None:
    """The type among `mounts` (mount point, type) that holds the absolute `folder`, if any.

    The longest mount point holds it, of equal ones the last, which hides the others.
    """
    inside = [pair for pair in mounts if f"{folder}/".startswith(f"{pair[0].rstrip('/')}/")]
    longest = max((len(point) for point, _ in inside), default=0)
    return next((kind for point, kind in reversed(inside) if len(point) == longest), None)


def parse_mountinfo(text: str) -> list[tuple[str, str]]:
    """Mount points and types of Linux' /proc/self/mountinfo (proc(5))."""
    lines = [line.partition(" - ") for line in text.splitlines()]
    return [
        (_unescaped(left.split()[4]), right.split()[0])
        for left, dash, right in lines
        if dash and len(left.split()) > 4
    ]


def parse_mount(text: str) -> list[tuple[str, str]]:
    """Mount points and types of what macOS' `mount` prints: `what on /where (type, ...)`."""
    found = (re.fullmatch(r".*? on (/.*) \(([\w.]+)[,)].*", line) for line in text.splitlines())
    return [(line[1], line[2]) for line in found if line]


def _mounts() -> list[tuple[str, str]]:
    try:
        if sys.platform == "darwin":
            told = subprocess.run(
                ["/sbin/mount"], capture_output=True, text=True, check=False, timeout=5
            )
            return parse_mount(told.stdout)
        return parse_mountinfo(MOUNTINFO.read_text("utf-8", "replace"))
    except (OSError, subprocess.SubprocessError):
        return []  # not known; SQLite's own errors are then what is told


def _unescaped(path: str) -> str:
    r"""A mount point as it is: spaces and the like are written as \040 there."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), path)
