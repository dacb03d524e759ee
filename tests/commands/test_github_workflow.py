"""The workflow in docs/github.md: its steps, run in order in a repository against the emulator."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.commands.conftest import IMAGE, Project

ROOT = Path(__file__).parents[2]
TWO = IMAGE + "  - {id: a, prompt: 一只小猫, seed: 7}\n  - {id: b, prompt: a boat, seed: 8}\n"
KEYS = ("VIDU_API_KEY", "MODELVERSE_API_KEY")


def workflow() -> dict[str, Any]:
    text = (ROOT / "docs/github.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    value: dict[Any, Any] = yaml.safe_load(block)
    value["on"] = value.pop(True)  # to YAML 1.1, `on` is true
    return value


def steps_of(job: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = workflow()["jobs"][job]["steps"]
    return steps


def commands_of(job: str) -> Iterator[str]:
    """What its steps run, but for the installation, which the tests have done already."""
    for step in steps_of(job):
        if "run" in step and not step["run"].startswith("pip install"):
            yield step["run"]


@pytest.fixture
def repository(online: Project) -> Project:
    """A clone of a bare repository with one campaign, and the program on its path."""
    folder = online.folder
    program = folder / "bin/vidu-run"
    online.write(f'#!/bin/sh\nexec "{sys.executable}" -m runner "$@"\n', "bin/vidu-run")
    program.chmod(0o755)
    online.env |= {
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "MANIFEST": "campaigns/spring.yaml",
        "CI": "true",
    }
    git(online, folder, "init", "-q", "--bare", "-b", "main", "hub.git")
    clone(online, "first")
    online.write(TWO, "first/campaigns/spring.yaml")
    online.write(".vidu-run/\n*.report/\n", "first/.gitignore")
    for command in (
        ("add", "."),
        ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "Add spring"),
        ("push", "-q", "origin", "HEAD:main"),
    ):
        git(online, folder / "first", *command)
    return online


def git(project: Project, folder: Path, *arguments: str) -> None:
    bash(project, folder, "git " + " ".join(f"'{each}'" for each in arguments))


def clone(project: Project, name: str) -> Path:
    git(project, project.folder, "clone", "-q", "hub.git", name)
    return project.folder / name


def bash(project: Project, folder: Path, script: str) -> str:
    """What the script prints, run as GitHub runs it; it must succeed."""
    env = {k: v for k, v in (os.environ | project.env).items() if v is not None}
    ended = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        env=env,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_pull_request_is_checked_without_a_key(
    repository: Project, submissions: Callable[[], Counter[str]]
) -> None:
    repository.env |= dict.fromkeys(KEYS)
    for command in commands_of("check"):
        bash(repository, repository.folder / "first", command)
    summary = (repository.folder / "summary.md").read_text(encoding="utf-8")
    assert "## Plan of campaigns/spring.yaml" in summary
    assert not submissions()


def test_a_second_run_in_a_fresh_checkout_pays_for_nothing(
    repository: Project, submissions: Callable[[], Counter[str]]
) -> None:
    for name in ("one", "two"):
        checkout = clone(repository, name)
        for command in commands_of("run"):
            bash(repository, checkout, command)
        assert (checkout / "report.html").is_file()
        assert submissions() == {"accepted": 2}
    summary = (repository.folder / "summary.md").read_text(encoding="utf-8")
    assert "2 done" in summary
    assert "2 reused" in summary
    kept = clone(repository, "three") / "campaigns"
    assert (kept / "spring.results.yaml").is_file()
    assert len(list((kept / "outputs/spring").iterdir())) == 2


def test_only_the_approved_run_has_keys_and_may_write() -> None:
    found = workflow()
    assert found["permissions"] == {"contents": "read"}
    check, run = found["jobs"]["check"], found["jobs"]["run"]
    assert "secrets." not in str(check)
    assert (run["environment"], run["permissions"]) == ("campaign", {"contents": "write"})
    assert run["concurrency"]["cancel-in-progress"] is False
    assert set(found["on"]) == {"pull_request", "workflow_dispatch"}


def test_what_was_paid_for_is_kept_after_a_failure() -> None:
    steps = steps_of("run")
    (order,) = [n for n, step in enumerate(steps) if "--yes" in step.get("run", "")]
    assert all(step.get("if") == "always()" for step in steps[order + 1 :])
    (upload,) = [step for step in steps if "upload-artifact" in step.get("uses", "")]
    assert upload["with"] == {"path": "report.html", "archive": False}
