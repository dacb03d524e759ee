"""`run --detach`: submits what there is room for, and waits for no result."""

from __future__ import annotations

import json
import random
import subprocess
from collections import Counter

from tests.commands.conftest import Project
from tests.commands.process import running
from tests.commands.serving import serving

QUIET = ("--progress", "none")
FOUR = "".join(f"  - {{id: {name}, prompt: boat {name}}}\n" for name in "abcd")
VIDEO = "operation: vidu/text2video, model: viduq3-turbo"


def detached(project: Project, *flags: str) -> tuple[int, str]:
    """The exit code and standard error of a process that detaches."""
    with running(project, "spring.yaml", "--detach", *QUIET, *flags) as process:
        _, err = process.communicate(timeout=60)
    return process.returncode, err


def test_it_submits_what_there_is_room_for_and_names_the_rest(project: Project) -> None:
    project.jobs(FOUR)
    with serving(project) as served:
        code, err = detached(project, "--concurrency", "2")
        assert code == 6
        assert 'jobs "a", "b"\n            its task is under way' in err
        assert 'jobs "c", "d"\n            not submitted: there is no room' in err
        assert "to collect: vidu-run fetch spring.yaml\n" in err
        assert served.outcomes() == {"accepted": 2}
        assert {row["state"] for row in project.rows().values()} == {"pending"}
        assert project.rows()["a"]["task_id"] == served.tasks()[0]


def test_places_of_earlier_tasks_are_taken_until_these_end(project: Project) -> None:
    project.jobs(FOUR)
    with serving(project, time_scale=20) as served:
        for _ in range(2):
            assert detached(project, "--concurrency", "2")[0] == 6
            assert served.outcomes() == {"accepted": 2}
        served.later()
        assert detached(project, "--concurrency", "2")[0] == 6
        assert served.outcomes() == {"accepted": 4}
        states = Counter(row["state"] for row in project.rows().values())
        assert states == {"succeeded": 2, "pending": 2}
        served.later()
        assert project.run("fetch", "spring.yaml").code == 0
        code, err = detached(project)
        assert (code, "4 reused | nothing spent" in err) == (0, True)
        assert served.outcomes() == {"accepted": 4}


def test_tasks_off_peak_need_no_room(project: Project) -> None:
    slow = f"  - {{id: s, {VIDEO}, prompt: slow}}\n  - {{id: t, {VIDEO}, prompt: slower}}\n"
    project.jobs("  - {id: fast, prompt: fast}\n  - {id: more, prompt: more}\n" + slow)
    with serving(project) as served:
        code, err = detached(project, "--off-peak", "--concurrency", "1")
        assert code == 6
        assert served.outcomes() == {"accepted": 3}
    assert 'jobs "s", "t"\n            its task is under way, and may take up to 2 days' in err
    assert 'job "more"\n            not submitted: there is no room' in err


def test_the_account_has_no_more_places_than_its_balance_shows(project: Project) -> None:
    project.jobs("".join(f"  - {{id: p{n}, prompt: boat {n}}}\n" for n in range(12)))
    with serving(project, concurrency=7) as served:
        assert detached(project, "--concurrency", "10")[0] == 6
        assert served.outcomes() == {"accepted": 7}


def test_an_account_that_takes_no_more_tasks_ends_the_submissions(project: Project) -> None:
    project.jobs(FOUR)
    with serving(project, concurrency=2, over_limit="refuse") as served:
        code, err = detached(project, "--concurrency", "3")
        assert code == 6
        assert served.outcomes()["accepted"] == 2
    assert 'jobs "c", "d"\n            not submitted: there is no room' in err


def test_the_budget_is_kept(project: Project) -> None:
    project.jobs(FOUR)
    with serving(project) as served:
        code, err = detached(project, "--budget", "credits=13")
        assert code == 5
        assert served.outcomes() == {"accepted": 2}
    assert "the budget of 13 credits is" in err


def test_what_needs_a_result_is_submitted_once_that_is_here(project: Project) -> None:
    needy = (
        '  - {id: n, operation: vidu/img2video, model: viduq2-turbo, images: ["${{ jobs.a.url }}"]}'
    )
    project.jobs(FOUR[: FOUR.index("\n") + 1] + needy)
    with serving(project) as served:
        code, err = detached(project)
        assert (code, 'needs "a", which is pending' in err) == (6, True)
        served.later()
        assert detached(project)[0] == 6
        assert served.outcomes() == {"accepted": 2}
        assert project.rows()["a"]["state"] == "succeeded"


def test_a_refused_job_frees_its_place(project: Project) -> None:
    refusal = {"fault": "error", "on": "vidu.submit", "status": 400, "nth": 1}
    refusal |= {"reason": "TaskPromptPolicyViolation"}
    project.jobs(FOUR)
    with serving(project, faults=[refusal]):
        code, err = detached(project, "--concurrency", "2")
    assert code == 6, err
    rows = project.rows().values()
    assert sum(row["state"] == "failed" for row in rows) == 1
    assert sum(row["task_id"] is not None for row in rows) == 2


def test_killed_on_its_way_it_pays_for_nothing_twice(project: Project) -> None:
    project.env |= {"VIDU_RUN_SETTLE": "0.2s", "VIDU_RUN_POLL_RATE": "50"}
    project.jobs(FOUR)
    chance = random.Random(13)  # noqa: S311 - moments, not secrets
    with serving(project, concurrency=20) as served:
        for _ in range(4):
            with running(project, "spring.yaml", "--detach", *QUIET) as process:
                try:
                    process.wait(chance.uniform(0.4, 1.2))
                except subprocess.TimeoutExpired:
                    process.kill()
        served.later()
        assert project.run("spring.yaml").code == 0
        prompts = Counter(json.dumps(each["untagged"]) for each in served.seen()["submissions"])
    assert set(prompts.values()) == {1}
    assert len(prompts) == 4
