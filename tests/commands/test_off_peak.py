"""Off-peak tasks: they wait at the vendor for up to two days, or are cancelled there unbilled."""

from __future__ import annotations

import json
from shutil import rmtree

from runner.model.operations import OFF_PEAK
from runner.operations import load_operations
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


ANY_HOUR = """
  - {id: film, operation: vidu/text2video, model: viduq3-turbo, prompt: a}
  - {id: own, operation: vidu/text2video, model: viduq3-turbo, prompt: b, off_peak: false}
  - {id: still, prompt: c}
  - {id: silent, operation: vidu/text2video, model: viduq3-turbo, prompt: d, audio: false}
"""


def test_a_run_off_peak_submits_so_what_is_offered_so(project: Project) -> None:
    project.jobs(ANY_HOUR)
    with serving(project, time_scale=0):
        ran = project.run("spring.yaml", "--off-peak")
    assert ran.code == 0
    assert [line.removeprefix("spring.yaml: ") for line in ran.err.splitlines()[:4]] == [
        "off-peak: 1 of 4 submissions",
        "as usual: 1, off_peak is false in the manifest",
        "as usual: 1, vidu/reference2image is not offered off-peak",
        "as usual: 1, off_peak true is not allowed (viduq3-turbo with audio false)",
    ]
    rows = project.rows()
    assert rows["film"]["parameters"]["off_peak"] is True
    assert rows["film"]["cost"]["actual"] == {"credits": 30}
    assert rows["own"]["cost"]["actual"] == {"credits": 60}
    assert rows["own"]["parameters"]["off_peak"] is False
    assert "off_peak" not in rows["still"]["parameters"]


def test_a_result_is_not_paid_for_again_because_of_the_hour(project: Project) -> None:
    project.jobs(ANY_HOUR)
    with serving(project, time_scale=0):
        for first, second in (("--off-peak", "--no-off-peak"), ("--no-off-peak", "--off-peak")):
            assert project.run("spring.yaml", first).code == 0
            results = (project.folder / "spring.results.yaml").read_bytes()
            ran = project.run("spring.yaml", second)
            assert "4 reused | nothing spent" in ran.err
            assert (project.folder / "spring.results.yaml").read_bytes() == results
            # By the results manifest alone, as in a fresh clone.
            rmtree(project.folder / ".vidu-run")
            assert "4 reused | nothing spent" in project.run("spring.yaml", second).err
            assert (project.folder / "spring.results.yaml").read_bytes() == results
            project.jobs(ANY_HOUR.replace("prompt: ", "prompt: another "))


def test_a_task_under_way_keeps_the_time_limit_of_its_own_hour(project: Project) -> None:
    project.jobs(ANY_HOUR)
    stays = {"fault": "stuck_task", "on": "vidu.submit", "state": "queueing", "nth": 1}
    with serving(project, time_scale=0, faults=[stays]):
        ran = project.run("spring.yaml", "--off-peak", "--select", "film", "--timeout", "6s")
        assert ran.code == 6
        (plan,) = json.loads(project.run("plan", "--json", "spring.yaml").out)
    film = plan["jobs"][0]
    assert (film["action"], film["off_peak"], film["limit_s"]) == ("attach", True, 180_000)


def test_the_manifest_and_the_environment_can_ask_for_off_peak(project: Project) -> None:
    project.write("version: 1\nrun: {off_peak: true}\njobs:" + ANY_HOUR.replace("prompt: c", C))
    assert "off-peak: 1 of 4 submissions" in project.run("plan", "spring.yaml").out
    assert "off-peak" not in project.run("validate", "spring.yaml", "--no-off-peak").out
    validated = project.run("validate", "spring.yaml").out.splitlines()
    assert validated[:2] == ["spring.yaml: 4 jobs, no errors", "  off-peak: 1 of 4 jobs"]


C = "prompt: c, operation: vidu/reference2image, model: viduq2"


