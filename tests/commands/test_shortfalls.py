"""Results of which the provider offers less than was paid for: waited for, said, made good."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from tests.commands.conftest import Project
from tests.commands.serving import forget, serving

ONE = """
  - {id: a, prompt: a red boat, seed: 7}
"""


def marked_only(**more: Any) -> dict[str, Any]:
    """A fault: the clean URL is empty, the other one is there."""
    return {"on": ["vidu.creations", "vidu.list"], "fault": "set", "fields": {"url": ""}, **more}


def digest(project: Project, job: str = "a") -> str:
    return hashlib.sha256((project.folder / f"outputs/spring/{job}.png").read_bytes()).hexdigest()


def test_the_clean_file_is_waited_for(project: Project) -> None:
    project.jobs(ONE)
    with serving(project, time_scale=0, faults=[marked_only(times=5)]):
        ran = project.run("spring.yaml")
    assert ran.code == 0
    (url,) = project.rows()["a"]["urls"]
    assert "/creation.png" in url
    assert "warnings" not in project.rows()["a"]


def test_a_file_with_the_mark_is_reported(project: Project) -> None:
    project.jobs(ONE)
    with serving(project, time_scale=0, faults=[marked_only()]):
        ran = project.run("spring.yaml", "--timeout", "2s")
    assert ran.code == 0
    row = project.rows()["a"]
    assert row["state"] == "succeeded"
    assert [each["code"] for each in row["warnings"]] == ["only_watermarked"]
    assert "only with its watermark; the file here has it" in ran.err
    assert "once the provider offers it: vidu-run fetch spring.yaml" in ran.err


def test_a_later_run_reports_the_mark_again(project: Project) -> None:
    project.jobs(ONE)
    with serving(project, time_scale=0, faults=[marked_only()]):
        project.run("spring.yaml", "--timeout", "2s")
    ran = project.run("spring.yaml")
    assert (ran.code, "only with its watermark" in ran.err) == (0, True)
    assert project.rows()["a"]["warnings"]
    forget(project)
    assert project.run("spring.yaml").code == 0
    assert project.rows()["a"]["warnings"]


def test_status_reports_the_mark_of_a_result_that_is_there(project: Project) -> None:
    project.jobs(ONE)
    with serving(project, time_scale=0, faults=[marked_only()]):
        project.run("spring.yaml", "--timeout", "2s")
    ran = project.run("status", "spring.yaml")
    assert ran.code == 0
    assert "succeeded" in ran.out
    assert "only with its watermark" in ran.out


def test_fetch_replaces_the_file_with_the_mark(project: Project, tmp_path: Path) -> None:
    project.jobs(ONE)
    kept = tmp_path / "emulator"
    with serving(project, time_scale=0, state_dir=kept, faults=[marked_only()]):
        project.run("spring.yaml", "--timeout", "2s")
        marked = digest(project)
        ran = project.run("fetch", "spring.yaml")
        assert (ran.code, digest(project)) == (0, marked)
        assert project.rows()["a"]["warnings"]
    with serving(project, time_scale=0, state_dir=kept) as served:
        assert project.run("fetch", "spring.yaml").code == 0
        assert served.outcomes() == {"accepted": 1}
    assert digest(project) != marked
    assert (project.folder / f".vidu-run/files/{marked}.png").is_file()
    assert "warnings" not in project.rows()["a"]


def test_fetch_keeps_the_mark_if_the_task_is_gone(project: Project) -> None:
    project.jobs(ONE)
    with serving(project, time_scale=0, faults=[marked_only()]):
        project.run("spring.yaml", "--timeout", "2s")
        marked = digest(project)
    with serving(project):
        assert project.run("fetch", "spring.yaml").code == 0
    assert digest(project) == marked
    assert project.rows()["a"]["state"] == "succeeded"


def test_no_job_is_paid_for_with_a_marked_image(project: Project) -> None:
    project.jobs(ONE + '  - {id: b, prompt: a storm, images: ["${{ jobs.a.output }}"]}\n')
    with serving(project, time_scale=0, faults=[marked_only(match={"prompt": "boat"})]) as served:
        ran = project.run("spring.yaml", "--timeout", "2s")
        assert served.outcomes() == {"accepted": 1}
    assert ran.code == 6
    assert project.rows()["b"]["state"] == "pending"
    assert "only the watermarked version" in project.rows()["b"]["reason"]


def test_a_url_with_a_blank_is_used_all_the_same(project: Project) -> None:
    project.jobs(ONE)
    broken = marked_only(fields={"url": "http://127.0.0.1:1/a b/文件.png"})
    with serving(project, time_scale=0, faults=[broken]):
        ran = project.run("spring.yaml", "--outage", "1s")
    assert ran.code == 6
    (url,) = project.rows()["a"]["urls"]
    assert url == "http://127.0.0.1:1/a%20b/%E6%96%87%E4%BB%B6.png"
