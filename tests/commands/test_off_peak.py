"""Off-peak tasks: they wait at the vendor for up to two days, or are cancelled there unbilled."""

from __future__ import annotations

from tests.commands.conftest import Project
from tests.commands.serving import serving

SLOW = """
  - {id: slow, operation: vidu/text2video, model: viduq3-turbo, prompt: a, off_peak: true}
"""
BOTH = SLOW + "  - {id: fast, prompt: b}\n"


def test_an_off_peak_task_is_left_and_collected_later(project: Project) -> None:
    project.jobs(BOTH)
    stays = {"fault": "stuck_task", "on": "vidu.submit", "state": "queueing", "nth": 1}
    with serving(project, time_scale=0, faults=[stays]):
        ran = project.run("spring.yaml", "--concurrency", "1", "--timeout", "6s")
        assert ran.code == 6
        rows = project.rows()
        assert (rows["slow"]["state"], rows["fast"]["state"]) == ("pending", "succeeded")
        assert "waiting only for 1 task that may take up to 2 days 2 h" in ran.err
        assert "to collect it later and submit nothing: vidu-run fetch spring.yaml" in ran.err
        assert "may take up to 2 days 2 h" in project.run("status", "spring.yaml").out
        assert project.run("fetch", "spring.yaml").code == 6


def test_an_off_peak_task_that_the_vendor_cancelled_costs_nothing_and_is_made_again(
    project: Project,
) -> None:
    project.jobs(SLOW)
    ends = {"fault": "expire_task", "on": "vidu.submit", "after_s": 0, "nth": 1}
    with serving(project, time_scale=0, faults=[ends]):
        assert project.run("spring.yaml").code == 1
        task_id = project.rows()["slow"]["task_id"]
        error = project.rows()["slow"]["error"]
        assert (error["code"], error["billed"]) == ("Canceled", "no")
        assert project.run("spring.yaml").code == 0
        assert project.rows()["slow"]["task_id"] != task_id
