"""Task ids that a dead run could not write into its ledger, brought home into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runner.error_handler import emit
from runner.ledger import Ledger, Settle, Stale, open_ledger
from runner.ledger.rescue import read_rescue, rescue_path
from runner.model import AttemptState
from runner.timestamps import stamp_now


def recover_rescued(ledger: Path) -> list[str]:
    """Write what rescue files beside the ledger hold into it; what was done, or what hinders.

    Files of runs that still live are left alone. A file goes once all of it is in the ledger;
    empty ones, which a killed run leaves, go as well. Raises LedgerError.
    """
    told: list[str] = []
    for path in sorted(ledger.parent.glob(rescue_path(ledger, "*").name)):
        run = path.stem.partition(".rescue-")[2]
        with open_ledger(ledger, on_wait=emit) as opened:
            if opened.alive(run):
                continue
            entries = read_rescue(path)
            lost = [entry for entry in entries if not _settled(opened, entry)]
        if not lost:
            path.unlink(missing_ok=True)
        told += [f"{path}: task {entry.get('task_id')} is not in the ledger" for entry in lost]
        found = len(entries) - len(lost)
        told += [f"{found} task{'s' * (found != 1)} found in {path}"] if found else []
    return told


def _settled(ledger: Ledger, entry: dict[str, Any]) -> bool:
    """Whether the ledger has the entry's task by now."""
    number, task_id = entry.get("attempt"), entry.get("task_id")
    if not isinstance(number, int) or not isinstance(task_id, str):
        return False
    at = stamp_now()
    settle = Settle(number=number, state=AttemptState.SUBMITTED, at=at, task_id=task_id)
    (result,) = ledger.apply([settle])
    if isinstance(result, Stale):
        return result.attempt.task.id == task_id
    return True
