"""Manifests of 100,000 jobs: validating and planning them against PyYAML's fastest loader."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.bench.manifests import write_manifest
from tests.bench.processes import run
from tests.bench.tables import Table, number, ratio
from tests.bench.turns import Command, Compared, compare, cpu_s, peak_mb

YARDSTICK = """\
import pathlib, sys, yaml
yaml.load(pathlib.Path(sys.argv[1]).read_text("utf-8"), Loader=yaml.CSafeLoader)
"""
MOST_TIME, MOST_MEMORY = 0.6, 0.5
"""What is promised, as parts of what PyYAML takes."""


def measure(*, quick: bool = False) -> list[Table]:
    """Time and peak memory of whole processes; `quick` takes a tenth of the jobs, once."""
    jobs, turns = (10_000, 1) if quick else (100_000, 3)
    with tempfile.TemporaryDirectory(prefix="vidu-run-bench-") as name:
        fresh, done = (Path(name) / each / "many.yaml" for each in ("fresh", "done"))
        for path in (fresh, done):
            path.parent.mkdir()
            write_manifest(path, jobs)
        run([sys.executable, "-m", "tests.bench.manifests", done])
        asked: dict[str, list[str | Path]] = {
            "yaml.load, CSafeLoader": [sys.executable, "-c", YARDSTICK, fresh],
            "validate": [sys.executable, "-m", "runner", "validate", fresh],
            "plan, nothing in the ledger": [sys.executable, "-m", "runner", "plan", fresh],
            "plan, all of it in the ledger": [sys.executable, "-m", "runner", "plan", done],
        }
        compared = compare([Command(words=words) for words in asked.values()], turns)
    return [
        Table(
            name="planning",
            title=f"A manifest of {jobs:,} jobs",
            command="python -m tests.bench planning",
            columns=("", "CPU s", "against yaml.load", "peak MB", "against yaml.load"),
            rows=tuple(_row(what, compared, n) for n, what in enumerate(asked)),
            notes=(
                "Jobs are written out with eight fields each.",
                "The last plan finds every job's result, its file and the results manifest.",
                f"Whole processes, medians of {turns} taken in turns.",
            ),
        )
    ]


def _row(what: str, compared: Compared, n: int) -> tuple[str, ...]:
    time, memory = compared.ratio(n, cpu_s), compared.ratio(n, peak_mb)
    return (
        what,
        number(compared.typical(n, cpu_s)),
        ratio(time, MOST_TIME) if n else "",
        number(compared.typical(n, peak_mb), 0),
        ratio(memory, MOST_MEMORY) if n else "",
    )
