"""`vidu-run skill`: what agents are told works as it is written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from runner.cli import cli
from runner.commands.skill import skill_file
from runner.documents.files import load
from tests.commands.conftest import Project

TEXT = skill_file().read_text(encoding="utf-8")
LINES = re.findall(r"^vidu-run .+$", TEXT, re.MULTILINE)


def test_it_is_printed_byte_for_byte(project: Project) -> None:
    assert project.run("skill").out == TEXT


def test_it_is_short_and_has_the_form_of_a_skill() -> None:
    assert len(TEXT.splitlines()) <= 120
    _, front, _ = TEXT.split("---\n", 2)
    head = load(front)
    assert head["name"] == "vidu-run"
    assert 0 < len(head["description"]) <= 1024
    assert "Never pass `--yes`" in TEXT


def test_it_links_to_nothing_that_a_copy_would_lack() -> None:
    assert not re.search(r"\]\((?!https:)", TEXT)


@pytest.mark.parametrize("line", LINES)
def test_each_command_line_is_one_that_the_program_takes(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spring.yaml").touch()
    arguments = shlex.split(line)[1:]
    with cli.make_context("vidu-run", arguments) as context:
        words = [*context._protected_args, *context.args]
        name, verb, rest = cli.resolve_command(context, words)
        assert isinstance(verb, click.Command)
        verb.make_context(name, [*rest], parent=context).close()
    assert "--yes" not in arguments


def test_every_verb_that_it_names_exists() -> None:
    named = set(re.findall(r"`([a-z]+)`", TEXT))
    assert {"validate", "plan", "status", "report", "doctor", "resolve"} <= named & {*cli.commands}


def test_the_settings_that_it_advises_are_valid(project: Project) -> None:
    (block,) = re.findall(r"```yaml\n(.+?)```", TEXT, re.DOTALL)
    project.write(
        f"version: 1\n{block}jobs:\n  - {{id: a, operation: vidu/reference2image, "
        "model: viduq2, prompt: a cat}\n"
    )
    ran = project.run("validate", "spring.yaml")
    assert (ran.code, ran.err) == (0, "")
