"""`vidu-run cancel`: cancels tasks that have not started; the next run submits them again."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from aiohttp import web

from tests.commands.conftest import Project
from tests.commands.process import asked
from tests.commands.quick_clock import quick_time
from tests.commands.serving import UNDER_WAY, Handler, provider, refusal, serving
from tests.commands.tasks import asks_after_tasks, held_back

TWO = """
  - {id: a, prompt: a red boat, seed: 7}
  - {id: b, prompt: a blue boat, resolution: 2K}
"""
WAITS = [{"on": "vidu.submit", "fault": "stuck_task", "state": "queueing"}]
WORKS = [{"on": "vidu.submit", "fault": "stuck_task", "state": "processing"}]


def test_waiting_tasks_are_cancelled_and_cost_nothing(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, faults=WAITS) as served:
        project.run("spring.yaml", *UNDER_WAY)
        a, b = project.rows()["a"]["task_id"], project.rows()["b"]["task_id"]
        ran = project.run("cancel", "--yes", "spring.yaml")
        assert ran.code == 0
        assert ran.out == f"a: task {a} cancelled\nb: task {b} cancelled\n"
        assert served.asked("cancel") == 2
        ran = project.run("status", "spring.yaml")
    assert ran.code == 1
    assert ran.out.splitlines()[0] == "spring.yaml: 2 failed | 0 credits"
    assert "UserCancelled: cancelled by the user" in ran.out


def test_the_next_run_submits_again(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, faults=WAITS):
        project.run("spring.yaml", *UNDER_WAY)
        project.run("cancel", "-y", "spring.yaml")
    with serving(project, time_scale=0) as served:
        assert project.run("spring.yaml").code == 0
        assert served.outcomes() == {"accepted": 2}


def test_a_job_cancelled_twice_is_submitted_by_retry_failed_only(project: Project) -> None:
    project.jobs(TWO)
    for _ in range(2):
        with serving(project, faults=WAITS) as served:
            project.run("spring.yaml", *UNDER_WAY)
            cancelled = project.run("cancel", "-y", "spring.yaml")
            assert cancelled.code == 0
            assert served.outcomes() == {"accepted": 2}
    by_hand = " cancelled, 2 times by now; to submit it again: run --retry-failed\n"
    assert cancelled.out.count(by_hand) == 2
    with serving(project, time_scale=0) as served:
        assert project.run("spring.yaml").code == 1
        assert served.outcomes() == {}
        reason = project.rows()["a"]["reason"]
        assert reason == "failed before: UserCancelled, 2 times; use --retry-failed"
        assert project.run("spring.yaml", "--retry-failed").code == 0
        assert served.outcomes() == {"accepted": 2}


def test_a_task_that_is_always_cancelled_is_ordered_twice(project: Project) -> None:
    project.jobs("  - {id: a, prompt: a red boat}\n")
    cancelled = {"on": "vidu.submit", "fault": "fail_task", "err_code": "UserCancelled"}
    with serving(project, time_scale=0, faults=[cancelled]) as served:
        codes = [project.run("spring.yaml").code for _ in range(4)]
        assert served.outcomes() == {"accepted": 2}
    assert codes == [1, 1, 1, 1]


def test_only_selected_tasks_are_cancelled_not_what_they_need(project: Project) -> None:
    project.jobs("""
  - {id: cat, prompt: a cat}
  - {id: dog, prompt: a dog}
