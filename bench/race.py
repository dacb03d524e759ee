"""One race: a course and contenders in, what each of them came to out."""

from __future__ import annotations

import itertools
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from bench.algebra import ideal_s, latencies, quantile
from bench.contenders import PLAIN, Contender, Work, environment
from bench.processes import BenchError, Usage, run
from bench.service import Scenario, Seen
from bench.serving import Server, serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The work that everybody does."""

    jobs: int = 1000
    places: int = 50
    median_s: float = 2.0
    sigma: float = 0.5
    rtt_s: float = 0.0
    """The round trip to a far server with TLS; 0 for one on loopback without."""
    rounds: int = 1
    """Everybody takes turns so often; medians are told."""

    @property
    def ideal_s(self) -> float:
        """The time that cannot be beaten."""
        times = latencies(Scenario().seed, self.median_s, self.sigma)
        return ideal_s(itertools.islice(times, self.jobs), self.places)

    @property
    def name(self) -> str:
        """What marks the place of its table."""
        usual = Course()
        spread = f"-sigma-{self.sigma:g}" if self.sigma != usual.sigma else ""
        median = f"-median-{self.median_s:g}" if self.median_s != usual.median_s else ""
        far = f"-rtt-{self.rtt_s:g}" if self.rtt_s else ""
        return f"makespan{spread}{median}{far}"

    @property
    def is_usual(self) -> bool:
        """Whether targets are set for it, whatever the number of jobs and rounds."""
        return replace(self, jobs=Course().jobs, rounds=Course().rounds) == Course()

    @property
    def command(self) -> str:
        """How to come by its table again."""
        given = {
            f"--{field.name.replace('_', '-')}": getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }
        flags = (f"{name} {value:g}" for name, value in given.items())
        return " ".join(["python -m bench makespan", *flags])

    def scenario(self, *, lists: bool) -> Scenario:
        """The server's part in it."""
        return Scenario(median_s=self.median_s, sigma=self.sigma, lists=lists)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a contender came to."""

    contender: Contender
    usage: Usage
    seen: Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The medians of a contender over the rounds."""

    contender: Contender
    wall: float
    """Of the ideal."""
    requests: float
    """Status requests a job."""
    lag_p50_s: float
    lag_p99_s: float
    cpu_ms: float
    """A job."""
    cpu: float | None
    """Of what the plain script took in the same round; None where it took no part."""
    peak_mb: float
    first_s: float
    """From the start of the process to its first submission."""
    lag_s: float
    """On average."""
    refill_s: float
    """From noticing an end to the submission that takes the place, on average."""
    last_s: float
    """From the last end that was told to that of the process."""
    server: float
    """Share of a core that the server was busy: near 1 it would be what is measured."""


def compare(course: Course, contenders: Sequence[Contender]) -> list[Figures]:
    """Let everybody take turns; in the order of the contenders."""
    rounds = [_round(course, contenders) for _ in range(course.rounds)]
    plain_s = [_plain_cpu_s(results) for results in rounds]
    return [_figures(course, results, plain_s) for results in zip(*rounds, strict=True)]


def _round(course: Course, contenders: Iterable[Contender]) -> list[Result]:
    with serving(course.rtt_s) as server:
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
            _run(server, replace(scenario, seed=scenario.seed + 1), contender, earlier)
        usage = _run(server, scenario, contender, work)
        result = Result(contender=contender, usage=usage, seen=server.seen())
    _check(result.seen, course, contender)
    return result


def _run(server: Server, scenario: Scenario, contender: Contender, work: Work) -> Usage:
    command = contender.command(work)
    server.begin(scenario)
    env = environment(work.url, server.trusted)
    return run(command, cwd=work.folder, env=env, tree=contender.tree)


def _check(seen: Seen, course: Course, contender: Contender) -> None:
    if (seen.tasks, seen.told) != (course.jobs, course.jobs):
        made = f"made {seen.tasks} tasks and saw the end of {seen.told}, not {course.jobs}"
        raise BenchError(f"{contender.name} {made}")
    if seen.most_in_flight > course.places:
        most = f"had {seen.most_in_flight} in flight, not {course.places}"
        raise BenchError(f"{contender.name} {most}")


def _figures(course: Course, results: Sequence[Result], plain_s: Sequence[float | None]) -> Figures:
    def median(value: Callable[[Result], float]) -> float:
        return statistics.median(map(value, results))

    cpu = [each.usage.cpu_s / base for each, base in zip(results, plain_s, strict=True) if base]
    return Figures(
        contender=results[0].contender,
        wall=median(lambda each: each.usage.wall_s / course.ideal_s),
        requests=median(lambda each: each.seen.status_requests / course.jobs),
        lag_p50_s=median(lambda each: quantile(each.seen.lags_s, 0.5)),
        lag_p99_s=median(lambda each: quantile(each.seen.lags_s, 0.99)),
        cpu_ms=median(lambda each: each.usage.cpu_s / course.jobs * 1000),
        cpu=statistics.median(cpu) if cpu else None,
        peak_mb=median(lambda each: each.usage.peak_mb),
        first_s=median(lambda each: each.seen.first_s or 0.0),
        lag_s=median(lambda each: statistics.fmean(each.seen.lags_s)),
        refill_s=median(lambda each: statistics.fmean(each.seen.refills_s or [0.0])),
        last_s=median(lambda each: max(0.0, each.usage.wall_s - (each.seen.last_s or 0.0))),
        server=median(lambda each: each.seen.cpu_s / each.usage.wall_s),
    )


def _plain_cpu_s(results: Iterable[Result]) -> float | None:
    """What the comparison took in this round; None when it took no part."""
    return next((each.usage.cpu_s for each in results if each.contender.name == PLAIN), None)
