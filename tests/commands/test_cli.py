"""The command line itself: its verbs, files and usage errors."""

from __future__ import annotations

import json

import pytest

from runner import __version__
from runner.cli import cli
from runner.operations import schema_folder
from tests.commands.conftest import Project

TWO = """
  - {id: a, prompt: a red boat, seed: 7}
  - {id: b, prompt: a blue boat, resolution: 2K}
"""


def test_the_version_is_printed(project: Project) -> None:
    assert project.run("--version").out == f"vidu-run {__version__}\n"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("valdate", 'did you mean "validate"?'),
        ("frobnicate", "verbs: run, validate, plan, list, status"),
    ],
)
def test_an_unknown_verb_is_a_usage_error(project: Project, word: str, hint: str) -> None:
    project.jobs(TWO)
    ran = project.run(word, "spring.yaml")
    assert ran.code == 2
    assert f'there is no verb and no file named "{word}"; {hint}' in ran.err


def test_a_verb_after_the_flags_is_refused_with_the_order(project: Project) -> None:
    project.jobs(TWO)
    ran = project.run("--emulate", "status", "spring.yaml")
    assert ran.code == 2
    assert "if you mean the verb, write it first: vidu-run status ..." in ran.err


@pytest.mark.parametrize("word", ["spring", "春", "./status"])
def test_a_file_without_a_suffix_is_run(online: Project, word: str) -> None:
    online.jobs(TWO, word)
    assert online.run(word).code == 0


@pytest.mark.parametrize("path", ["gone.yaml", "gone/spring"])
def test_a_path_to_nothing_is_a_missing_file(project: Project, path: str) -> None:
    assert project.run(path).code == 3


@pytest.mark.parametrize("verb", ["run", "plan"])
def test_every_run_setting_has_a_flag(verb: str) -> None:
    schema = json.loads((schema_folder() / "manifest.schema.json").read_text(encoding="utf-8"))
    settings = schema["properties"]["run"]["properties"]
    flags = {flag for option in cli.commands[verb].params for flag in option.opts}
    assert settings
    assert {f"--{name.replace('_', '-')}" for name in settings} <= flags


def test_the_lines_of_completion_stay_lines(project: Project) -> None:
    shown = project.run("completion", "--help").out.splitlines()
    assert '  bash: eval "$(vidu-run completion bash)"    in ~/.bashrc' in shown
