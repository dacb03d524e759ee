"""Whole runs whose answers are lost, at a provider whose list shows no payloads."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter

from aiohttp import web

from tests.commands.conftest import Project
from tests.commands.serving import SUBMIT, Handler, provider, serving

TAKES = "  - {id: boat, prompt: a boat, takes: 5}\n"


def order(url: str, **body: str) -> None:
    """A task of somebody else on the same account."""
    asked = {"model": "viduq2", "prompt": "a boat", **body}
    headers = {"Authorization": "Token another", "Content-Type": "application/json"}
    content = json.dumps(asked).encode()
    request = urllib.request.Request(url + SUBMIT, content, headers)  # noqa: S310 - loopback
    urllib.request.urlopen(request).close()  # noqa: S310


def test_takes_are_found_among_equal_tasks_of_others(project: Project) -> None:
    project.env |= {"VIDU_RUN_SETTLE": "0.2s", "VIDU_RUN_POLL_RATE": "50"}
    project.jobs(TAKES)
    lost = {"on": "vidu.submit", "nth": [9, 11, 12], "fault": "cut_after"}
    with serving(project, time_scale=0.01, faults=[lost]) as served:
        for number in range(8):
            order(served.url, payload="" if number % 2 else f"{number:032}", seed=str(number + 1))
        ran = project.run("spring.yaml", "--no-download")
        accepted = served.seen()["submissions"][8:]
    assert ran.code == 0, ran.err
    assert [each["outcome"] for each in accepted] == ["accepted"] * 5
    assert max(Counter(each["untagged"] for each in accepted).values()) == 1
    recorded = {row["task_id"] for row in project.rows().values()}
    assert recorded == {each["task_id"] for each in accepted}


KLING = """
  - {id: swim, operation: modelverse/kling-v3, model: kling-v3, prompt: a cat swims, duration: 3}
"""
QUICK = {"VIDU_RUN_SETTLE": "0.2s", "VIDU_RUN_POLL_RATE": "50"}
AMBIGUOUS = 7


def test_a_lost_task_is_found_by_the_id_that_it_was_given(project: Project) -> None:
    project.env |= QUICK
    project.jobs(KLING)
    lost = {"on": "modelverse.submit", "nth": 1, "fault": "cut_after"}
    with serving(project, time_scale=0, faults=[lost]) as served:
        ran = project.run("spring.yaml", "--no-download")
        (accepted,) = served.seen()["submissions"]
    assert ran.code == 0, ran.err
    row = project.rows()["swim"]
    assert (row["task_id"], row["attempts"]) == (accepted["task_id"], 1)


def test_a_task_that_no_id_finds_is_left_to_the_user(project: Project) -> None:
    project.env |= QUICK
    project.jobs(KLING)
    lost = {"on": "modelverse.submit", "nth": 1, "fault": "cut_before"}
    with serving(project, time_scale=0, faults=[lost]) as served:
        assert project.run("spring.yaml").code == AMBIGUOUS
        assert "no task is found by its external_task_id" in project.rows()["swim"]["reason"]
        assert project.run("spring.yaml").code == AMBIGUOUS
        assert served.outcomes()["accepted"] == 0
    (shown,) = json.loads(project.run("status", "--json", "spring.yaml").out)
    assert shown["jobs"][0]["reason"] == "what became of its submission is unknown"


def test_after_an_outage_a_further_run_looks_for_the_id(project: Project) -> None:
    async def out(_: web.Request, __: Handler) -> web.StreamResponse:
        return web.Response(status=503, text="<html>out</html>")

    project.jobs(KLING)
    with provider(project, out):
        ran = project.run("spring.yaml", "--outage", "1s", "--settle", "30s")
    assert ran.code == AMBIGUOUS
    assert "run the same command again: it looks for the task" in ran.err


def test_a_task_with_the_users_own_id_is_a_candidate_only(project: Project) -> None:
    project.env |= QUICK
    project.jobs(KLING.replace("duration", "external_task_id: scene-1, duration"))
    lost = {"on": "modelverse.submit", "nth": 1, "fault": "cut_after"}
    with serving(project, time_scale=0, faults=[lost]) as served:
        assert project.run("spring.yaml").code == AMBIGUOUS
        (accepted,) = served.seen()["submissions"]
        assert f"candidates: {accepted['task_id']}" in project.rows()["swim"]["reason"]
        found = project.run("resolve", "spring.yaml", "swim", "--task-id", accepted["task_id"])
        assert found.code == 0, found.err
        assert project.run("spring.yaml", "--no-download").code == 0
        assert served.outcomes()["accepted"] == 1
