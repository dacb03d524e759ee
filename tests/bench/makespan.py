"""A thousand jobs through fifty places: how far each contender is from the ideal, and its cost."""

from __future__ import annotations

import itertools
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench.algebra import ideal_s, latencies, quantile
from tests.bench.contenders import CONTENDERS, PLAIN, Contender, Work, environment
from tests.bench.processes import BenchError, Usage, run
from tests.bench.service import Scenario, Seen
from tests.bench.serving import Server, serving
from tests.bench.tables import Table, number

COLUMNS = (
    "tool",
    "wall / ideal",
    "status requests a job",
    "lag p50 s",
    "lag p99 s",
    "CPU ms a job",
    "CPU / aiohttp script",
    "peak MB",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The work that everybody does."""

    jobs: int = 1000
    places: int = 50
    median_s: float = 2.0
    sigma: float = 0.5
    rounds: int = 1
    """Everybody takes turns so often; medians are told."""

    @property
    def ideal_s(self) -> float:
        """The time that cannot be beaten."""
        times = latencies(Scenario().seed, self.median_s, self.sigma)
        return ideal_s(itertools.islice(times, self.jobs), self.places)

    def scenario(self, *, lists: bool) -> Scenario:
        """The server's part in it."""
        return Scenario(median_s=self.median_s, sigma=self.sigma, lists=lists)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a contender came to."""

    contender: Contender
    usage: Usage
    seen: Seen


def measure(*, quick: bool) -> list[Table]:
    """The table of all contenders of the short form."""
    course = Course(jobs=200) if quick else Course()
    return [table(course, [each for each in CONTENDERS if not each.long])]


def table(course: Course, contenders: Sequence[Contender]) -> Table:
    """Let them take turns; one row for each."""
    notes = [
        f"{each.title} was left out: there is no {' and no '.join(each.missing)} here."
        for each in contenders
        if each.missing
    ]
    present = [each for each in contenders if not each.missing]
    rounds = [_round(course, present) for _ in range(course.rounds)]
    alike = course.places, course.median_s, course.sigma
    return Table(
        name="makespan",
        title=f"{course.jobs:,} jobs, %d in flight, lognormal times (median %g s, sigma %g)"
        % alike,
        command=_command(course),
        columns=COLUMNS,
        rows=tuple(_row(course, results, rounds) for results in zip(*rounds, strict=True)),
        notes=(f"Ideal: {course.ideal_s:.1f} s.", *notes),
    )


def _command(course: Course) -> str:
    given = [f"--jobs {course.jobs}"] if course.jobs != Course().jobs else []
    given += [f"--sigma {course.sigma:g}"] if course.sigma != Course().sigma else []
    return " ".join(["python -m tests.bench makespan", *given])


def _round(course: Course, contenders: Iterable[Contender]) -> list[Result]:
    with serving() as server:
        return [_take_part(server, course, each) for each in contenders]


def _take_part(server: Server, course: Course, contender: Contender) -> Result:
    """One contender's turn. Raises BenchError when it did not do the whole work as told."""
    print(f"{contender.name} ...", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        work = Work(
            url=server.url, folder=Path(name), first=0, jobs=course.jobs, places=course.places
        )
        scenario = course.scenario(lists=contender.lists)
        if contender.history:
            earlier = replace(work, first=course.jobs, jobs=contender.history)
            server.begin(replace(scenario, seed=scenario.seed + 1))
            _run(contender, earlier)
        server.begin(scenario)
        result = Result(contender=contender, usage=_run(contender, work), seen=server.seen())
    _check(result.seen, course, contender)
    return result


def _run(contender: Contender, work: Work) -> Usage:
    return run(
        contender.command(work),
        cwd=work.folder,
        env=environment(work.url),
        tree=contender.tree,
    )


def _check(seen: Seen, course: Course, contender: Contender) -> None:
    if (seen.tasks, seen.told) != (course.jobs, course.jobs):
        made = f"made {seen.tasks} tasks and saw the end of {seen.told}, not {course.jobs}"
        raise BenchError(f"{contender.name} {made}")
    if seen.most_in_flight > course.places:
        most = f"had {seen.most_in_flight} in flight, not {course.places}"
        raise BenchError(f"{contender.name} {most}")


def _row(
    course: Course, results: Sequence[Result], rounds: Sequence[Sequence[Result]]
) -> tuple[str, ...]:
    """The medians of one contender over the rounds."""

    def median(value: Callable[[Result], float]) -> float:
        return statistics.median(map(value, results))

    plain = [_plain_cpu_s(each) for each in rounds]
    ratios = [
        result.usage.cpu_s / base for result, base in zip(results, plain, strict=True) if base
    ]
    return (
        results[0].contender.title,
        number(median(lambda each: each.usage.wall_s / course.ideal_s), 3),
        number(median(lambda each: each.seen.status_requests / course.jobs)),
        number(median(lambda each: quantile(each.seen.lags_s, 0.5)), 3),
        number(median(lambda each: quantile(each.seen.lags_s, 0.99)), 3),
        number(median(lambda each: each.usage.cpu_s / course.jobs * 1000)),
        number(statistics.median(ratios) if ratios else None),
        number(median(lambda each: each.usage.peak_mb), 0),
    )


def _plain_cpu_s(results: Iterable[Result]) -> float | None:
    """What the comparison took in this round; None when it took no part."""
    return next((each.usage.cpu_s for each in results if each.contender.name == PLAIN), None)
