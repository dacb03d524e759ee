"""A ledger that an earlier version of the program has written goes on working."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from runner.ledger.location import open_ledger
from runner.model.requests import Billed, ErrorClass
from runner.model.tasks import AttemptState
from tests.commands.conftest import Project

OLD = Path(__file__).parents[1] / "data" / "ledgers"
LEDGER = ".vidu-run/ledger.sqlite3"
AMBIGUOUS = 7


@pytest.fixture
def old(online: Project) -> Project:
    """The project as version 0.1.0 left it: a picture, a failed task, a lost answer."""
    shutil.copy(OLD / "spring.yaml", online.folder)
    (online.folder / LEDGER).parent.mkdir()
    with closing(sqlite3.connect(online.folder / LEDGER)) as connection:
        connection.executescript((OLD / "version-1.sql").read_text("utf-8"))
    online.write("a red boat\n", "outputs/spring/boat.png")
    return online


def test_its_attempts_are_read(old: Project) -> None:
    with open_ledger(old.folder / LEDGER, read_only=True) as ledger:
        attempts = {attempt.intent.job: attempt for attempt in ledger.attempts()}
    assert {job: attempt.state for job, attempt in attempts.items()} == {
        "boat": AttemptState.SUCCEEDED,
        "dragon": AttemptState.FAILED,
        "ghost": AttemptState.AMBIGUOUS,
    }
    boat, dragon, ghost = (attempts[job] for job in ("boat", "dragon", "ghost"))
    assert (boat.task.id, boat.task.credits, boat.intent.seed) == ("1047076975824704838", 6, 7)
    assert [file.bytes for file in boat.files] == [11]
    assert dragon.error is not None
    assert (dragon.error.class_, dragon.error.billed) == (ErrorClass.POLICY, Billed.NO)
    assert ghost.intent.request["images"] == [{"url": "https://example.com/ghost.png"}]


def test_its_costs_are_read(old: Project) -> None:
    with open_ledger(old.folder / LEDGER, read_only=True) as ledger:
        costs = ledger.costs("spring.yaml", {"vidu": "loopback", "modelverse": "loopback"})
    assert costs.spent == {"credits": Decimal(6), "cny": Decimal("1.41")}
    assert costs.at_risk == {"cny": Decimal("1.41")}


def test_a_run_submits_nothing_again(old: Project, submissions: Callable[[], Counter[str]]) -> None:
    assert old.run("spring.yaml").code == AMBIGUOUS
    assert not submissions()
    rows = old.rows()
    assert {job: row["state"] for job, row in rows.items()} == {
        "boat": "succeeded",
        "dragon": "failed",
        "ghost": "ambiguous",
    }
    assert rows["boat"]["reused"]
    assert (old.folder / "outputs/spring/boat.png").read_text() == "a red boat\n"


def test_a_run_appends_to_it(old: Project, submissions: Callable[[], Counter[str]]) -> None:
    manifest = (old.folder / "spring.yaml").read_text("utf-8")
    old.write(manifest + "  - {id: swan, prompt: a white swan, seed: 10}\n")
    old.run("spring.yaml")
    assert submissions() == {"accepted": 1}
    with open_ledger(old.folder / LEDGER, read_only=True) as ledger:
        attempts = ledger.attempts()
    assert [attempt.intent.job for attempt in attempts] == ["boat", "ghost", "dragon", "swan"]
    assert attempts[-1].state is AttemptState.SUCCEEDED
