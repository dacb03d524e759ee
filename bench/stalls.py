"""How long the event loop stands still while large results come in, and the memory it takes."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.contenders import CLIENTS, Command, Work, environment, script, vidu_run
from bench.processes import BenchError, Usage, run
from bench.service import Scenario
from bench.serving import Server, serving
from bench.tables import Table, number, ratio

LARGE = 20_000_000
"""Bytes of a result: a long video in high resolution."""
TARGET_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way to fetch some results of one size."""

    title: str
    command: Callable[[Work], Command]
    jobs: int
    file_bytes: int
    target: bool = False
    """Whether it is held against the target."""


CASES = (
    Case(title="vidu-run, 16 x 1 kB", command=vidu_run(download=True), jobs=16, file_bytes=1000),
    Case(
        title="vidu-run, 1 x 20 MB",
        command=vidu_run(download=True),
        jobs=1,
        file_bytes=LARGE,
        target=True,
    ),
    Case(
        title="vidu-run, 16 x 20 MB",
        command=vidu_run(download=True),
        jobs=16,
        file_bytes=LARGE,
        target=True,
    ),
    Case(
        title="aiohttp script with read(), 1 x 20 MB",
        command=script("plain.py", "files"),
        jobs=1,
        file_bytes=LARGE,
    ),
    Case(
        title="aiohttp script with read(), 16 x 20 MB",
        command=script("plain.py", "files"),
        jobs=16,
        file_bytes=LARGE,
    ),
)


def measure(*, quick: bool) -> list[Table]:
    """The longest standstill of each case: the median of some runs."""
    rounds = 1 if quick else 3
    with serving() as server:
        rows = tuple(_row(server, case, rounds) for case in CASES)
    note = (
        f"Median of {rounds} run{'s' * (rounds > 1)}. The clock is late by what the machine does "
        "besides, too: the first row tells how much."
    )
    return [
        Table(
            name="stalls",
            title="The longest the event loop stood still while results came in",
            command="python -m bench stalls",
            columns=("what", "longest stall ms", f"/ {TARGET_S * 1000:.0f} ms", "peak MB"),
            rows=rows,
            notes=(note,),
        )
    ]


def _row(server: Server, case: Case, rounds: int) -> tuple[str, ...]:
    print(f"{case.title} ...", file=sys.stderr, flush=True)
    found = [_once(server, case) for _ in range(rounds)]
    stall_s = statistics.median(stall for stall, _ in found)
    peak_mb = statistics.median(usage.peak_mb for _, usage in found)
    return (
        case.title,
        number(stall_s * 1000, 0),
        ratio(stall_s / TARGET_S, 1.0 if case.target else None),
        number(peak_mb, 0),
    )


def _once(server: Server, case: Case) -> tuple[float, Usage]:
    """Seconds of the longest stall, and what the run took."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        work = Work(url=server.url, folder=folder, first=0, jobs=case.jobs, places=case.jobs)
        server.begin(Scenario(median_s=0.5, sigma=0.1, file_bytes=case.file_bytes))
        program = case.command(work)[1:]
        watched = [sys.executable, CLIENTS / "ticking.py", "late.json", *program]
        usage = run(watched, cwd=folder, env=environment(server.url))
        late_s = json.loads((folder / "late.json").read_text(encoding="ascii"))
    if (fetched := server.seen().requests.get("file", 0)) != case.jobs:
        raise BenchError(f"{case.title}: {fetched} files were fetched")
    return max(late_s), usage
