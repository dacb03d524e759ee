"""`vidu-run resolve`: the user's decision on submissions of unknown fate."""

from __future__ import annotations

import shlex
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from runner.commands.resolve import obstacle
from runner.engine.poll.watch import ask
from runner.model.tasks import Attempt
from tests.commands.conftest import Project
from tests.commands.process import running, until
from tests.commands.serving import LOSES_THE_FIRST_ANSWER, Served, serving
from tests.engine.builders import PICTURE, TAG, FakeVidu, LiveRun, play

TWO = """
  - {id: a, prompt: a red boat, seed: 7}
  - {id: b, prompt: a blue boat, resolution: 2K}
"""


def lose_a(project: Project) -> None:
    """Run so that the fate of job a is unknown, and b is done."""
    project.jobs(TWO)
    assert project.run("spring.yaml", "--concurrency", "1").code == 7
    assert project.rows()["a"]["state"] == "ambiguous"


def attempts(project: Project) -> list[tuple[str, str, str | None, str | None]]:
    path = project.folder / ".vidu-run/ledger.sqlite3"
    ledger = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return ledger.execute(
            "SELECT job, state, task_id, error_code FROM attempts ORDER BY number"
        ).fetchall()
    finally:
        ledger.close()


def test_a_job_declared_lost_is_submitted_by_the_next_run(project: Project) -> None:
    with serving(project, time_scale=0, faults=LOSES_THE_FIRST_ANSWER) as served:
        lose_a(project)
        ran = project.run("resolve", "spring.yaml", "a", "--lost")
        assert ran.code == 0
        assert "the next run submits again, which may pay a second time" in ran.out
        assert "declared lost by the user" in project.run("plan", "spring.yaml").out
        assert len(served.tasks()) == 2
        assert project.run("spring.yaml").code == 0
        assert len(served.tasks()) == 3
    assert project.rows()["a"]["state"] == "succeeded"


def test_the_summary_has_cause_risk_and_commands(
    project: Project,
) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0, faults=LOSES_THE_FIRST_ANSWER):
        ran = project.run("spring.yaml", "--concurrency", "1")
    assert "no_answer (transient, may have been billed)" in ran.err
    assert "it may have cost 6 credits" in ran.err
    assert "if it is there: vidu-run resolve spring.yaml a --task-id ID\n" in ran.err
    assert "if it is not, submit again: vidu-run resolve spring.yaml a --lost\n" in ran.err


def test_several_of_one_kind_are_settled_by_their_state(project: Project) -> None:
    project.jobs(TWO)
    lost = [{**LOSES_THE_FIRST_ANSWER[0], "times": 2}, LOSES_THE_FIRST_ANSWER[1]]
    with serving(project, time_scale=0, faults=lost):
        ran = project.run("spring.yaml", "--concurrency", "1", "--state-dir", "led ger")
        assert "it may have cost 14 credits" in ran.err
        command = "resolve spring.yaml --state-dir 'led ger' --select state:ambiguous --lost"
        assert f"vidu-run {command}\n" in ran.err
        assert project.run(*shlex.split(command)).code == 0


def test_a_decision_keeps_the_history(project: Project) -> None:
    with serving(project, time_scale=0, faults=LOSES_THE_FIRST_ANSWER):
        lose_a(project)
        project.run("resolve", "spring.yaml", "a", "--lost")
        project.run("spring.yaml")
    assert [(job, state, error) for job, state, _, error in attempts(project)] == [
        ("a", "not_sent", "declared_lost"),
        ("b", "succeeded", None),
        ("a", "succeeded", None),
    ]


def test_declaring_lost_needs_no_key_and_no_provider(project: Project) -> None:
    with serving(project, time_scale=0, faults=LOSES_THE_FIRST_ANSWER):
        lose_a(project)
    project.env["VIDU_API_KEY"] = None
    assert project.run("resolve", "spring.yaml", "a", "--lost").code == 0


def test_a_task_id_that_the_provider_knows_is_adopted_and_collected(project: Project) -> None:
    with serving(project, time_scale=0, faults=LOSES_THE_FIRST_ANSWER) as served:
        lose_a(project)
        task = served.tasks()[0]
        ran = project.run("resolve", "spring.yaml", "a", "--task-id", task)
        assert ran.code == 0
        assert f"has task {task}" in ran.out
        assert project.run("spring.yaml").code == 0
        assert len(served.tasks()) == 2
    row = project.rows()["a"]
    assert (row["task_id"], row["seed"], row["credits"]) == (task, 7, 6)


