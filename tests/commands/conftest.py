"""Fixtures: a project folder, the command line in this process, and an emulator."""

from __future__ import annotations

import json
import os
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from runner.cli import cli
from runner.documents.files import load
from runner.emulator import tables
from runner.emulator.options import EmulatorOptions
from runner.emulator.server import run_emulator
from runner.engine.download import expected
from tests.commands.quick_clock import quicken_runs

IMAGE = """
version: 1
defaults: {operation: vidu/reference2image, model: viduq2}
jobs:
"""


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str


@dataclass
class Project:
    """A folder in which manifests are run against an emulator, or without one."""

    folder: Path
    env: dict[str, str | None]

    def write(self, text: str, name: str = "spring.yaml") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def jobs(self, text: str, name: str = "spring.yaml") -> Path:
        """A manifest with these entries under `jobs`, of Vidu pictures unless they say other."""
        return self.write(IMAGE + text, name)

    def run(self, *arguments: str | Path) -> Ran:
        """The command line, in this process and in the project's folder."""
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            result = CliRunner(env=self.env).invoke(cli, [str(each) for each in arguments])
        finally:
            os.chdir(before)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    def results(self, name: str = "spring.results.yaml") -> Any:
        return load((self.folder / name).read_text(encoding="utf-8"))

    def rows(self, name: str = "spring.results.yaml") -> dict[str, Any]:
        return {row["id"]: row for row in self.results(name)["jobs"]}


@pytest.fixture(autouse=True)
def quick_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs in this process wait by a quick clock; emulators and other processes do not."""
    quicken_runs(monkeypatch)


@pytest.fixture(autouse=True)
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Emulators in this process draw pictures and videos an eighth as wide: the most of their work.

    None becomes too small to be an image of another job. Runs in this process expect as much.
    """
    sides = {name: side // 16 * 2 for name, side in tables.SHORT_SIDE.items()}
    monkeypatch.setattr(tables, "SHORT_SIDE", sides)
    monkeypatch.setattr(expected, "LEAST_SHARE", expected.LEAST_SHARE / 64)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project without a way to any provider."""
    names = (
        *("VIDU_API_KEY", "MODELVERSE_API_KEY", "VIDU_BASE_URL", "MODELVERSE_BASE_URL", "CI"),
        *("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"),
    )
    return Project(tmp_path, dict.fromkeys(names))


@pytest.fixture
def emulator() -> Iterator[str]:
    """The URL of both APIs, whose tasks are done at once."""
    with run_emulator(EmulatorOptions(time_scale=0)) as url:
        yield url


@pytest.fixture
def online(project: Project, emulator: str) -> Project:
    """A project whose providers are the emulator, by the environment."""
    for name in ("VIDU", "MODELVERSE"):
        project.env |= {f"{name}_BASE_URL": emulator, f"{name}_API_KEY": "secret-key-7351"}
    return project


@pytest.fixture
def submissions(emulator: str) -> Callable[[], Counter[str]]:
    """How many submissions the emulator has seen, by their outcome."""

    def count() -> Counter[str]:
        with urllib.request.urlopen(f"{emulator}/_emulator/requests") as answer:  # noqa: S310
            seen = json.load(answer)
        return Counter(each["outcome"] for each in seen["submissions"])

    return count
