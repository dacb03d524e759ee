"""State folder: where a ledger is, or what stays on each machine beside a shared one."""

from __future__ import annotations

from pathlib import Path

from runner.fs import atomic_write, flush_folder
from runner.ledger.errors import translated_system_errors


def make_state_folder(folder: Path) -> None:
    """Create the folder; git ignores it unless the user has made it. Raises LedgerError."""
    with translated_system_errors(folder, kind="folder"):
        _make(folder)


def _make(folder: Path) -> None:
    is_ours = folder.name == ".vidu-run" or not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if is_ours and not ignore.exists():
        atomic_write(ignore, [b"*\n"])
    # Otherwise a power failure may remove the folder, and with it a ledger that was flushed.
    flush_folder(folder)
    flush_folder(folder.parent)
