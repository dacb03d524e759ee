"""Whole runs whose answers are lost, at a provider whose list shows no payloads."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter

from tests.commands.conftest import Project
from tests.commands.serving import SUBMIT, serving

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
