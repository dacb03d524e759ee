"""`vidu-run fetch`: collects what is paid for, and submits nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.conftest import Project
from tests.commands.serving import LOSES_THE_FIRST_ANSWER, STUMBLES, UNDER_WAY, serving

Submissions = Callable[[], Counter[str]]

TWO = """
  - {id: a, prompt: a red boat, seed: 7}
  - {id: b, prompt: a blue boat, resolution: 2K}
"""


def test_a_missing_and_a_damaged_file_are_fetched_again(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    a, b = (online.folder / f"outputs/spring/{name}.png" for name in "ab")
    contents = [a.read_bytes(), b.read_bytes()]
    a.unlink()
    b.write_bytes(contents[1][:-1] + b"?")
    ran = online.run("fetch", "spring.yaml")
    assert ran.code == 0
    assert [a.read_bytes(), b.read_bytes()] == contents
    assert submissions() == {"accepted": 2}


def test_a_damaged_file_is_kept_aside(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    (online.folder / "outputs/spring/a.png").write_bytes(b"my drawing")
    online.run("fetch", "spring.yaml")
    mine = hashlib.sha256(b"my drawing").hexdigest()
    assert (online.folder / f".vidu-run/files/{mine}.png").is_file()


def test_verify_reports_missing_and_damaged_files(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    (online.folder / "outputs/spring/a.png").unlink()
    (online.folder / "outputs/spring/b.png").write_bytes(b"torn")
    ran = online.run("fetch", "--verify", "spring.yaml")
    assert ran.code == 0
    assert "missing: outputs/spring/a.png" in ran.err
    assert "damaged: outputs/spring/b.png" in ran.err
    again = online.run("fetch", "--verify", "spring.yaml")
    assert "spring.yaml: 2 files intact" in again.err
    assert "damaged" not in again.err


def test_fetch_needs_no_key_if_nothing_is_missing(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    online.env["VIDU_API_KEY"] = None
    before = (online.folder / "spring.results.yaml").read_bytes()
    assert online.run("fetch", "spring.yaml").code == 0
    assert (online.folder / "spring.results.yaml").read_bytes() == before


def test_an_expired_url_is_asked_for_again(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, url_lifetime_s=600) as served:
        project.run("spring.yaml", "--no-download", *UNDER_WAY)
        served.later()
        project.run("spring.yaml", "--no-download")
        assert not (project.folder / "outputs").exists()
        served.later()
        assert project.run("fetch", "spring.yaml").code == 0
        assert served.outcomes() == {"accepted": 2}
    assert all(row["files"] for row in project.rows().values())


def test_results_of_tasks_that_have_ended_are_collected(project: Project) -> None:
    project.jobs(TWO)
    with serving(project) as served:
        project.run("spring.yaml", *UNDER_WAY)
        assert project.run("fetch", "spring.yaml").code == 6
        assert project.rows()["a"]["state"] == "pending"
        served.later()
        assert project.run("fetch", "spring.yaml").code == 0
        assert served.outcomes() == {"accepted": 2}
    assert (project.folder / "outputs/spring/a.png").is_file()


def test_a_failed_status_request_is_repeated(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, faults=STUMBLES) as served:
        project.run("spring.yaml", *UNDER_WAY)
        served.later()
        assert project.run("fetch", "spring.yaml").code == 0


def test_fetch_submits_nothing(online: Project, submissions: Submissions) -> None:
    online.jobs(TWO)
    online.run("spring.yaml", "--select", "a")
    ran = online.run("fetch", "spring.yaml")
    assert ran.code == 6
    assert online.rows()["a"]["state"] == "succeeded"
    row = online.rows()["b"]
    assert (row["state"], row["reason"]) == (
        "pending",
        "not submitted yet (only `vidu-run run` submits)",
    )
    assert submissions() == {"accepted": 1}


def test_fetch_leaves_an_unknown_fate_to_a_run(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0, faults=LOSES_THE_FIRST_ANSWER) as served:
        project.run("spring.yaml", "--concurrency", "1")
        asked = served.asked("GET /ent/v2/tasks")
        assert project.run("fetch", "spring.yaml").code == 7
        assert served.asked("GET /ent/v2/tasks") == asked
        assert len(served.tasks()) == 2


def test_fetch_does_not_retry_a_failure_that_a_run_would(project: Project) -> None:
    project.jobs(TWO)
    fails = [{"on": "vidu.submit", "fault": "fail_task", "times": 1}]
    with serving(project, time_scale=0, faults=fails) as served:
        project.run("spring.yaml", "--concurrency", "1")
        assert project.run("fetch", "spring.yaml").code == 1
        assert served.outcomes() == {"accepted": 2}
    assert project.rows()["a"]["state"] == "failed"


def test_a_result_is_fetched_even_if_its_source_is_gone(project: Project, tmp_path: Path) -> None:
    project.jobs("""
  - {id: cat, prompt: whiskers}
  - {id: both, prompt: a cat on a boat, images: ["${{ jobs.cat.output }}"]}
""")
    kept = tmp_path / "emulator"
    with serving(project, time_scale=0, state_dir=kept):
        project.run("spring.yaml")
    lost = {"on": "vidu.creations", "fault": "not_found", "match": {"prompt": "whiskers"}}
    for name in ("cat", "both"):
        (project.folder / f"outputs/spring/{name}.png").unlink()
    with serving(project, time_scale=0, state_dir=kept, faults=[lost]) as served:
        assert project.run("fetch", "spring.yaml").code == 6
        assert served.outcomes() == {"accepted": 2}
    assert (project.folder / "outputs/spring/both.png").is_file()
    assert project.rows()["both"]["state"] == "succeeded"
    assert project.rows()["cat"]["state"] == "pending"
    assert "is not known to the provider at the moment" in project.rows()["cat"]["reason"]


@pytest.mark.parametrize("name", ["spring.yaml", "autumn.yaml"])
def test_a_rehearsal_is_fetched_from_the_emulator(project: Project, name: str) -> None:
    project.jobs(TWO, name)
    project.run(name, "--emulate", "--time-scale", "0")
    stem = name.removesuffix(".yaml")
    picture = project.folder / f"outputs/emulated/{stem}/a.png"
    picture.unlink()
    assert project.run("fetch", "--emulate", name).code == 0
    assert picture.is_file()
