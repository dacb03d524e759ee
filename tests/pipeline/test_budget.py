"""A ceiling over what a manifest costs: nothing above it is submitted, in this run or the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from tests.pipeline.conftest import Project

FIVE = "".join(f"  - {{id: j{n}, prompt: boat {n}}}\n" for n in range(5))

Submissions = Callable[[], Counter[str]]


def states(project: Project) -> Counter[str]:
    return Counter(row["state"] for row in project.rows().values())


def test_the_runner_stops_submitting_at_the_ceiling_and_exits_5(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(FIVE)
    ran = online.run("spring.yaml", "--budget", "credits=13")
    assert ran.code == 5
    assert states(online) == {"succeeded": 2, "pending": 3}
    assert submissions() == {"accepted": 2}
    assert "the budget of 13 credits is reached" in ran.err


def test_the_ceiling_holds_over_all_runs_of_a_manifest(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(FIVE)
    online.run("spring.yaml", "--budget", "credits=13")
    assert online.run("spring.yaml", "--budget", "credits=13").code == 5
    assert submissions() == {"accepted": 2}
    assert online.run("spring.yaml", "--budget", "credits=30").code == 0
    assert submissions() == {"accepted": 5}


def test_a_budget_in_yuan_does_not_hold_up_credits(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(FIVE)
    assert online.run("spring.yaml", "--budget", "cny=1").code == 0
    assert submissions() == {"accepted": 5}
