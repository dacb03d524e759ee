"""Prices and times from tables or the ledger, spending, and evidence in earlier results."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runner.commands.load import Manifest, read_manifests
from runner.commands.manifest_plan import plan_manifest
from runner.commands.options import Options
from runner.commands.plan_inputs import History
from runner.ledger.changes import Finish, Intend, Settle
from runner.ledger.location import open_ledger
from runner.ledger.protocol import Ledger
from runner.model.operations import Amount
from runner.model.plans import Action
from runner.model.tasks import AttemptState, Intent
from runner.settings.settings import Settings
from tests.commands.conftest import Project
from tests.commands.serving import LOSES_THE_FIRST_ANSWER, RESULTS, TWO, UNDER_WAY, forget, serving

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
        name: replace(operation, price=(), time=())
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


def test_the_price_table_comes_before_past_prices(project: Project, ledger: Ledger) -> None:
    manifest = read(project)
    made(ledger, "f1", 99)
    history = History(manifest, Settings(), Options(manifests=()), ledger, "m.yaml")
    assert history.estimate(manifest.jobs[0]) == Amount(unit="credits", value=Decimal(6))


def test_without_a_table_the_latest_actual_price_counts(project: Project, ledger: Ledger) -> None:
    manifest = without_tables(read(project, ONE + "\n  - {id: b, prompt: b, resolution: 2K}"))
    made(ledger, "f1", 7)
    made(ledger, "f2", 9)
    made(ledger, "f3", None)
    history = History(manifest, Settings(), Options(manifests=()), ledger, "m.yaml")
    first, other = manifest.jobs
    assert history.estimate(first) == Amount(unit="credits", value=Decimal(9))
    assert history.estimate(other) is None
    assert (history.expected_s(first), history.expected_s(other)) == (20.0, None)


def test_a_rehearsal_learns_nothing_from_real_tasks(project: Project, ledger: Ledger) -> None:
    manifest = without_tables(read(project))
    made(ledger, "f1", 7)
    history = History(manifest, Settings(), Options(manifests=(), emulate=True), ledger, "m.yaml")
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


def test_a_plan_shows_changes_and_reuses_a_renamed_job(online: Project) -> None:
    online.jobs(ONE)
    online.run("spring.yaml")
    online.jobs("  - {id: a, prompt: a green boat}\n  - {id: b, prompt: a red boat}")
    shown = online.run("plan", "spring.yaml").out
    assert 'changed: prompt "a red boat" -> "a green boat"' in shown
    assert "1 to reuse" in shown


def test_a_plan_shows_spending_and_an_exceeded_budget(online: Project) -> None:
    online.jobs(ONE)
    online.run("spring.yaml")
    online.jobs(ONE + "\n  - {id: b, prompt: a blue boat, resolution: 2K}")
    shown = online.run("plan", "spring.yaml", "--budget", "credits=10").out
    spent, _, advice = shown.splitlines()[-3:]
    assert spent == (
        "spent so far: 6 credits, of a budget of 10 credits (this plan is 4 credits above it)"
    )
    assert advice.startswith("raise the budget to at least 14 credits: --budget credits=14, or ")
    (shown,) = json.loads(online.run("plan", "--json", "spring.yaml", "--budget", "credits=10").out)
    assert (shown["totals"]["spent"], shown["totals"]["budget"]) == (
        {"credits": 6},
        {"credits": 10},
    )


def test_a_budget_starts_with_what_was_spent(online: Project) -> None:
    online.jobs(ONE)
    online.run("spring.yaml")
    environ = {name: value for name, value in online.env.items() if value}
    path = online.folder / "spring.yaml"
    options = Options(manifests=(path,), budget="credits=10", environ=environ)
    planned = plan_manifest(read_manifests(options)[0], options)
    assert [entry.action for entry in planned.plan.entries] == [Action.REUSE]
    budget = planned.budget()
    assert planned.settings.budget == {"credits": Decimal(10)}
    assert budget.spent("credits") == Decimal(6)


MIXED = """
  - {id: a, prompt: a red boat, seed: 7}
  - id: b
    operation: modelverse/reference2video
    prompt: a blue boat
    images: [https://example.com/boat.png]
"""


KINDS = ("under way", "of unknown fate", "done")


def rehearse(project: Project, kind: str) -> None:
    """Leave rows of that kind, made by a stand-in on this machine."""
    project.jobs(TWO)
    if kind == "under way":
        with serving(project):
            assert project.run("spring.yaml", *UNDER_WAY).code == 6
    elif kind == "of unknown fate":
        with serving(project, time_scale=0, faults=LOSES_THE_FIRST_ANSWER):
            assert project.run("spring.yaml", "--concurrency", "1").code == 7
    else:
        with serving(project, time_scale=0):
            assert project.run("spring.yaml").code == 0


def in_earnest(project: Project) -> None:
    """From now on the vendors' own addresses are meant; `plan` and `status` ask nobody."""
    project.env |= {"VIDU_BASE_URL": None, "MODELVERSE_BASE_URL": None}


def away(project: Project) -> None:
    """A stand-in may name the URLs of some other host."""
    results = project.folder / RESULTS
    text = results.read_text("utf-8")
    results.write_text(re.sub(r"http://127\.0\.0\.1:\d+", "https://cdn.example.com", text), "utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_an_emulated_result_is_submitted_for_real(project: Project, kind: str) -> None:
    rehearse(project, kind)
    away(project)
    in_earnest(project)
    assert project.run("plan", "spring.yaml").out.startswith("spring.yaml: 2 to submit")
    assert project.run("status", "spring.yaml").out.count("not submitted yet") == 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_emulator_that_made_a_result_reuses_it(project: Project, kind: str) -> None:
    rehearse(project, kind)
    assert "to submit" not in project.run("plan", "spring.yaml").out


@pytest.mark.parametrize(
    ("kind", "action"), [("under way", "attach a"), ("of unknown fate", "decide a")]
)
def test_a_result_of_unknown_origin_may_have_been_paid_for(
    project: Project, kind: str, action: str
) -> None:
    rehearse(project, kind)
    forget(project)
    in_earnest(project)
    assert f"\n  {action} " in project.run("plan", "spring.yaml").out


def test_asking_the_emulator_for_a_task_does_not_claim_it(project: Project) -> None:
    rehearse(project, "under way")
    forget(project)  # as the real ones came to a fresh clone
    with serving(project) as served:
        assert project.run("spring.yaml", *UNDER_WAY).code in (6, 7)
        assert served.outcomes() == {}
    in_earnest(project)
    assert project.run("plan", "spring.yaml").out.startswith("spring.yaml: 2 to attach")


def test_each_provider_has_its_own_realm(project: Project) -> None:
    project.jobs(MIXED)
    with serving(project, time_scale=0):
        assert project.run("spring.yaml").code == 0
    forget(project)
    project.env |= {"MODELVERSE_BASE_URL": None}
    ran = project.run("plan", "spring.yaml")
    assert ran.out.startswith("spring.yaml: 1 to submit")
    assert "\n  submit b " in ran.out


def test_a_rehearsal_is_no_evidence_for_the_real_thing(project: Project, tmp_path: Path) -> None:
    project.jobs(TWO)
    project.run("spring.yaml", "--emulate", "--time-scale", "0")
    shutil.copy(tmp_path / "spring.emulated.results.yaml", tmp_path / RESULTS)
    project.env |= {"VIDU_BASE_URL": "https://api.vidu.cn"}
    ran = project.run("plan", "spring.yaml")
    assert ran.out.startswith("spring.yaml: 2 to submit")
