"""What a process has loaded by the time it is done; what takes long to load comes late."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

LOADED = """
import atexit, json, sys
atexit.register(lambda: open("loaded.json", "w").write(json.dumps(sorted(sys.modules))))
from runner.__main__ import main
main()
"""

MANIFEST = """
version: 1
defaults: {operation: vidu/reference2image, model: viduq2}
jobs:
  - {id: a, prompt: a cat, images: ["https://a/cat.png"]}
"""

OPENED = """
import atexit, json, os, sys
opened = []
def note(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".schema.json"):
        opened.append(os.path.basename(arguments[0]))
sys.addaudithook(note)
atexit.register(lambda: print(json.dumps(opened), file=sys.stderr))
from runner.__main__ import main
main()
"""

COMMAND_LINE = {
    *("runner", "runner.__main__", "runner.signals", "runner.streams"),
    *("runner.cli", "runner.cli.batch", "runner.cli.flags", "runner.cli.group"),
    "runner.cli.ledger",
    *("runner.cli.outcome", "runner.cli.start", "runner.cli.tools"),
}

UNWATCHED = {name: text for name, text in os.environ.items() if "COVERAGE" not in name}
"""Measuring what is covered loads modules of its own."""


def loaded(folder: Path, *arguments: str, **env: str) -> set[str]:
    """Every module that a process of its own has loaded once the command is done."""
    (folder / "m.yaml").write_text(MANIFEST, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments],
        cwd=folder,
        env={**UNWATCHED, "PYTHONPATH": str(ROOT), **env},
        check=False,
        capture_output=True,
    )
    assert ended.returncode == 0, ended.stderr
    return set(json.loads((folder / "loaded.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["plan", "--help"]])
def test_help_and_version_load_the_command_line_alone(tmp_path: Path, arguments: list[str]) -> None:
    modules = loaded(tmp_path, *arguments)
    assert {name for name in modules if name.startswith("runner")} == COMMAND_LINE
    assert not modules & {"yaml", "aiohttp", "asyncio", "sqlite3", "tqdm", "jsonschema_rs"}


def test_completion_loads_the_command_line_alone(tmp_path: Path) -> None:
    env = {"COMP_WORDS": "-c pl", "COMP_CWORD": "1", "_VIDU_RUN_COMPLETE": "bash_complete"}
    code = LOADED.replace("main()", 'sys.argv = ["vidu-run"]; main()')
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**UNWATCHED, "PYTHONPATH": str(ROOT), **env},
        check=True,
        capture_output=True,
        text=True,
    )
    assert ended.stdout == "file,pl\nplain,plan\n"
    modules = json.loads((tmp_path / "loaded.json").read_text(encoding="utf-8"))
    own = {name for name in modules if name.startswith("runner")}
    assert own == COMMAND_LINE | {"runner.cli.completion"}


IMPORTED = """
import sys
before = set(sys.modules)
exec(sys.argv[1])
print(*sorted(set(sys.modules) - before))
"""


def imported(statement: str) -> set[str]:
    """What a statement loads in a process of its own that has loaded nothing."""
    ended = subprocess.run(
        [sys.executable, "-c", IMPORTED, statement],
        env={**UNWATCHED, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )
    return set(ended.stdout.split())


def test_the_package_alone_loads_nothing() -> None:
    assert imported("import runner") == {"runner"}


def test_a_program_that_loads_manifests_loads_nothing_that_speaks_to_providers() -> None:
    modules = imported("from runner import load, plan, run, arun, Observer")
    assert "runner.api.manifests" in modules
    assert not modules & {"aiohttp", "yarl", "asyncio", "ssl", "tqdm", "PIL", "av", "jsonschema"}


@pytest.mark.parametrize("verb", ["validate", "plan"])
def test_nothing_that_speaks_to_providers_is_loaded_where_none_is_asked(
    tmp_path: Path, verb: str
) -> None:
    modules = loaded(tmp_path, verb, "m.yaml")
    assert not modules & {"aiohttp", "yarl", "asyncio", "ssl", "tqdm", "PIL", "av", "jsonschema"}


@pytest.mark.parametrize("verb", ["validate", "plan"])
def test_of_all_operations_those_of_the_manifest_are_read(tmp_path: Path, verb: str) -> None:
    (tmp_path / "m.yaml").write_text(MANIFEST, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-c", OPENED, verb, "m.yaml"],
        cwd=tmp_path,
        env={**UNWATCHED, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )
    opened = json.loads(ended.stderr.splitlines()[-1])
    assert set(opened) == {"operation.schema.json", "reference2image.schema.json"}
    assert len(opened) == 2
