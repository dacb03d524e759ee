"""Completion: what Tab offers in a real bash, and by the protocols of zsh and fish."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.cli.completion import SHELLS, bash_version, rejoin
from runner.cli.start import COMPLETED

ROOT = Path(__file__).parents[2]
MANIFEST = """
version: 1
jobs:
  - {id: noir, prompt: a, tags: [cat, sea]}
  - {id: 山中小站, prompt: a, tags: [sea]}
  - {id: north, prompt: a}
"""
Tab = Callable[..., str]

PRESS = """
eval "$(vidu-run completion bash)" || exit
compopt() { :; }  # which bash allows only at a real press
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_vidu_run_completion vidu-run
printf '%s ' "${COMPREPLY[@]}"
"""

BASH = bash_version()
needs_bash = pytest.mark.skipif(BASH is None or BASH < (4, 4), reason="bash 4.4 is not here")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment whose `vidu-run` is the code under test; a manifest is beside it."""
    (tmp_path / "spring.yaml").write_text(MANIFEST, encoding="utf-8")
    program = tmp_path / "bin" / "vidu-run"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m runner "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    path = os.pathsep.join([str(program.parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}


@pytest.fixture
def tab(env: dict[str, str], tmp_path: Path) -> Tab:
    """What a press of Tab offers in bash after these words; nothing is written to stderr."""

    def press(*words: str) -> str:
        command = ["bash", "--norc", "-c", PRESS, "bash", "vidu-run", *words]
        ended = subprocess.run(
            command, env=env, cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert ended.stderr == ""
        return ended.stdout.strip()

    return press


@needs_bash
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("sta",), "status"),
        (("spring.yaml", "--retry"), "--retry-failed"),
        (("spring.yaml", "--select", "no"), "noir north"),
        (("run", "spring.yaml", "--exclude", "=", "山"), "山中小站"),
        (("plan", "spring.yaml", "--select", "tag", ":", "s"), "sea"),
        (
            ("plan", "spring.yaml", "--select", "state", ":"),
            "succeeded failed ambiguous pending skipped",
        ),
        (("resolve", "spring.yaml", "nor"), "north"),
        (("frobnicate", "gone.yaml", "--select", "n"), ""),
    ],
)
def test_bash_completes(tab: Tab, words: tuple[str, ...], offered: str) -> None:
    assert tab(*words) == offered


def asked(env: dict[str, str], folder: Path, shell: str, words: str, at: str) -> tuple[str, str]:
    typed = {"_VIDU_RUN_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": at}
    ended = subprocess.run(
        ["vidu-run"],
        env={**env, **typed},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout, ended.stderr


def test_zsh_and_fish_complete_whole_words(env: dict[str, str], tmp_path: Path) -> None:
    words = "vidu-run spring.yaml --select tag:c"
    assert asked(env, tmp_path, "zsh", words, "3") == ("plain\ntag:cat\n_\n", "")
    assert asked(env, tmp_path, "fish", words, "tag:c") == ("plain,tag:cat\n", "")


@pytest.mark.parametrize(
    ("shell", "words", "at"),
    [("tcsh", "vidu-run", "0"), ("bash", "vidu-run --select", "x")],
)
def test_what_goes_wrong_stays_silent(
    env: dict[str, str], tmp_path: Path, shell: str, words: str, at: str
) -> None:
    assert asked(env, tmp_path, shell, words, at) == ("\n", "")


OFFERED_ANYWHERE = "plain,changed\nplain,tag:\nplain,state:\nplain,mark:\n"


def test_a_file_that_does_not_answer_offers_nothing(env: dict[str, str], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    out, err = asked(env, tmp_path, "fish", "vidu-run pipe.yaml --select ", "")
    assert (out, err) == (OFFERED_ANYWHERE, "")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_names_program_and_variable(env: dict[str, str], shell: str) -> None:
    ended = subprocess.run(
        ["vidu-run", "completion", shell], env=env, capture_output=True, text=True, check=True
    )
    assert f"_VIDU_RUN_COMPLETE={shell}_complete" in ended.stdout
    assert ended.stderr == ""


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_script_is_one_that_the_shell_reads(env: dict[str, str], shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not here")
    script = subprocess.run(
        ["vidu-run", "completion", shell], env=env, capture_output=True, text=True, check=True
    ).stdout
    subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_an_old_bash_is_named_instead_of_an_empty_script(env: dict[str, str]) -> None:
    old = Path(env["PATH"].split(os.pathsep)[0]) / "bash"
    old.write_text("#!/bin/sh\necho '3.2.57(1)-release'\n", encoding="utf-8")
    old.chmod(0o755)
    ended = subprocess.run(
        ["vidu-run", "completion", "bash"], env=env, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "bash 3.2 is too old for completion, which needs bash 4.4" in ended.stderr


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (["--select", "tag", ":", "s"], ["--select", "tag:s"]),
        (["--select", "=", "tag", ":"], ["--select", "tag:"]),
        (["--select", "="], ["--select", ""]),
        (["a", "b"], ["a", "b"]),
        ([], []),
    ],
)
def test_words_are_joined_where_bash_took_them_apart(words: list[str], typed: list[str]) -> None:
    assert rejoin(words) == typed


def test_every_shell_of_the_verb_has_a_script() -> None:
    assert COMPLETED == SHELLS
