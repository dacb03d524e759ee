"""The makespan at the distance of a real provider: TLS, and 200 ms for a round trip."""

from __future__ import annotations

from collections.abc import Sequence

from bench.contenders import CONTENDERS, EVERY_2_S, PLAIN, Contender
from bench.race import Course, Figures, compare
from bench.tables import Table, number

RTT_S = 0.2
SHORT = Course(jobs=100, places=20, median_s=3.0, sigma=0.3, rtt_s=RTT_S)
LONG = Course(jobs=60, places=10, median_s=12.0, sigma=0.3, rtt_s=RTT_S)
TARGETS: dict[tuple[Course, str], tuple[float, float | None]] = {
    (SHORT, "vidu-run-list"): (1.12, 1.5),
    (SHORT, "vidu-run-tasks"): (1.18, 5.0),
    (LONG, "vidu-run-list"): (1.04, None),
    (LONG, "vidu-run-tasks"): (1.06, None),
}
"""Wall over ideal, at no more than so many status requests a job."""

NOTE = (
    "Times are the server's: an end is noticed when its answer leaves, a place is taken when a "
    "submission arrives."
)


def measure(*, quick: bool) -> list[Table]:
    """Short and long tasks beside the plain script; `quick` leaves out the long ones."""
    ours = [each for each in CONTENDERS if each.name in {"vidu-run-list", "vidu-run-tasks"}]
    plain = [each for each in CONTENDERS if each.name == PLAIN]
    tables = [_table("distance-short", SHORT, [*plain, *ours])]
    return tables if quick else [*tables, _table("distance-long", LONG, [EVERY_2_S, *ours])]


def _table(name: str, course: Course, contenders: Sequence[Contender]) -> Table:
    return Table(
        name=name,
        title=(
            f"{course.jobs} jobs, {course.places} in flight, lognormal times (median "
            f"{course.median_s:g} s, sigma {course.sigma:g}), TLS, round trip {course.rtt_s:g} s"
        ),
        command="python -m bench distance",
        columns=(
            "tool",
            "wall / ideal",
            "status requests a job",
            "target",
            "reached",
            "s before the first submission",
            "ms until an end was noticed",
            "ms until its place was taken",
            "s after the last end",
        ),
        rows=tuple(_row(course, each) for each in compare(course, contenders)),
        notes=(f"Ideal: {course.ideal_s:.1f} s. {NOTE}",),
    )


def _row(course: Course, figures: Figures) -> tuple[str, ...]:
    goal = TARGETS.get((course, figures.contender.name))
    return (
        figures.contender.title,
        number(figures.wall, 3),
        number(figures.requests),
        "-" if goal is None else _as_text(*goal),
        "-" if goal is None else _reached(figures, *goal),
        number(figures.first_s),
        number(1000 * figures.lag_s, 0),
        number(1000 * figures.refill_s, 0),
        number(figures.last_s),
    )


def _as_text(wall: float, requests: float | None) -> str:
    return f"<= {wall}" if requests is None else f"<= {wall} at <= {requests:g}"


def _reached(figures: Figures, wall: float, requests: float | None) -> str:
    met = figures.wall <= wall and (requests is None or figures.requests <= requests)
    return "yes" if met else "NO"
