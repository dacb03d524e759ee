"""A workflow of GitHub Actions: annotations and a job summary beside what is printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aiohttp import web

from runner.github.step import MAX_SUMMARY_BYTES
from tests.commands.conftest import Project
from tests.commands.serving import SUBMIT, Fault, Handler, provider, refusal

TWO = """
  - {id: a, prompt: a red boat, seed: 7}
  - {id: b_1, prompt: "a | <b> boat", seed: 8}
"""
WRONG = """
  - id: wide
    prompt: x
    aspect_ratio: "7:1"
"""


def moderated() -> Fault:
    """Refuses the first submission and takes the others."""
    asked: list[str] = []

    async def fault(request: web.Request, handler: Handler) -> web.StreamResponse:
        asked.extend([request.path] if request.path == SUBMIT else [])
        if asked == [request.path]:
            return refusal(400, "TaskPromptPolicyViolation")
        return await handler(request)

    return fault


def in_workflow(project: Project) -> Path:
    """The file of the job summary."""
    summary = project.folder / "summary.md"
    project.env |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(project.folder),
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    return summary


def commands(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("::")]


def test_an_invalid_manifest_is_annotated_at_its_line(project: Project) -> None:
    in_workflow(project)
    project.jobs(WRONG)
    ran = project.run("validate", "spring.yaml")
    assert ran.code == 3
    (line,) = commands(ran.err)
    assert line.startswith("::error file=spring.yaml,line=8,col=19,title=vidu-run::aspect_ratio")


@pytest.mark.parametrize("verb", ["plan", "run"])
def test_plan_and_run_annotate_it_too(project: Project, verb: str) -> None:
    summary = in_workflow(project)
    project.jobs(WRONG)
    assert len(commands(project.run(verb, "spring.yaml").err)) == 1
    assert not summary.exists()


def test_with_json_the_data_stay_data(project: Project) -> None:
    in_workflow(project)
    project.jobs(WRONG)
    ran = project.run("validate", "spring.yaml", "--json")
    assert (len(json.loads(ran.out)), len(commands(ran.err))) == (1, 1)


def test_elsewhere_nothing_is_annotated(project: Project) -> None:
    project.jobs(WRONG)
    assert commands(project.run("validate", "spring.yaml").err) == []


def test_a_plan_is_a_table_in_the_summary(project: Project) -> None:
    summary = in_workflow(project)
    project.jobs(TWO)
    assert project.run("plan", "spring.yaml").code == 0
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("## Plan of spring.yaml\n\n2 to submit (about 12 credits)")
    assert (
        "| job | action | price | why |\n|---|---|---|---|\n| a | submit | 6 credits | new |"
        in text
    )
    assert "| b\\_1 | submit |" in text


def test_a_long_plan_is_cut_below_the_limit(project: Project) -> None:
    summary = in_workflow(project)
    summary.write_bytes(b"x" * (MAX_SUMMARY_BYTES - 3000))
    rows = "".join(f"  - {{id: job-{n:04}, prompt: p{n}}}\n" for n in range(300))
    project.jobs(rows)
    assert project.run("plan", "spring.yaml").code == 0
    text = summary.read_text(encoding="utf-8")
    assert len(text) < MAX_SUMMARY_BYTES
    assert text.rstrip().endswith(" more.")
    assert "| job-0000 |" in text


def test_a_run_has_its_counts_in_the_summary(online: Project) -> None:
    summary = in_workflow(online)
    online.jobs(TWO)
    ran = online.run("spring.yaml")
    assert (ran.code, commands(ran.err)) == (0, [])
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("## Run of spring.yaml\n\n2 done \\| 12 credits \\| ")
    assert "| jobs |" not in text


def test_failed_jobs_are_annotated_at_their_entry(project: Project) -> None:
    summary = in_workflow(project)
    project.jobs(TWO)
    with provider(project, moderated()):
        ran = project.run("spring.yaml", "--concurrency", "1")
    assert ran.code == 1
    (line,) = commands(ran.err)
    assert line.startswith("::error file=spring.yaml,line=6,")
    assert 'title=job "a"%3A failed::TaskPromptPolicyViolation (policy, not billed)' in line
    assert '| job "a" | failed | TaskPromptPolicyViolation' in summary.read_text(encoding="utf-8")


def test_a_summary_that_cannot_be_written_changes_no_code(online: Project) -> None:
    in_workflow(online)
    online.env["GITHUB_STEP_SUMMARY"] = str(online.folder / "gone/summary.md")
    online.jobs(TWO)
    ran = online.run("spring.yaml")
    assert ran.code == 0
    assert "warning: the job summary" in ran.err
