"""`--force` pays again for the selected jobs, once; `--fail-fast` stops at the first failure."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable

from tests.commands.conftest import Project
from tests.commands.serving import UNDER_WAY, serving

Submissions = Callable[[], Counter[str]]

TWO = """
  - {id: a, prompt: a red boat, seed: 7}
  - {id: b, prompt: a blue boat, resolution: 2K}
"""


def superseded(project: Project) -> list[tuple[str, bool]]:
    path = project.folder / ".vidu-run/ledger.sqlite3"
    ledger = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        rows = ledger.execute("SELECT job, superseded_at FROM attempts ORDER BY number")
        return [(job, at is not None) for job, at in rows]
    finally:
        ledger.close()


def test_a_forced_job_is_made_and_paid_for_again(online: Project, submissions: Submissions) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    before = online.rows()["a"]["task_id"]
    assert online.run("spring.yaml", "--force", "--select", "a").code == 0
    assert submissions() == {"accepted": 3}
    assert online.rows()["a"]["task_id"] != before
    assert superseded(online) == [("a", True), ("b", False), ("a", False)]


def test_what_a_forced_job_needs_is_not_paid_again(
    online: Project, submissions: Submissions
) -> None:
    online.jobs("""
  - {id: cat, prompt: a cat}
  - {id: both, prompt: a cat on a boat, images: ["${{ jobs.cat.output }}"]}
""")
    online.run("spring.yaml")
    assert online.run("spring.yaml", "--force", "--select", "both").code == 0
    assert submissions() == {"accepted": 3}


def test_forcing_everything_needs_yes(online: Project, submissions: Submissions) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    ran = online.run("spring.yaml", "--force")
    assert ran.code == 2
    assert "--select" in ran.err
    assert submissions() == {"accepted": 2}
    assert online.run("spring.yaml", "--force", "--yes").code == 0
    assert submissions() == {"accepted": 4}


def test_a_plan_with_force_supersedes_nothing(online: Project, submissions: Submissions) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    ran = online.run("plan", "spring.yaml", "--force", "--select", "a")
    assert "submit a     6 credits  forced: made again, and paid for again" in ran.out
    assert online.run("plan", "spring.yaml").out.startswith("spring.yaml: 2 to reuse")
    assert submissions() == {"accepted": 2}


def test_a_plain_run_continues_an_interrupted_force(project: Project) -> None:
    project.jobs(TWO)
    with serving(project) as served:
        project.run("spring.yaml", *UNDER_WAY)
        served.later()
        assert project.run("spring.yaml").code == 0
        assert project.run("spring.yaml", "--force", "--yes", *UNDER_WAY).code == 6
        assert served.outcomes() == {"accepted": 4}
        served.later()
        assert project.run("spring.yaml").code == 0
        assert served.outcomes() == {"accepted": 4}


def test_a_plain_run_submits_what_was_superseded(
    project: Project,
) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0) as served:
        project.run("spring.yaml")
        project.env["VIDU_BASE_URL"] = "http://127.0.0.1:9"
        assert project.run("spring.yaml", "--force", "--yes", "--outage", "0s").code == 6
        assert superseded(project)[:2] == [("a", True), ("b", True)]
        project.env["VIDU_BASE_URL"] = served.url
        assert "forced: its earlier result was set aside" in project.run("plan", "spring.yaml").out
        assert project.run("spring.yaml").code == 0
        assert served.outcomes() == {"accepted": 4}


def test_force_does_not_pay_again_for_a_task_under_way(project: Project) -> None:
    project.jobs(TWO)
    with serving(project) as served:
        project.run("spring.yaml", *UNDER_WAY)
        served.later()
        assert project.run("spring.yaml", "--force", "--yes").code == 0
        assert served.outcomes() == {"accepted": 2}


def test_force_retries_a_permanent_failure(project: Project) -> None:
    project.jobs(TWO)
    refused = {
        "on": "vidu.submit",
        "fault": "error",
        "reason": "TaskPromptPolicyViolation",
        "times": 1,
    }
    with serving(project, time_scale=0, faults=[refused]):
        assert project.run("spring.yaml", "--concurrency", "1").code == 1
        assert project.run("spring.yaml").code == 1
        assert project.run("spring.yaml", "--force", "--select", "a").code == 0


def test_the_old_file_is_archived(online: Project) -> None:
    online.jobs("  - {id: a, prompt: a boat, seed: 0}")
    online.run("spring.yaml")
    (old,) = online.rows()["a"]["files"]
    online.run("spring.yaml", "--force", "--yes")
    assert (online.folder / f".vidu-run/files/{old['sha256']}.png").is_file()


def test_several_forced_manifests_pay_once_for_each_request(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(TWO)
    online.jobs(TWO, "autumn.yaml")
    online.run("spring.yaml", "autumn.yaml")
    assert online.run("spring.yaml", "autumn.yaml", "--force", "--yes").code == 0
    assert submissions() == {"accepted": 4}


def test_a_forced_rehearsal_touches_no_real_ledger(project: Project) -> None:
    project.jobs(TWO)
    project.run("spring.yaml", "--emulate", "--time-scale", "0")
    ran = project.run("spring.yaml", "--emulate", "--time-scale", "0", "--force", "--yes")
    assert ran.code == 0
    assert "14 credits" in ran.err
    assert not (project.folder / ".vidu-run/ledger.sqlite3").exists()


def test_fail_fast_submits_nothing_after_the_first_failure(project: Project) -> None:
    project.jobs("".join(f"  - {{id: j{n}, prompt: boat {n}}}\n" for n in range(6)))
    refused = {"on": "vidu.submit", "fault": "error", "reason": "TaskPromptPolicyViolation"}
    with serving(project, time_scale=0, faults=[refused]) as served:
        ran = project.run("spring.yaml", "--fail-fast", "--concurrency", "1")
        assert len(served.seen()["submissions"]) == 1
    assert ran.code == 1


def test_fail_fast_excludes_max_failures(project: Project) -> None:
    project.jobs(TWO)
    ran = project.run("spring.yaml", "--fail-fast", "--max-failures", "3")
    assert ran.code == 2
    assert "--max-failures 1" in ran.err
