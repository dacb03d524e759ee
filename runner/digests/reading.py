"""The path of a file in, the digest of what it holds out."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path

from runner.digests.memory import Known
from runner.digests.sights import WORTH_BYTES, Sight

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
_PIECE = 256 * 1024


def digest_of(path: Path) -> str | None:
    """The hex SHA-256 of a regular file; None for anything else, links included. Blocks.

    What was read before is not read again as long as nothing about the file has changed. Raises
    OSError for what is there and may not be opened or read.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:  # a link, a socket
            return None
        raise
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        if status.st_size < WORTH_BYTES:
            return _hashed(descriptor, status.st_size)
        return _remembered(Sight.of(path, descriptor))
    finally:
        os.close(descriptor)


def _remembered(sight: Sight) -> str:
    known = sight.recall() or sight.keep(Known(_hashed(sight.descriptor, sight.marks.size)))
    return known.sha256


def _hashed(descriptor: int, size: int) -> str:
    """The digest of all there is to read, which may be more or less than `size` bytes."""
    digest, buffer = hashlib.sha256(), bytearray(min(size + 1, _PIECE))
    view = memoryview(buffer)
    while count := os.readv(descriptor, [buffer]):
        digest.update(view[:count])
    return digest.hexdigest()
