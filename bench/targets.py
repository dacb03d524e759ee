"""What the makespan is to reach: figures in, a table of goals and whether they are met out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bench.race import Figures
from bench.tables import Table, number

WALL_LISTED, REQUESTS_LISTED = 1.04, 0.6
BY_TASK = ((1.08, 5.6), (1.14, 3.1))
"""Wall over ideal, at so many status requests a job: one of these."""
CPU = 1.3
"""Of the plain script's, ledger and all."""


def tables(found: Iterable[Figures]) -> list[Table]:
    """One table, or none where nobody is held against anything."""
    rows = tuple(row for each in found for row in _rows(each))
    if not rows:
        return []
    return [
        Table(
            name="makespan-targets",
            title="What is to be reached, in the same run",
            command="python -m bench makespan",
            columns=("what", "found", "target", "reached"),
            rows=rows,
        )
    ]


def _rows(figures: Figures) -> Iterator[tuple[str, ...]]:
    title, at = figures.contender.title, f"{number(figures.wall, 3)} at {number(figures.requests)}"
    match figures.contender.name:
        case "vidu-run-list":
            met = figures.wall <= WALL_LISTED and figures.requests <= REQUESTS_LISTED
            goal = f"<= {WALL_LISTED} at <= {REQUESTS_LISTED}"
        case "vidu-run-tasks":
            met = any(figures.wall <= wall and figures.requests <= each for wall, each in BY_TASK)
            goal = " or ".join(f"<= {wall} at <= {each}" for wall, each in BY_TASK)
        case _:
            return
    yield f"{title}: wall / ideal at status requests a job", at, goal, _yes(met=met)
    if figures.cpu is not None:
        what = f"{title}: CPU / aiohttp script"
        yield what, number(figures.cpu), f"<= {CPU}", _yes(met=figures.cpu <= CPU)


def _yes(*, met: bool) -> str:
    return "yes" if met else "NO"
