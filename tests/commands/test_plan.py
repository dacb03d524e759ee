"""`vidu-run plan`: what a run would do, as text and JSON."""

from __future__ import annotations

import json

from runner.model.plans import Action
from tests.commands.conftest import Project
from tests.commands.process import listing

TWO = """
  - {id: a, prompt: a red boat, seed: 7}
  - {id: b, prompt: a blue boat, resolution: 2K}
"""


def test_plan_shows_submissions_and_writes_nothing(online: Project) -> None:
    online.jobs(TWO)
    ran = online.run("plan", "spring.yaml")
    assert ran.code == 0
    assert ran.out == (
        "spring.yaml: 2 to submit (about 14 credits) | time unknown\n"
        "  submit a     6 credits  new\n"
        "  submit b     8 credits  new\n"
    )
    assert listing(online.folder) == ["spring.yaml"]


def test_plan_after_a_run_shows_reused_jobs(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    before = listing(online.folder)
    online.jobs(TWO.replace("2K", "4K"))
    ran = online.run("plan", "spring.yaml")
    head, *jobs, spent = ran.out.splitlines()
    assert head == "spring.yaml: 1 to submit (about 10 credits), 1 to reuse | time unknown"
    assert [" ".join(line.split()) for line in jobs] == [
        "reuse a done",
        "submit b 10 credits changed: resolution 2K -> 4K",
    ]
    assert spent == "spent so far: 14 credits"
    assert [name for name in listing(online.folder) if "sqlite3-" not in name] == before


def test_plan_as_json_has_totals_and_every_job(online: Project) -> None:
    online.jobs(TWO)
    (plan,) = json.loads(online.run("plan", "--json", "spring.yaml").out)
    assert plan["totals"]["cost"] == {"credits": 14}
    assert [(job["id"], job["action"]) for job in plan["jobs"]] == [
        ("a", Action.SUBMIT),
        ("b", Action.SUBMIT),
    ]


OFF_PEAK = """
  - {id: a, operation: vidu/text2video, model: viduq3-pro, prompt: a boat, off_peak: true}
"""


def test_plan_shows_a_time_limit_that_is_not_the_usual_one(online: Project) -> None:
    online.jobs(OFF_PEAK)
    head, job = online.run("plan", "spring.yaml").out.splitlines()
    assert head.endswith("| 1 task that may take up to 2 days 2 h")
    assert job.split("credits")[1].strip() == "new; may take up to 2 days 2 h"
    (plan,) = json.loads(online.run("plan", "--json", "spring.yaml").out)
    assert plan["jobs"][0]["limit_s"] == 180_000
    assert plan["totals"]["queued"] == 1


def test_plan_exits_10_if_asked_and_something_is_to_submit(online: Project) -> None:
    online.jobs(TWO)
    assert online.run("plan", "--detailed-exitcode", "spring.yaml").code == 10
    online.run("spring.yaml")
    assert online.run("plan", "--detailed-exitcode", "spring.yaml").code == 0


def test_a_dry_run_is_a_plan(online: Project) -> None:
    online.jobs(TWO)
    ran = online.run("-n", "spring.yaml")
    assert ran.code == 0
    assert "2 to submit" in ran.out
    assert listing(online.folder) == ["spring.yaml"]
