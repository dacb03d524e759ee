"""What the file system tells of a file in, whether it is still the one that was read out."""

from __future__ import annotations

import os
from typing import NamedTuple

SETTLED_NS = 2_000_000_000
"""The coarsest steps in which a file system tells time (FAT's). What was changed less than so long
before it was read may be changed again without its times telling, as in git's "racy" index."""


class Marks(NamedTuple):
    """What changes whenever a file's content does, once it has settled."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int
    """Of the last change of anything. No program can set it, as editors and copying tools set the
    other one."""

    @classmethod
    def of(cls, status: os.stat_result) -> Marks:
        """The marks that `status` has."""
        return cls(
            status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        )

    def settled(self, at_ns: int) -> bool:
        """Whether whatever is done to the file from `at_ns` on must change its marks.

        A file from the future is not: the clock was set back since, and may come by again.
        """
        return at_ns - max(self.mtime_ns, self.ctime_ns) > SETTLED_NS
