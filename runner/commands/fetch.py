"""`vidu-run fetch`: what is paid for and not here is collected; nothing is submitted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from runner.commands.collect_only import (
    NOTHING_SUBMITTED,
    asking_once,
    on_its_own,
    other_stops,
    plan_all,
)
from runner.commands.connect import within_reach
from runner.commands.options import Options
from runner.commands.output import announce
from runner.commands.run import run_planned
from runner.commands.session import Planned, must_be_read
from runner.error_handler import emit
from runner.errors import Exit, worst
from runner.model import ReasonCode, StoredFile
from runner.terminal.summary import summary


def fetch(options: Options, *, verify: bool = False) -> Exit:
    """Fetch missing and damaged files, and what tasks under way have made by now.

    Each task is asked for once. The results manifest is written, the code is that of a run.
    `verify` reads every file that there should be, and tells of each that is not as it was made.
    """
    codes = []
    plans = plan_all(replace(options, download=True, afresh=verify))
    for planned in plans:
        announce(planned)
        must_be_read(planned)
    for planned in plans:
        if verify:
            _verify(planned)
        collected = planned.narrowed(map(on_its_own, planned.plan.entries))
        with within_reach(collected) as ready:
            code, told = run_planned(asking_once(ready), stop=NOTHING_SUBMITTED)
        emit(summary(replace(told, stopped=other_stops(told))))
        codes.append(code)
        if code in (Exit.INTERRUPTED, Exit.TERMINATED):
            break
    return worst(codes)


def _verify(planned: Planned) -> None:
    """Tell of every file that is not what was made, and how many are."""
    good = 0
    with planned.manifest.hashes as hashes:
        for file in _made(planned):
            path = planned.places.base / file.path
            if hashes.sha256(path) == file.sha256:
                good += 1
            else:
                emit(f"{_what(path)}: {path}")
    were = "file as it was" if good == 1 else "files as they were"
    emit(f"{planned.manifest.path}: {good} {were} made")


def _what(path: Path) -> str:
    return "damaged" if path.exists() or path.is_symlink() else "missing"


def _made(planned: Planned) -> Iterator[StoredFile]:
    """Every file that the results of the selected jobs have."""
    for entry in planned.plan.entries:
        known = entry.attempt or entry.evidence
        if known is not None and entry.reason.code is not ReasonCode.NOT_SELECTED:
            yield from known.files