def test_a_task_that_the_provider_does_not_know_is_refused(project: Project) -> None:
    with serving(project, time_scale=0, faults=LOSES_THE_FIRST_ANSWER):
        lose_a(project)
        ran = project.run("resolve", "spring.yaml", "a", "--task-id", "12345")
        assert ran.code == 2
        assert 'not the task of job "a": the provider knows no task 12345' in ran.err
        assert project.run("status", "spring.yaml").code == 7


def test_the_task_of_another_submission_is_refused(project: Project) -> None:
    with serving(project, time_scale=0, faults=LOSES_THE_FIRST_ANSWER):
        lose_a(project)
        other = project.rows()["b"]["task_id"]
        ran = project.run("resolve", "spring.yaml", "a", "--task-id", other)
    assert ran.code == 2
    assert 'was created by the submission of job "b" of spring.yaml' in ran.err
    assert attempts(project)[0][:3] == ("a", "ambiguous", None)


def test_only_ambiguous_jobs_of_a_selection_are_declared_lost(project: Project) -> None:
    with serving(project, time_scale=0, faults=LOSES_THE_FIRST_ANSWER):
        lose_a(project)
        ran = project.run("resolve", "spring.yaml", "--select", "*", "--lost")
        assert ran.code == 0
        assert ran.out.startswith('"a": declared lost')
        again = project.run("resolve", "spring.yaml", "--select", "*", "--lost")
    assert (again.code, again.err) == (0, "none of these jobs needs a decision\n")


def test_by_state_the_ambiguous_ones_can_be_selected(project: Project) -> None:
    with serving(project, time_scale=0, faults=LOSES_THE_FIRST_ANSWER):
        lose_a(project)
        ran = project.run("resolve", "spring.yaml", "--select", "state:ambiguous", "--lost")
    assert ran.code == 0


def test_a_job_that_is_not_ambiguous_is_left_alone(project: Project) -> None:
    with serving(project, time_scale=0, faults=LOSES_THE_FIRST_ANSWER):
        lose_a(project)
        ran = project.run("resolve", "spring.yaml", "b", "--lost")
    assert ran.code == 2
    assert 'job "b" needs no decision: done' in ran.err
    assert attempts(project)[1][1] == "succeeded"


def test_an_unknown_job_gets_a_suggestion(project: Project) -> None:
    project.jobs("  - {id: window, prompt: a window}")
    ran = project.run("resolve", "spring.yaml", "windwo", "--lost")
    assert ran.code == 2
    assert 'there is no job "windwo"' in ran.err
    assert 'did you mean "window"?' in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a"], "give either --lost or --task-id ID"),
        (["a", "--lost", "--task-id", "1"], "give either --lost or --task-id ID"),
        (["--lost"], "name one job, or select several with --select"),
        (["a", "--select", "a", "--lost"], "name one job, or select several with --select"),
        (["--select", "a", "--task-id", "1"], "--task-id belongs to one job"),
        (["a", "--task-id", " "], "--task-id is empty"),
    ],
)
def test_an_incomplete_or_contradictory_command_is_refused(
    project: Project, arguments: list[str], words: str
) -> None:
    project.jobs(TWO)
    ran = project.run("resolve", "spring.yaml", *arguments)
    assert ran.code == 2
    assert words in ran.err
    assert not (project.folder / ".vidu-run").exists()


def test_a_job_that_shares_a_result_is_resolved_with_it(project: Project) -> None:
    project.jobs("""
  - {id: a, prompt: a red boat}
  - {id: twin, prompt: a red boat}
""")
    with serving(project, time_scale=0, faults=LOSES_THE_FIRST_ANSWER):
        assert project.run("spring.yaml").code == 7
        ran = project.run("resolve", "spring.yaml", "twin", "--lost")
        assert ran.code == 0
        assert project.run("spring.yaml").code == 0


