"""Translates errors of the file system into messages that name a remedy."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.errors import LedgerError

USE_STATE_DIR = "make it writable, or keep the ledger elsewhere with --state-dir"
FREE_SPACE = "free some space and run again; nothing that was recorded is lost"

_HINTS = {errno.EMFILE: "allow more open files (`ulimit -n`) and run again"}


@contextmanager
def translated_system_errors(path: Path, *, kind: str = "file") -> Iterator[None]:
    """Raise `LedgerError` for a file or folder of the ledger that the system refuses to write."""
    try:
        yield
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        why = error.strerror or str(error)
        raise LedgerError(
            f"the ledger {kind} {path} cannot be written: {why}",
            hint=FREE_SPACE if full else _HINTS.get(error.errno or 0, USE_STATE_DIR),
        ) from error
