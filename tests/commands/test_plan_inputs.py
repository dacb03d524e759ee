"""Where no table tells, the ledger's own history does; and a plan says what was spent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from runner.commands.load import Manifest, read_manifests
from runner.commands.manifest_plan import plan_manifest
from runner.commands.options import Options
from runner.commands.plan_inputs import History
from runner.ledger.changes import Finish, Intend, Settle
from runner.ledger.store import Ledger, open_ledger
from runner.model import Action, Amount, AttemptState, Intent
from runner.settings import Settings
from tests.commands.conftest import Project

ONE = "  - {id: a, prompt: a red boat}"


@pytest.fixture
def ledger(project: Project) -> Iterator[Ledger]:
    with open_ledger(project.folder / ".vidu-run" / "ledger.sqlite3") as opened:
        yield opened


def read(project: Project, text: str = ONE) -> Manifest:
    (manifest,) = read_manifests(Options(manifests=(project.jobs(text),), environ={}))
    return manifest


def without_tables(manifest: Manifest) -> Manifest:
    bare = {
        name: replace(operation, price=None, time=None)
        for name, operation in manifest.operations.items()
    }
    return replace(manifest, operations=bare)


def made(ledger: Ledger, fingerprint: str, credits_: int | None, **request: Any) -> None:
    """A picture that took twenty seconds."""
    run = ledger.begin_run("autumn.yaml", "t")
    intent = Intent(
        manifest="autumn.yaml",
        job="x",
        operation="vidu/reference2image",
        fingerprint=fingerprint,
        request={"model": "viduq2", "prompt": "x", **request},
        seed=None,
        provider="vidu",
        base_url="https://api.vidu.cn",
        key_env="VIDU_API_KEY",
        tag=fingerprint,
        estimate=None,
        at="2026-11-20T10:00:00Z",
    )
    (number,) = ledger.apply([Intend(run=run, intent=intent)])
    assert isinstance(number, int)
    submitted = Settle(
        number=number, state=AttemptState.SUBMITTED, at="2026-11-20T10:00:01Z", task_id="9"
    )
    done = Finish(
        number=number,
        state=AttemptState.SUCCEEDED,
        finished_at="2026-11-20T10:00:21Z",
        credits=credits_,
    )
    ledger.apply([submitted, done])
    ledger.end_run(run, 0)


def test_the_table_counts_before_what_was_paid(project: Project, ledger: Ledger) -> None:
    manifest = read(project)
    made(ledger, "f1", 99)
    history = History(manifest, Settings(), Options(manifests=()), ledger)
    assert history.estimate(manifest.jobs[0]) == Amount(unit="credits", value=Decimal(6))


def test_where_no_table_tells_the_latest_real_price_does(project: Project, ledger: Ledger) -> None:
    manifest = without_tables(read(project, ONE + "\n  - {id: b, prompt: b, resolution: 2K}"))
    made(ledger, "f1", 7)
    made(ledger, "f2", 9)
    made(ledger, "f3", None)
    history = History(manifest, Settings(), Options(manifests=()), ledger)
    first, other = manifest.jobs
    assert history.estimate(first) == Amount(unit="credits", value=Decimal(9))
    assert history.estimate(other) is None
    assert (history.expected_s(first), history.expected_s(other)) == (20.0, None)


def test_a_rehearsal_learns_nothing_from_real_tasks(project: Project, ledger: Ledger) -> None:
    manifest = without_tables(read(project))
    made(ledger, "f1", 7)
    history = History(manifest, Settings(), Options(manifests=(), emulate=True), ledger)
    assert history.estimate(manifest.jobs[0]) is None


def test_the_times_of_a_first_run_forecast_the_next(online: Project) -> None:
    online.jobs(ONE)
    assert online.run("spring.yaml").code == 0
    online.jobs(ONE.replace("red", "green"))
    (plan,) = json.loads(online.run("plan", "--json", "spring.yaml").out)
    assert plan["totals"]["expected_s"] is not None
    assert plan["totals"]["untimed"] == 0
    assert plan["jobs"][0]["expected_s"] > 0
    assert plan["jobs"][0]["changes"] == [
        {"parameter": "prompt", "from": "a red boat", "to": "a green boat"}
    ]


def test_a_changed_job_is_told_what_changed_and_a_renamed_one_is_reused(online: Project) -> None:
    online.jobs(ONE)
    online.run("spring.yaml")
    online.jobs("  - {id: a, prompt: a green boat}\n  - {id: b, prompt: a red boat}")
    shown = online.run("plan", "spring.yaml").out
    assert 'changed: prompt "a red boat" -> "a green boat"' in shown
    assert "1 to reuse" in shown


def test_the_plan_tells_what_was_spent_and_that_it_is_above_the_budget(online: Project) -> None:
    online.jobs(ONE)
    online.run("spring.yaml")
    online.jobs(ONE + "\n  - {id: b, prompt: a blue boat, resolution: 2K}")
    shown = online.run("plan", "spring.yaml", "--budget", "credits=10").out
    assert shown.splitlines()[-1] == (
        "spent so far: 6 credits, of a budget of 10 credits; this plan is 4 credits above it"
    )
    (told,) = json.loads(online.run("plan", "--json", "spring.yaml", "--budget", "credits=10").out)
    assert (told["totals"]["spent"], told["totals"]["budget"]) == ({"credits": 6}, {"credits": 10})


def test_a_run_starts_with_a_budget_that_knows_what_was_spent(online: Project) -> None:
    online.jobs(ONE)
    online.run("spring.yaml")
    environ = {name: value for name, value in online.env.items() if value}
    path = online.folder / "spring.yaml"
    options = Options(manifests=(path,), budget="credits=10", environ=environ)
    planned = plan_manifest(read_manifests(options)[0], options)
    assert [entry.action for entry in planned.plan.entries] == [Action.REUSE]
    budget = planned.budget()
    assert (budget.ceiling("credits"), budget.ceiling("cny")) == (Decimal(10), None)
    assert budget.spent("credits") == Decimal(6)