""")
    with serving(project, faults=WAITS) as served:
        project.run("spring.yaml", *UNDER_WAY)
        assert project.run("cancel", "-y", "--select", "dog", "spring.yaml").code == 0
        assert served.asked("cancel") == 1
        output = project.run("status", "spring.yaml").out
    assert output.startswith("spring.yaml: 1 failed, 1 pending")


def test_a_task_that_has_started_cannot_be_cancelled(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0.001, faults=WORKS):
        project.run("spring.yaml", *UNDER_WAY)
        ran = project.run("cancel", "-y", "spring.yaml")
        assert ran.code == 6
        assert ran.out.count("not cancelled: it can no longer be cancelled") == 2
        assert project.run("status", "spring.yaml").out.startswith("spring.yaml: 2 pending")


def test_a_busy_provider_is_asked_again_when_it_allows(
    project: Project,
) -> None:
    project.jobs(TWO)
    asked_at: list[float] = []

    async def throttling(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.endswith("/cancel"):
            asked_at.append(quick_time())
            if len(asked_at) % 2:
                answer = refusal(429, "TooManyRequests")
                answer.headers["Retry-After"] = "1"
                return answer
            return web.json_response({})
        answer_ = await handler(request)
        return held_back(answer_) if asks_after_tasks(request) else answer_

    with provider(project, throttling):
        project.run("spring.yaml", *UNDER_WAY)
        ran = project.run("cancel", "-y", "spring.yaml")
    assert ran.code == 0
    assert ran.out.count(" cancelled\n") == 2
    assert "a: retrying: TooManyRequests: TooManyRequests it is; again in 1.0 s\n" in ran.err
    gaps = [after - before for before, after in itertools.pairwise(asked_at)]
    assert len(gaps) == 3
    assert min(gaps[0], gaps[2]) >= 1
    assert gaps[1] > 0.05


@pytest.mark.parametrize("fault", [{"fault": "error", "status": 503}, {"fault": "cut_before"}])
def test_a_provider_that_fails_is_asked_again_to_cancel(
    project: Project, fault: dict[str, Any]
) -> None:
    project.jobs(TWO)
    with serving(project, faults=[*WAITS, {"on": "vidu.cancel", "times": 1, **fault}]) as served:
        project.run("spring.yaml", *UNDER_WAY)
        assert project.run("cancel", "-y", "spring.yaml").code == 0
        assert served.asked("cancel") == 3


def test_a_provider_that_keeps_failing_is_given_up(project: Project) -> None:
    project.jobs(TWO)
    fault = {"on": "vidu.cancel", "fault": "error", "status": 503, "retry_after": "1"}
    with serving(project, faults=[*WAITS, fault]) as served:
        project.run("spring.yaml", *UNDER_WAY)
        project.env["VIDU_RUN_TIMEOUT"] = "0.01s"
        ran = project.run("cancel", "-y", "spring.yaml")
        assert (ran.code, served.asked("cancel")) == (6, 2)
    assert ran.out.count("not cancelled: InternalServiceFailure: ") == 2


def test_a_definite_answer_is_not_asked_for_again(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, faults=[*WAITS, {"on": "vidu.cancel", "fault": "not_found"}]) as served:
        project.run("spring.yaml", *UNDER_WAY)
        ran = project.run("cancel", "-y", "spring.yaml")
        assert (ran.code, served.asked("cancel")) == (6, 2)


def test_a_refusal_without_the_task_is_not_definite(project: Project) -> None:
    """It may be refused because an earlier wish, whose answer was lost, was granted."""
    project.jobs(TWO)
    asked: list[str] = []

    async def silent(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.endswith("/cancel"):
            asked.append(request.path)
            return refusal(400, "BadRequest") if len(asked) == 1 else web.json_response({})
        if asks_after_tasks(request) and asked:
            return refusal(503, "InternalServiceFailure")
        answer = await handler(request)
        return held_back(answer) if asks_after_tasks(request) else answer

    with provider(project, silent):
        project.run("spring.yaml", *UNDER_WAY)
        assert project.run("cancel", "-y", "spring.yaml").code == 0
    assert len(asked) == 3


def test_a_lost_answer_leaves_no_doubt_about_a_cancelled_task(project: Project) -> None:
    project.jobs(TWO)
    cut = {"on": "vidu.cancel", "fault": "cut_after"}
    with serving(project, faults=[*WAITS, cut]):
        project.run("spring.yaml", *UNDER_WAY)
        assert project.run("cancel", "-y", "spring.yaml").code == 0


def test_modelverse_cannot_cancel_and_needs_no_key(project: Project) -> None:
    project.jobs("""
  - id: dance
    operation: modelverse/reference2video
    prompt: make it dance.
    images: ["https://example.com/cat.png"]
""")
    with serving(project):
        project.run("spring.yaml", *UNDER_WAY)
        project.env["MODELVERSE_API_KEY"] = None
        ran = project.run("cancel", "-y", "spring.yaml")
    assert ran.code == 6
    assert "not cancelled: modelverse has no way to cancel a task" in ran.out


def test_off_a_terminal_cancel_needs_yes(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, faults=WAITS) as served:
        project.run("spring.yaml", *UNDER_WAY)
        ran = project.run("cancel", "spring.yaml")
        assert served.asked("cancel") == 0
    assert ran.code == 2
    assert "cancel 2 tasks? there is no terminal to confirm on" in ran.err
    assert "--yes" in ran.err


def test_cancel_asks_nothing_if_no_task_is_under_way(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    ran = online.run("cancel", "spring.yaml")
    assert (ran.code, ran.out, ran.err) == (0, "", "no tasks are under way\n")


def test_a_task_known_only_from_results_is_cancelled_too(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, faults=WAITS):
        project.run("spring.yaml", *UNDER_WAY)
        for path in (project.folder / ".vidu-run").glob("ledger*"):
            path.unlink()
        assert project.run("cancel", "-y", "spring.yaml").code == 0
        assert project.run("status", "spring.yaml").code == 1


def test_on_a_terminal_cancel_asks(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, faults=WAITS) as served:
        project.run("spring.yaml", *UNDER_WAY)
        code, shown = asked(project, b"n\n", "cancel", "spring.yaml", quiet=())
        assert (code, served.asked("cancel")) == (2, 0)
        assert "cancel 2 tasks? [y/N]" in shown
        code, _ = asked(project, b"y\n", "cancel", "spring.yaml", quiet=())
        assert (code, served.asked("cancel")) == (0, 2)
