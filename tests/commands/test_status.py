"""`vidu-run status`: the state of every job, from the ledger or refreshed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.builders import image_bytes, write_file
from tests.commands.conftest import Project
from tests.commands.serving import LOSES_THE_FIRST_ANSWER, STUMBLES, UNDER_WAY, serving

TWO = """
  - {id: a, prompt: a red boat, seed: 7}
  - {id: b, prompt: a blue boat, resolution: 2K}
"""


def stands(project: Project, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and the JSON of the only manifest with its jobs by id."""
    ran = project.run("status", "--json", "spring.yaml", *arguments)
    (document,) = json.loads(ran.out)
    return ran.code, {**document, "jobs": {job["id"]: job for job in document["jobs"]}}


def listing(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_before_any_run_every_job_is_to_submit(online: Project) -> None:
    online.jobs(TWO)
    ran = online.run("status", "spring.yaml")
    assert ran.code == 6
    assert ran.out == (
        "spring.yaml: 2 pending | nothing spent\n"
        "  pending  a  would cost 6 credits  not submitted yet: new\n"
        "  pending  b  would cost 8 credits  not submitted yet: new\n"
    )
    assert listing(online.folder) == ["spring.yaml"]


def test_a_done_job_has_task_price_files_and_age(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    code, document = stands(online)
    assert code == 0
    assert document["totals"]["cost"] == {"credits": 14}
    row = online.rows()["a"]
    job = document["jobs"]["a"]
    assert (job["state"], job["task_id"], job["credits"]) == ("succeeded", row["task_id"], 6)
    assert (job["files"], job["files_present"]) == (["outputs/spring/a.png"], 1)
    assert 0 <= job["age_s"] < 60


def test_status_needs_no_key_and_sends_nothing(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0) as served:
        project.run("spring.yaml")
        before = served.seen()
        project.env["VIDU_API_KEY"] = None
        assert project.run("status", "spring.yaml").code == 0
        assert served.seen() == before


def test_a_missing_file_makes_a_paid_job_pending(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    (online.folder / "outputs/spring/a.png").unlink()
    ran = online.run("status", "spring.yaml")
    assert ran.code == 6
    assert "0 of 1 file" in ran.out


def test_a_task_under_way_is_pending_until_a_refresh_asks_for_it(project: Project) -> None:
    project.jobs(TWO)
    with serving(project) as served:
        assert project.run("spring.yaml", *UNDER_WAY).code == 6
        results = (project.folder / "spring.results.yaml").read_bytes()
        served.later()
        asked = served.asked("GET /ent/v2/tasks")
        assert stands(project)[1]["jobs"]["a"]["reason"].endswith("is under way")
        assert served.asked("GET /ent/v2/tasks") == asked
        code, document = stands(project, "--refresh")
        assert served.asked("GET /ent/v2/tasks") == asked + 1, "the list has both"
        assert served.outcomes() == {"accepted": 2}
    assert code == 6
    assert document["jobs"]["a"]["reason"] == "done, but not fetched"
    assert (project.folder / "spring.results.yaml").read_bytes() == results
    assert not (project.folder / "outputs/spring/a.png").exists()


def test_the_answers_of_a_refresh_are_kept(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, faults=[{"on": "vidu.submit", "fault": "fail_task"}]) as served:
        project.run("spring.yaml", *UNDER_WAY)
        served.later()
        assert project.run("status", "--refresh", "spring.yaml").code == 1
    code, document = stands(project)
    assert code == 1
    assert document["jobs"]["b"]["error"]["code"] == "InternalServiceFailure"


def test_a_refresh_asks_once_for_each_task(project: Project) -> None:
    project.jobs(TWO)
    with serving(project) as served:
        project.run("spring.yaml", *UNDER_WAY)
        asked = served.asked("creations")
        assert project.run("status", "--refresh", "spring.yaml").code == 6
        assert served.asked("creations") == asked + 2
    assert stands(project)[1]["jobs"]["a"]["state"] == "pending"


def test_a_refresh_repeats_a_failed_request(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, faults=STUMBLES) as served:
        project.run("spring.yaml", *UNDER_WAY)
        served.later()
        assert project.run("status", "--refresh", "spring.yaml").code == 6
        assert served.asked("creations") >= 4
    jobs = stands(project)[1]["jobs"].values()
    assert {job["reason"] for job in jobs} == {"done, but not fetched"}


def test_an_ambiguous_job_has_its_cost_at_risk(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0, faults=LOSES_THE_FIRST_ANSWER):
        assert project.run("spring.yaml", "--concurrency", "1").code == 7
        ran = project.run("status", "spring.yaml")
    assert ran.code == 7
    assert ran.out.splitlines()[0] == (
        "spring.yaml: 1 succeeded, 1 ambiguous | 8 credits, 6 credits at risk"
    )


def test_only_selected_jobs_are_shown(online: Project) -> None:
    online.jobs("""
  - {id: cat, prompt: a cat}
  - {id: both, prompt: a cat on a boat, images: ["${{ jobs.cat.output }}"]}
""")
    assert list(stands(online, "--select", "both")[1]["jobs"]) == ["both"]


def test_jobs_that_share_a_result_have_the_same_state(online: Project) -> None:
    online.jobs("""
  - {id: a, prompt: a red boat}
  - {id: twin, prompt: a red boat}
""")
    online.run("spring.yaml")
    code, document = stands(online)
    assert code == 0
    assert document["totals"]["cost"] == {"credits": 6}
    assert document["jobs"]["twin"]["state"] == "succeeded"


def test_a_rehearsal_has_its_own_states(project: Project) -> None:
    project.jobs(TWO)
    project.run("spring.yaml", "--emulate", "--time-scale", "0")
    assert project.run("status", "--emulate", "spring.yaml").code == 0
    assert project.run("status", "spring.yaml").code == 6


def test_past_spending_is_the_same_as_in_a_plan(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    online.run("spring.yaml", "--force", "--select", "a")
    document = online.run("status", "spring.yaml").out.splitlines()[0]
    plan = online.run("plan", "spring.yaml").out
    spent = stands(online)[1]["totals"]["spent"]["credits"]
    assert f"spent so far on the whole manifest: {spent} credits" in document
    assert f"spent so far: {spent} credits" in plan


def test_a_job_refused_for_now_is_pending_as_after_the_run(project: Project) -> None:
    project.jobs(TWO)
    busy = [{"on": "vidu.submit", "fault": "error", "reason": "TooManyRequests"}]
    with serving(project, faults=busy):
        assert project.run("spring.yaml", "--outage", "0.1s").code == 6
    assert {row["state"] for row in project.rows().values()} == {"pending"}
    code, document = stands(project)
    assert code == 6
    assert {row["state"] for row in document["jobs"].values()} == {"pending"}
    assert project.run("status", "--select", "state:pending", "spring.yaml").code == 6


def test_status_shows_why_a_submission_cannot_be_found(project: Project) -> None:
    project.jobs("""
  - id: v
    operation: modelverse/reference2video
    prompt: dance
    images: [https://example.com/a.png]
""")
    lost = [{"on": "modelverse.submit", "fault": "cut_after"}]
    why = "modelverse has no list of tasks in which it could be looked for"
    with serving(project, faults=lost):
        assert project.run("spring.yaml").code == 7
        assert why in project.rows()["v"]["reason"]
        assert project.run("spring.yaml").code == 7
    assert why in project.rows()["v"]["reason"]
    assert why in stands(project)[1]["jobs"]["v"]["reason"]


UNFIT = """
  - {id: cat, prompt: a cat, aspect_ratio: "16:9"}
  - {id: film, operation: vidu/start-end2video, model: viduq2-pro, prompt: it grows,
     images: ["${{ jobs.cat.output }}", tall.png]}
  - {id: large, operation: vidu/upscale-new, model: null,
     video_creation_id: "${{ jobs.film.creation_id }}"}
"""


def test_a_job_that_a_run_fails_before_sending_has_failed(online: Project) -> None:
    online.jobs(UNFIT)
    write_file(online.folder, "tall.png", image_bytes(size=(400, 800)))
    assert online.run("spring.yaml").code == 1
    online.env |= {"VIDU_API_KEY": None}
    for verb in ("status", "plan", "fetch", "run"):
        ran = online.run(verb, "spring.yaml")
        assert ran.code == (0 if verb == "plan" else 1), verb
        assert 'result of job "cat": outputs/spring/cat.png is ' in ran.out + ran.err
    states = {name: job["state"] for name, job in stands(online)[1]["jobs"].items()}
    assert states == {"cat": "succeeded", "film": "failed", "large": "skipped"}
    rows = online.rows()
    assert {name: row["state"] for name, row in rows.items()} == states
    assert rows["film"]["error"] == stands(online)[1]["jobs"]["film"]["error"]


def test_what_needs_a_failed_job_is_skipped_as_in_a_run(project: Project) -> None:
    project.jobs("""
  - {id: cat, prompt: a cat}
  - {id: both, prompt: a boat, images: ["${{ jobs.cat.output }}"]}
""")
    refuses = [{"on": "vidu.submit", "fault": "error", "reason": "ImageDownloadFailure"}]
    with serving(project, time_scale=0, faults=refuses):
        assert project.run("spring.yaml").code == 1
    code, document = stands(project)
    assert code == 1
    assert document["jobs"]["both"]["reason"] == 'needs "cat", which is failed'
    assert document["jobs"]["both"]["state"] == project.rows()["both"]["state"] == "skipped"
