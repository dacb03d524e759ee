"""What one process carries: many places in flight, until it is the client that is waited for."""

from __future__ import annotations

from dataclasses import dataclass

from bench.contenders import CONTENDERS
from bench.race import Course, Figures, compare
from bench.tables import Table, number
from runner.engine.poll.timing import GAP_MAX_S, GAP_MIN_S, list_gap_s
from runner.providers.vidu_tasks import LIST_MAX
from runner.settings.settings import Settings

POLL_RATE = Settings().poll_rate
"""Status requests a second, where nobody says otherwise."""
LISTED, BY_TASK = "vidu-run-list", "vidu-run-tasks"
CASES = ((LISTED, 200, 1000), (LISTED, 1000, 4000), (LISTED, 2000, 6000), (BY_TASK, 1000, 4000))
"""Contender, places in flight, jobs."""
TAKES_S = (2, 10, 30, 60, 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What came of so many places."""

    course: Course
    figures: Figures

    @property
    def wall_s(self) -> float:
        """From start to end of the process."""
        return self.figures.wall * self.course.ideal_s

    @property
    def row(self) -> tuple[str, ...]:
        """As the table has it."""
        return (
            self.figures.contender.title,
            number(self.course.places, 0),
            number(self.course.jobs / self.wall_s, 0),
            number(self.figures.wall),
            number(self.figures.cpu_ms),
            number(self.figures.cpu_ms * self.course.jobs / self.wall_s / 1000),
            number(self.figures.lag_p50_s, 3),
            number(self.figures.lag_p99_s, 3),
            number(self.figures.requests),
            number(self.figures.peak_mb, 0),
        )


def measure(*, quick: bool) -> list[Table]:
    """What was measured, and what follows from it for tasks that take longer."""
    loads = [_load(*case) for case in (CASES[::2] if quick else CASES)]
    busiest = max(each.figures.server for each in loads)
    measured = Table(
        name="capacity",
        title="More and more in flight, tasks of 2 s (sigma 0.5)",
        command="python -m bench capacity",
        columns=(
            "tool",
            "in flight",
            "jobs a second",
            "wall / ideal",
            "CPU ms a job",
            "cores busy",
            "lag p50 s",
            "lag p99 s",
            "status requests a job",
            "peak MB",
        ),
        rows=tuple(load.row for load in loads),
        notes=(f"The server took at most {busiest:.0%} of a core.",),
    )
    return [measured, *_outlook(loads)]


def _load(name: str, places: int, jobs: int) -> Load:
    course = Course(places=places, jobs=jobs)
    contender = next(each for each in CONTENDERS if each.name == name)
    (figures,) = compare(course, [contender])
    return Load(course=course, figures=figures)


def _outlook(loads: list[Load]) -> list[Table]:
    """What the measured cost of a job comes to where tasks take longer than here."""
    listed = [each for each in loads if each.figures.contender.name == LISTED]
    best = min(listed, key=lambda each: each.figures.cpu_ms)
    rate = 1000 / best.figures.cpu_ms
    first, last = listed[0], listed[-1]
    more_mb = last.figures.peak_mb - first.figures.peak_mb
    each_kb = 1024 * max(0.0, more_mb) / (last.course.places - first.course.places)
    rows = tuple(
        (
            f"{takes_s} s",
            number(rate, 0),
            number(rate * takes_s, 0),
            number(rate * takes_s * each_kb / 1024, 0),
            number(_watched(takes_s), 0),
            number(_watched(takes_s) / takes_s, 0),
        )
        for takes_s in TAKES_S
    )
    cost = f"{best.figures.cpu_ms:.2f} ms of CPU a job and {each_kb:.0f} kB a task in flight"
    note = f"By {cost}, as measured above."
    return [
        Table(
            name="outlook",
            title="What one core carries by that, with Vidu's list",
            command="python -m bench capacity",
            columns=(
                "a task takes",
                "jobs a second",
                "in flight",
                "MB for them",
                f"in flight by poll_rate {POLL_RATE:g}",
                "jobs a second then",
            ),
            rows=rows,
            notes=(note,),
        )
    ]


def _watched(takes_s: float) -> float:
    """How many tasks the default pace can ask for as often as is worth it, by full pages."""
    gap_s = min(GAP_MAX_S, max(GAP_MIN_S, list_gap_s(takes_s)))
    return POLL_RATE * LIST_MAX * gap_s
