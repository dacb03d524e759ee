"""How soon the command line answers where there is nothing to do, against `import click`."""

from __future__ import annotations

import compileall
import shutil
import sys
import tempfile
from pathlib import Path

from bench.manifests import write_manifest
from bench.processes import ROOT
from bench.tables import Table, number, ratio
from bench.turns import Command, compare, cpu_s

PROGRAM = (sys.executable, "-c", "from runner.cli import main; main()")
"""What the console script runs."""
MAX_TIME = 1.5
"""What is promised, as a part of what importing click takes."""
OPERATIONS = ("vidu/reference2image", "modelverse/reference2video")
BOTH = """\
version: 1
jobs:
  - {id: a, operation: vidu/reference2image, model: viduq2, prompt: a cat}
  - {id: b, operation: modelverse/reference2video, model: viduq2, prompt: it dances, duration: 4,
     images: ["https://assets.example/cat.png"]}
"""
MAX_GROWTH = 1.05
"""What is promised, as a part of what a program that has those two operations alone takes."""


def measure(*, quick: bool = False) -> list[Table]:
    """CPU time of whole processes; `quick` takes fewer of them."""
    turns = 5 if quick else 41
    with tempfile.TemporaryDirectory() as folder:
        return [_answers(turns), _by_operations(Path(folder), turns)]


def _answers(turns: int) -> Table:
    asked = {
        'python -c "import click"': Command(words=[sys.executable, "-c", "import click"]),
        'python -c "pass"': Command(words=[sys.executable, "-c", "pass"]),
        "vidu-run --help": Command(words=[*PROGRAM, "--help"]),
        "vidu-run --version": Command(words=[*PROGRAM, "--version"]),
        "vidu-run plan --help": Command(words=[*PROGRAM, "plan", "--help"]),
        "completing a verb": _completion("vidu-run pl"),
        "completing a flag": _completion("vidu-run plan --r"),
    }
    compared = compare(list(asked.values()), turns)
    return Table(
        name="startup",
        title="Start-up",
        command="python -m bench startup",
        columns=("", "ms", "against import click"),
        rows=tuple(
            (
                what,
                number(1000 * compared.typical(n, cpu_s), 0),
                ratio(compared.ratio(n, cpu_s), MAX_TIME if n > 1 else None),
            )
            for n, what in enumerate(asked)
        ),
        notes=(f"CPU time of whole processes, medians of {turns} taken in turns.",),
    )


def _by_operations(folder: Path, turns: int) -> Table:
    """The installed program against one with two operations, on manifests of those two."""
    few, small, large = _with_two(folder / "two"), folder / "two.yaml", folder / "large.yaml"
    small.write_text(BOTH, encoding="utf-8")
    write_manifest(large, 2_000)
    rows = []
    for verb in ("validate", "plan"):
        for manifest, what in ((small, "2 jobs"), (large, "2,000 jobs")):
            words = (*PROGRAM, verb, manifest)
            trees = [Command(words=words, env={"PYTHONPATH": str(each)}) for each in (few, ROOT)]
            compared = compare(trees, turns)
            times = (number(1000 * compared.typical(n, cpu_s), 0) for n in range(2))
            rows.append((f"{verb}, {what}", *times, ratio(compared.ratio(1, cpu_s), MAX_GROWTH)))
    installed = len(list((ROOT / "schemas").glob("*/**/*.schema.json")))
    return Table(
        name="startup-operations",
        title="Two operations of many",
        command="python -m bench startup",
        columns=("", "ms with two operations", f"ms with all {installed}", "ratio"),
        rows=tuple(rows),
        notes=(f"CPU time of whole processes, medians of {turns} taken in turns.",),
    )


def _with_two(folder: Path) -> Path:
    """A copy of the program that has no other operations."""
    shutil.copytree(ROOT / "runner", folder / "runner")
    (folder / "schemas").mkdir()
    for file in (ROOT / "schemas").glob("*.json"):
        shutil.copy(file, folder / "schemas")
    for name in OPERATIONS:
        file = folder / "schemas" / f"{name}.schema.json"
        file.parent.mkdir()
        shutil.copy(ROOT / "schemas" / f"{name}.schema.json", file)
    compileall.compile_dir(folder / "runner", quiet=2)
    return folder


def _completion(line: str) -> Command:
    """What the shell runs when Tab is pressed at the end of the line."""
    words = str(len(line.split()) - 1)
    env = {"_VIDU_RUN_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": words}
    return Command(words=PROGRAM, env=env)
