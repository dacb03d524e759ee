"""File systems: decides whether a ledger can be kept on one, and how many processes may use it."""

from __future__ import annotations

import enum
import os
import threading
from collections.abc import Callable
from pathlib import Path

from runner.errors import LedgerError
from runner.fs import try_lock
from runner.ledger.errors import translated_system_errors
from runner.mounts import Mount, find_mount


class Sharing(enum.Enum):
    """How many processes may use a ledger at the same time."""

    MANY = "many"
    """Any number, by SQLite's write-ahead log."""
    ONE = "one"
    """One, which holds a lock for as long as it has the ledger open; with a rollback journal."""


_NETWORK = "is on a network file system ({0}{1}), where locks are not reliable"
_HOST_SHARE = (
    "is on a file system that is shared with the host of this machine ({0}{1}), where two writers "
    "damage a database"
)
_ON_LOCAL_DISK = "keep it on a local disk with --state-dir"
_IN_VOLUME = (
    "keep it elsewhere with --state-dir: in a container in a named volume (docker run "
    "-v vidu-run:/state ..., --state-dir /state), in a virtual machine on a disk of its own"
)
_IN_WSL = (
    "keep it on a disk of Linux itself, or in a container in a named volume, with --state-dir "
    "(~/vidu-run, /state)"
)
_IN_GVISOR = (
    "under gVisor a named volume is such a mount, too: with --state-dir keep it in a tmpfs or in "
    "the container's own file system, or run the container without gVisor"
)


def sharing(path: Path, find: Callable[[Path], Mount | None] = find_mount) -> Sharing:
    """How the ledger at `path` can be used; raises LedgerError where a ledger cannot be kept."""
    mount = find(path)
    if mount is None or not (mount.is_network or mount.is_host_share):
        return Sharing.MANY
    # The root of a sandbox (gVisor, Kata) is nobody else's; a volume may be anybody's.
    if mount.is_host_share and mount.point == "/":
        return Sharing.ONE
    where = f", mounted at {mount.point}" if mount.point else ""
    what = (_NETWORK if mount.is_network else _HOST_SHARE).format(mount, where)
    raise LedgerError(f"the ledger {path} {what}; nothing was submitted", hint=_hint(mount))


def sharing_warning(path: Path, find: Callable[[Path], Mount | None] = find_mount) -> str | None:
    """What to print where only one process can use the ledger; raises as `sharing` does."""
    if sharing(path, find) is Sharing.MANY:
        return None
    return (
        f"warning: the ledger {path} is on {find(path)}, as the whole root file system: one "
        "command at a time can use it, and nothing outside of this container may\n"
        f"  hint: {_IN_VOLUME}"
    )


def _hint(mount: Mount) -> str:
    if mount.is_network:
        return _ON_LOCAL_DISK
    if mount.is_drvfs:
        return _IN_WSL
    return _IN_GVISOR if mount.is_gvisor else _IN_VOLUME


class SoleUse:
    """This process's lock on a ledger that only one process may use; each `release` undoes one."""

    # Locks of one process on two descriptors would exclude each other, and it opens its ledger
    # several times.
    _guard = threading.Lock()
    _held: dict[Path, tuple[int, int]] = {}  # noqa: RUF012 - shared on purpose
    """Lock file to its descriptor, and how often it is held."""

    def __init__(self, ledger: Path):
        """Take the lock; raises LedgerError if another process has it."""
        self._path = ledger.resolve().with_name(f"{ledger.name}.lock")
        with self._guard:
            descriptor, count = self._held.get(self._path) or (self._lock(ledger), 0)
            self._held[self._path] = (descriptor, count + 1)

    def release(self) -> None:
        """Undo one acquisition; the last one lets other processes in."""
        with self._guard:
            descriptor, count = self._held.pop(self._path)
            if count > 1:
                self._held[self._path] = (descriptor, count - 1)
            else:
                os.close(descriptor)

    def _lock(self, ledger: Path) -> int:
        with translated_system_errors(self._path):
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        if not try_lock(descriptor):
            os.close(descriptor)
            raise LedgerError(
                f"the ledger {ledger} is in use by another command, and on this file system only "
                "one can use it",
                hint="run again when that has ended, or keep the ledger elsewhere with --state-dir",
            )
        return descriptor
