"""The plan of one manifest with its settings, and what follows from both."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from runner.commands.load import read_manifests
from runner.commands.manifest_plan import ManifestPlan, plan_manifests
from runner.commands.manifest_settings import used_providers
from runner.commands.options import Options
from runner.errors import ManifestError, UsageError
from runner.model.plans import Action
from tests.commands.conftest import Project
from tests.commands.serving import RESULTS, TWO

MIXED = """
  - {id: cat, prompt: a cat}
  - {id: boat, prompt: a boat, images: ["${{ jobs.cat.output }}"]}
  - id: dance
    operation: modelverse/reference2video
    prompt: dance
    images: [https://example.com/cat.png]
"""


def options(path: Path, **flags: object) -> Options:
    return Options(manifests=(path,), environ={}, progress="none", **flags)  # type: ignore[arg-type]


def planned(project: Project, text: str = TWO, **flags: object) -> ManifestPlan:
    (plan,) = plan_manifests(options(project.jobs(text), **flags))
    return plan


def test_planning_needs_no_key_and_writes_nothing(project: Project) -> None:
    plan = planned(project)
    assert [entry.action for entry in plan.plan.entries] == [Action.SUBMIT, Action.SUBMIT]
    assert [path.name for path in project.folder.iterdir()] == ["spring.yaml"]


def test_a_needed_job_is_added_but_not_selected(project: Project) -> None:
    plan = planned(project, MIXED, select=("boat",))
    assert (list(plan.added), set(plan.selected)) == (["cat"], {"boat"})
    chosen = plan.selected_with(Action.SUBMIT)
    assert [entry.job.id for entry in chosen] == ["boat"]


def test_without_a_selection_every_job_is_selected(project: Project) -> None:
    plan = planned(project, MIXED)
    assert (list(plan.added), set(plan.selected)) == ([], {"cat", "boat", "dance"})


def test_only_the_providers_of_its_jobs_are_used(project: Project) -> None:
    (manifest,) = read_manifests(options(project.jobs(MIXED)))
    assert set(used_providers(manifest)) == {"vidu", "modelverse"}
    assert set(used_providers(manifest, ["vidu/reference2image"])) == {"vidu"}
    assert used_providers(manifest, []) == {}


def test_the_outlook_has_the_cost_beside_the_budget(project: Project) -> None:
    outlook = planned(project, budget="credits=10").outlook
    assert sum(outlook.cost.values()) == Decimal(14)
    assert outlook.budget == {"credits": Decimal(10)}
    assert (outlook.earlier.spent, outlook.earlier.at_risk) == ({}, {})


def test_files_have_a_folder_of_the_manifests_name(project: Project) -> None:
    assert planned(project).outputs == project.folder / "outputs" / "spring"
    emulated = planned(project, emulate=True).outputs
    assert emulated == project.folder / "outputs" / "emulated" / "spring"


def test_unreadable_results_forbid_a_submission(project: Project) -> None:
    project.write("jobs: [", RESULTS)
    plan = planned(project)
    with pytest.raises(ManifestError) as caught:
        plan.check_earlier_results()
    assert not any(problem.warning for problem in caught.value.diagnostics)
    plan.with_entries([]).check_earlier_results()


def test_contradictory_flags_are_refused_before_reading(project: Project) -> None:
    missing = project.folder / "missing.yaml"
    with pytest.raises(UsageError):
        plan_manifests(options(missing, time_scale=0.5))
