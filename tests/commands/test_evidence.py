"""Results never cross the loopback border, whatever the results manifest says of them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.commands.conftest import Project
from tests.commands.serving import LOSES_THE_FIRST_ANSWER, UNDER_WAY, serving
from tests.commands.test_earlier_results import RESULTS, TWO, forget

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
def test_what_a_stand_in_made_is_yet_to_be_made(project: Project, kind: str) -> None:
    rehearse(project, kind)
    away(project)
    in_earnest(project)
    assert project.run("plan", "spring.yaml").out.startswith("spring.yaml: 2 to submit")
    assert project.run("status", "spring.yaml").out.count("to submit") == 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_stand_in_that_made_it_still_knows_it(project: Project, kind: str) -> None:
    rehearse(project, kind)
    assert "to submit" not in project.run("plan", "spring.yaml").out


@pytest.mark.parametrize(
    ("kind", "action"), [("under way", "attach a"), ("of unknown fate", "decide a")]
)
def test_where_no_ledger_tells_who_made_it_it_may_have_been_paid_for(
    project: Project, kind: str, action: str
) -> None:
    rehearse(project, kind)
    forget(project)
    in_earnest(project)
    assert f"\n  {action} " in project.run("plan", "spring.yaml").out


def test_asking_a_stand_in_after_a_task_does_not_make_it_the_stand_in_s(project: Project) -> None:
    rehearse(project, "under way")
    forget(project)  # as the real ones came to a fresh clone
    with serving(project) as served:
        assert project.run("spring.yaml", *UNDER_WAY).code in (6, 7)
        assert served.outcomes() == {}
    in_earnest(project)
    assert project.run("plan", "spring.yaml").out.startswith("spring.yaml: 2 to attach")


def test_each_provider_has_its_own_side_of_the_border(project: Project) -> None:
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
