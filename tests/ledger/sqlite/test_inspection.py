"""Inspection: what is in a ledger, and what was rescued beside it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from runner.ledger.changes import Intend
from runner.ledger.rescue import RescueFile, rescue_path
from runner.ledger.sqlite.inspection import LedgerState, inspect, rescued_tasks
from runner.ledger.sqlite.store import open_sqlite
from runner.model.tasks import Intent


def test_a_missing_ledger_is_empty_and_not_made(path: Path) -> None:
    assert inspect(path, wait_s=1) == LedgerState(attempts=0, undecided=0, living=())
    assert not path.exists()


def test_runs_count_while_they_live(path: Path, intent: Callable[..., Intent]) -> None:
    with open_sqlite(path) as ledger:
        run = ledger.begin_run("spring.yaml", "vidu-run")
        ledger.apply([Intend(run=run, intent=intent())])
        assert len(inspect(path, wait_s=1).living) == 1
        ledger.end_run(run, 0)
    state = inspect(path, wait_s=1)
    assert (state.attempts, state.living) == (1, ())


def test_rescue_files_of_living_runs_are_left_alone(
    path: Path, intent: Callable[..., Intent]
) -> None:
    with open_sqlite(path) as ledger:
        run = ledger.begin_run("spring.yaml", "vidu-run")
        with closing(RescueFile(rescue_path(path, run))) as rescue:
            rescue.record(intent(), "911", attempt=1)
        assert rescued_tasks(path) == {}
        ledger.end_run(run, 0)
    assert rescued_tasks(path) == {rescue.path: 1}