def test_plan_shows_both_prices(project: Project) -> None:
    project.jobs(ANY_HOUR)
    head = project.run("plan", "spring.yaml").out.splitlines()[0]
    assert head.startswith("spring.yaml: 4 to submit (about 186 credits, 156 off-peak) | ")
    cheap = project.run("plan", "spring.yaml", "--off-peak").out.splitlines()[0]
    assert "4 to submit (about 156 credits, 186 now)" in cheap
    (plan,) = json.loads(project.run("plan", "--json", "--off-peak", "spring.yaml").out)
    totals = plan["totals"]
    assert totals["cost"] == {"credits": 156}
    assert (totals["cost_now"], totals["cost_off_peak"]) == ({"credits": 186}, {"credits": 156})
    assert totals["as_usual"]["vidu/reference2image is not offered off-peak"] == 1
    film, own, still, silent = plan["jobs"]
    assert (film["estimate_now"], film["estimate_off_peak"]) == ({"credits": 60}, {"credits": 30})
    # A job that says false keeps its price at any hour.
    assert (own["off_peak"], own["estimate"]) == (False, {"credits": 60})
    assert [each["estimate_off_peak"] for each in (own, still, silent)] == [None] * 3


FLAG = "give --off-peak again to a further run: without it, new tasks cost twice as much"
CHAIN = """
  - {id: film, operation: vidu/text2video, model: viduq3-turbo, prompt: a}
  - id: next
    operation: vidu/img2video
    model: viduq3-turbo
    prompt: b
    images: ["${{ jobs.film.cover }}"]
"""


def test_hints_after_a_run_off_peak_name_its_flag(project: Project) -> None:
    project.jobs(CHAIN)
    stays = {"fault": "stuck_task", "on": "vidu.submit", "state": "queueing"}
    with serving(project, time_scale=0, faults=[stays]):
        detached = project.run("spring.yaml", "--off-peak", "--detach")
        assert detached.err.rstrip().endswith(FLAG)
        # These have no such flag: that the task under way is off-peak shows which run is meant.
        assert project.run("fetch", "spring.yaml").err.rstrip().endswith(FLAG)
        assert project.run("status", "spring.yaml").out.rstrip().endswith(FLAG)
        project.jobs(
            CHAIN + "  - {id: one, operation: vidu/text2video, model: viduq3-turbo, prompt: c}"
        )
        to_submit = "to submit: vidu-run run spring.yaml --off-peak --select one"
        assert to_submit in project.run("fetch", "spring.yaml").err


def test_no_hint_names_the_flag_where_it_changes_no_price(project: Project) -> None:
    project.jobs(
        CHAIN.replace("a}", "a, off_peak: true}").replace("b\n", "b\n    off_peak: false\n")
    )
    stays = {"fault": "stuck_task", "on": "vidu.submit", "state": "queueing"}
    with serving(project, time_scale=0, faults=[stays]):
        assert "--off-peak" not in project.run("spring.yaml", "--detach").err
        assert "--off-peak" not in project.run("fetch", "spring.yaml").err
        assert "--off-peak" not in project.run("status", "spring.yaml").out


FILM = "  - {id: film, operation: vidu/text2video, model: viduq3-turbo, prompt: a}\n"


def test_a_task_cancelled_after_its_wait_goes_off_peak_again(project: Project) -> None:
    project.jobs(FILM)
    ends = {"fault": "expire_task", "on": "vidu.submit", "after_s": 0, "nth": 1}
    with serving(project, time_scale=0, faults=[ends]):
        assert project.run("spring.yaml", "--off-peak").code == 1
        plan = project.run("plan", "spring.yaml").out
        assert "30 credits  failed before: Canceled; off-peak as before (--no-off-peak" in plan
        assert "60 credits" in project.run("plan", "spring.yaml", "--no-off-peak").out
        assert project.run("spring.yaml").code == 0
    assert project.rows()["film"]["cost"]["actual"] == {"credits": 30}


def test_after_three_tries_the_advice_is_to_retry_by_hand(project: Project) -> None:
    project.jobs(FILM)
    ends = {"fault": "expire_task", "on": "vidu.submit", "after_s": 0}
    with serving(project, time_scale=0, faults=[ends]):
        errors = [project.run("spring.yaml", "--off-peak").err for _ in range(4)]
    by_hand = [
        "3 attempts are used up: a further run does not submit it again by itself",
        "to submit it again: vidu-run run spring.yaml --off-peak --select film --retry-failed",
    ]
    assert "run again to retry" in errors[1]
    for error in errors[2:]:
        assert [line.strip() for line in error.splitlines()[-4:-2]] == by_hand


def test_every_operation_off_peak_has_one_fingerprint_at_all_hours() -> None:
    for operation in load_operations().values():
        offers = OFF_PEAK in operation.schema["properties"]
        assert offers == (OFF_PEAK in operation.unhashed), operation.name
