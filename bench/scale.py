"""Runs of 10,000 and of 100,000 jobs with as many in flight: the memory they take, and the time."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.contenders import Work, environment, vidu_run
from bench.processes import BenchError, Usage, run
from bench.service import Scenario
from bench.serving import Server, serving
from bench.tables import Table, number, ratio

PLACES = 200
SCENARIO = Scenario(median_s=0.1)
MAX_MEMORY = 1.2
"""What is promised: the larger run's memory over that of its plan, against the smaller one's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a number of jobs took."""

    jobs: int
    planned: Usage
    ran: Usage

    @property
    def over_plan_mb(self) -> float:
        """What the run itself took: its peak over that of a plan of the same manifest."""
        return self.ran.peak_mb - self.planned.peak_mb


def measure(*, quick: bool = False) -> list[Table]:
    """Peak memory of whole processes; `quick` takes a tenth of the jobs, once."""
    sizes, turns = ((1_000, 10_000), 1) if quick else ((10_000, 100_000), 3)
    with serving() as server:
        small, large = (_middle([_take(server, jobs) for _ in range(turns)]) for jobs in sizes)
    growth = large.over_plan_mb / small.over_plan_mb
    return [
        Table(
            name="scale",
            title="Memory of a run",
            command="python -m bench scale",
            columns=("jobs", "plan MB", "run MB", "run over plan MB", "CPU ms a job", "jobs/s"),
            rows=tuple(_row(size) for size in (small, large)),
            notes=(
                f"{PLACES} tasks in flight."
                + (f" Of {turns} turns the one in the middle, by memory." if turns > 1 else ""),
                f"Over what the plan takes, the larger run takes {ratio(growth, MAX_MEMORY)}.",
            ),
        )
    ]


def _middle(sizes: Sequence[Size]) -> Size:
    """Peaks of memory differ by some MB from turn to turn, which is much of what is compared."""
    return sorted(sizes, key=lambda size: size.over_plan_mb)[len(sizes) // 2]


def _take(server: Server, jobs: int) -> Size:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, env = Path(name), environment(server.url)
        work = Work(url=server.url, folder=folder, first=0, jobs=jobs, places=PLACES)
        command = vidu_run()(work)
        (manifest,) = folder.glob("*.yaml")
        planned = run([sys.executable, "-m", "runner", "plan", manifest], env=env)
        server.begin(SCENARIO)
        ran = run(command, cwd=folder, env=env)
        if (told := server.seen().told) != jobs:
            raise BenchError(f"only {told} of {jobs} jobs were made")
    return Size(jobs=jobs, planned=planned, ran=ran)


def _row(size: Size) -> tuple[str, ...]:
    return (
        f"{size.jobs:,}",
        number(size.planned.peak_mb, 0),
        number(size.ran.peak_mb, 0),
        number(size.over_plan_mb, 0),
        number(1000 * size.ran.cpu_s / size.jobs),
        number(size.jobs / size.ran.wall_s, 0),
    )
