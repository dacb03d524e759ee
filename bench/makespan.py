"""A thousand jobs through fifty places: how far each contender is from the ideal, and its cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bench import targets
from bench.contenders import CONTENDERS, FETCHING, FILM, PLAIN, Contender
from bench.peers import PEERS
from bench.race import Course, Figures, compare
from bench.tables import Table, number

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


def measure(*, quick: bool, everything: bool = False) -> list[Table]:
    """The short form; with `everything` also the peers, other spreads and the other API."""
    course = Course(jobs=200) if quick else Course()
    if not everything:
        return tables(course, CONTENDERS)
    ours = [each for each in CONTENDERS if each.name.startswith("vidu-run") or each.name == PLAIN]
    return [
        *tables(course, (*CONTENDERS, *FETCHING, *PEERS)),
        *tables(replace(course, sigma=0.2), ours),
        *tables(replace(course, sigma=0.05), ours),
        *tables(replace(course, median_s=5.0), [FILM]),
    ]


def tables(course: Course, contenders: Sequence[Contender]) -> list[Table]:
    """The contenders' table, and the targets if the course is the one they are set for."""
    present = [each for each in contenders if not each.missing]
    found = compare(course, present)
    notes = [
        f"{each.title} was left out: there is no {' and no '.join(each.missing)} here."
        for each in contenders
        if each.missing
    ]
    busiest = max(each.server for each in found)
    title = (
        f"{course.jobs:,} jobs, {course.places:,} in flight, "
        f"lognormal times (median {course.median_s:g} s, sigma {course.sigma:g})"
    )
    note = f"Ideal: {course.ideal_s:.1f} s. The server took at most {busiest:.0%} of a core."
    table = Table(
        name=course.name,
        title=title,
        command=course.command,
        columns=COLUMNS,
        rows=tuple(_row(each) for each in found),
        notes=(note, *notes),
    )
    return [table, _losses(found), *targets.tables(found)] if course.is_usual else [table]


def _losses(found: Iterable[Figures]) -> Table:
    return Table(
        name="makespan-losses",
        title="Where the time above the ideal went",
        command="python -m bench makespan",
        columns=(
            "tool",
            "wall / ideal",
            "s before the first submission",
            "ms until an end was noticed",
            "ms until its place was taken",
            "s after the last end",
        ),
        rows=tuple(_loss(each) for each in found),
        notes=("Milliseconds are means over the jobs; an average task takes 2,266 of them.",),
    )


def _row(figures: Figures) -> tuple[str, ...]:
    return (
        figures.contender.title,
        number(figures.wall, 3),
        number(figures.requests),
        number(figures.lag_p50_s, 3),
        number(figures.lag_p99_s, 3),
        number(figures.cpu_ms),
        number(figures.cpu),
        number(figures.peak_mb, 0),
    )


def _loss(figures: Figures) -> tuple[str, ...]:
    return (
        figures.contender.title,
        number(figures.wall, 3),
        number(figures.first_s),
        number(1000 * figures.lag_s, 0),
        number(1000 * figures.refill_s, 0),
        number(figures.last_s),
    )