def test_a_job_of_a_live_run_cannot_be_resolved(project: Project) -> None:
    slow = {"on": "vidu.submit", "fault": "slow", "delay_s": 30}
    project.jobs(TWO)
    with serving(project, faults=[slow]) as served, running(project, "spring.yaml"):
        until(lambda: is_sent(project, served))
        ran = project.run("resolve", "spring.yaml", "a", "--lost")
    assert ran.code == 2
    assert 'job "a" needs no decision: another run is submitting it' in ran.err


def is_sent(project: Project, served: Served) -> bool:
    return bool(served.tasks()) and bool(attempts(project))


def test_a_job_of_a_killed_run_can_be_resolved(project: Project) -> None:
    slow = {"on": "vidu.submit", "fault": "slow", "delay_s": 30, "times": 1}
    project.jobs(TWO)
    with serving(project, time_scale=0, faults=[slow]) as served:
        with running(project, "spring.yaml") as process:
            until(lambda: is_sent(project, served))
            process.kill()
            process.wait()
        (task,) = served.tasks()
        assert attempts(project) == [("a", "intent", None, None)]
        assert project.run("resolve", "spring.yaml", "a", "--task-id", task).code == 0
        assert project.run("spring.yaml").code == 0
        assert len(served.tasks()) == 2


def test_a_rehearsal_is_resolved_in_its_own_ledger(project: Project, tmp_path: Path) -> None:
    project.jobs(TWO)
    project.run("spring.yaml", "--emulate", "--time-scale", "0")
    ran = project.run("resolve", "--emulate", "spring.yaml", "a", "--lost")
    assert ran.code == 2
    assert "needs no decision" in ran.err
    assert not (tmp_path / ".vidu-run/ledger.sqlite3").exists()


def test_modelverse_tasks_are_checked_by_their_status(project: Project) -> None:
    project.jobs("""
  - id: dance
    operation: modelverse/reference2video
    prompt: make it dance.
    images: ["https://example.com/cat.png"]
    duration: 1
    resolution: 540p
""")
    lost = {"on": "modelverse.submit", "fault": "cut_after", "times": 1}
    with serving(project, time_scale=0, faults=[lost]) as served:
        assert project.run("spring.yaml").code == 7
        (task,) = served.tasks()
        assert project.run("resolve", "spring.yaml", "dance", "--task-id", "nope").code == 2
        assert project.run("resolve", "spring.yaml", "dance", "--task-id", task).code == 0
        pytest.importorskip("av")
        assert project.run("spring.yaml").code == 0
        assert served.tasks() == [task]


# ------------------------------------------------------------------------- a task named by the user


async def obstacle_to(run: LiveRun, task_id: str, attempt: Attempt | None = None) -> str | None:
    status = await ask(run.context, PICTURE, task_id)
    return obstacle(run.context, PICTURE, status, attempt)


def test_a_task_that_the_provider_knows_is_accepted(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        attempt = await run.ambiguous(run.intent("f1"))
        vidu.payloads |= {"1": TAG, "2": "from elsewhere"}
        assert await obstacle_to(run, "1", attempt) is None
        assert await obstacle_to(run, "2", attempt) is None

    play(tmp_path, scene)


def test_an_unknown_task_is_not_accepted(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        found = await obstacle_to(run, "9")
        assert found == "the provider knows no task 9"

    play(tmp_path, scene)


def test_a_task_without_an_answer_is_not_accepted(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        away = replace(run.account(), base_url="http://127.0.0.1:1")
        settings = replace(run.context.settings, accounts={"vidu": away})
        found = await obstacle_to(
            replace(run, context=replace(run.context, settings=settings)), "1"
        )
        assert found is not None
        assert found.startswith("the provider does not report task 1")

    play(tmp_path, scene)


def test_a_task_of_another_submission_is_not_accepted(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        attempt = await run.ambiguous(run.intent("f1"))
        await run.submitted(run.intent("f2", tag="b" * 32), "2")
        await run.ambiguous(run.intent("f3", tag="c" * 32))
        vidu.payloads |= {"2": "", "3": "c" * 32}
        by_id, by_tag = await obstacle_to(run, "2", attempt), await obstacle_to(run, "3", attempt)
        assert by_id == 'task 2 was created by the submission of job "f2" of spring.yaml'
        assert by_tag == 'task 3 was created by the submission of job "f3" of spring.yaml'

    play(tmp_path, scene)
