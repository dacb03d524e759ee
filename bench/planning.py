"""Validating and planning: 100,000 jobs against PyYAML's fastest loader, and large results."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.manifests import PIECE, write_manifest
from bench.processes import Usage, run
from bench.tables import Table, number, ratio
from bench.turns import Command, Compared, compare, cpu_s, peak_mb
from runner.hashing import SETTLED_NS

YARDSTICK = """\
import pathlib, sys, yaml
yaml.load(pathlib.Path(sys.argv[1]).read_text("utf-8"), Loader=yaml.CSafeLoader)
"""
MAX_TIME, MAX_MEMORY = 0.6, 0.5
"""What is promised, as parts of what PyYAML takes."""


FILE_MB = 10


def measure(*, quick: bool = False) -> list[Table]:
    """Time and peak memory of whole processes; `quick` takes a tenth of the jobs, once."""
    return [*_of_many_jobs(quick=quick), _of_large_files(quick=quick)]


def _of_many_jobs(*, quick: bool) -> list[Table]:
    jobs, turns = (10_000, 1) if quick else (100_000, 3)
    with tempfile.TemporaryDirectory(prefix="vidu-run-bench-") as name:
        fresh, done = (Path(name) / each / "many.yaml" for each in ("fresh", "done"))
        for path in (fresh, done):
            path.parent.mkdir()
            write_manifest(path, jobs)
        run([sys.executable, "-m", "bench.manifests", done])
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
            command="python -m bench planning",
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
        ratio(time, MAX_TIME) if n else "",
        number(compared.typical(n, peak_mb), 0),
        ratio(memory, MAX_MEMORY) if n else "",
    )


def _of_large_files(*, quick: bool) -> Table:
    """The same manifest planned twice; only the first time its files must be read.

    A plan writes nothing: it is `status`, in between, that leaves what was read.
    """
    jobs, turns = (20, 1) if quick else (200, 3)
    with tempfile.TemporaryDirectory(prefix="vidu-run-bench-") as name:
        path = Path(name) / "many.yaml"
        write_manifest(path, jobs)
        pieces = FILE_MB * 1_000_000 // len(PIECE)
        run([sys.executable, "-m", "bench.manifests", path, str(pieces)])
        time.sleep(2 * SETTLED_NS / 1e9)  # what was just written is not relied on
        taken = [_twice(path) for _ in range(turns)]
    return Table(
        name="planning-files",
        title=f"{jobs} jobs whose results are there, {jobs * FILE_MB / 1000:g} GB in all",
        command="python -m bench planning",
        columns=("", "s", "against the first", "CPU s"),
        rows=tuple(
            (
                what,
                number(median(turn[n].wall_s for turn in taken)),
                ratio(median(turn[n].wall_s / turn[0].wall_s for turn in taken)) if n else "",
                number(median(turn[n].cpu_s for turn in taken)),
            )
            for n, what in enumerate(("plan, nothing cached", "plan, after a status"))
        ),
        notes=(
            "The files are in the system's cache; from a disk, the first time takes longer.",
            f"Whole processes, medians of {turns}.",
        ),
    )


def _twice(manifest: Path) -> tuple[Usage, Usage]:
    (manifest.parent / ".vidu-run" / "digests.sqlite3").unlink(missing_ok=True)
    program = (sys.executable, "-m", "runner")
    first = run((*program, "plan", manifest))
    run((*program, "status", manifest))
    return first, run((*program, "plan", manifest))
