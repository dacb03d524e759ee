from __future__ import annotations

import pytest

from bench.contenders import CONTENDERS
from bench.race import Figures
from bench.targets import tables


def reached(name: str, wall: float, requests: float, cpu: float | None = None) -> list[str]:
    figures = Figures(
        contender=next(each for each in CONTENDERS if each.name == name),
        wall=wall,
        requests=requests,
        cpu=cpu,
        cpu_ms=2.0,
        lag_p50_s=0.1,
        lag_p99_s=0.2,
        lag_s=0.1,
        refill_s=0.01,
        first_s=0.3,
        last_s=0.1,
        peak_mb=50,
        server=0.1,
    )
    return [row[-1] for table in tables([figures]) for row in table.rows]


@pytest.mark.parametrize(
    ("wall", "requests", "met"),
    [(1.04, 0.6, "yes"), (1.05, 0.6, "NO"), (1.03, 0.61, "NO")],
)
def test_with_the_list_both_goals_count(wall: float, requests: float, met: str) -> None:
    assert reached("vidu-run-list", wall, requests) == [met]


@pytest.mark.parametrize(
    ("wall", "requests", "met"),
    [(1.08, 5.6, "yes"), (1.14, 3.1, "yes"), (1.10, 4.0, "NO"), (1.08, 5.7, "NO")],
)
def test_task_by_task_one_of_two_goals_will_do(wall: float, requests: float, met: str) -> None:
    assert reached("vidu-run-tasks", wall, requests) == [met]


def test_the_processor_is_held_against_the_plain_script() -> None:
    assert reached("vidu-run-list", 1.0, 0.5, cpu=1.31) == ["yes", "NO"]


def test_others_are_held_against_nothing() -> None:
    assert reached("xargs", 1.2, 2.7, cpu=20.0) == []
