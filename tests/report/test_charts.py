"""Charts: what is drawn of submissions, and in how many bytes."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from runner.report.charts import TaskSpan, draw_charts
from runner.report.contents import Charts

START = 1_772_359_200.0


def span(start: float, end: float | None = None, **more: object) -> TaskSpan:
    known: dict[str, object] = {"state": "succeeded", "price": {"credits": 6.0}} | more
    finished = None if end is None else START + end
    return TaskSpan(fingerprint="", submitted_s=START + start, finished_s=finished, **known)  # type: ignore[arg-type]


def test_without_submissions_there_is_nothing_to_draw() -> None:
    assert draw_charts([]) == Charts()


def test_every_chart_is_well_formed_and_has_a_name() -> None:
    charts = draw_charts([span(0, 10), span(4, 12, state="failed"), span(8, price={"cny": 0.63})])
    for svg in (charts.timeline, charts.in_flight, charts.money):
        root = ET.fromstring(svg)  # noqa: S314 - ours
        assert root.get("role") == "img"
        assert root.get("aria-label")


def test_the_most_tasks_in_flight_are_counted() -> None:
    charts = draw_charts([span(0, 10), span(4, 12), span(12, 20)])
    assert "Tasks in flight, 2 at most" in charts.in_flight


def test_a_task_is_in_flight_from_its_post_on() -> None:
    charts = draw_charts([span(0, 10), span(12, 20, asked_s=START + 9)])
    assert "Tasks in flight, 2 at most" in charts.in_flight


def test_money_is_added_up_by_unit() -> None:
    spans = [span(0, 1), span(2, 3), span(4, 5, price={"cny": 0.63}), span(6, 7, price={})]
    assert "Spent over time: 12 credits, 0.63 ¥" in draw_charts(spans).money


def test_without_prices_there_is_no_chart_of_money() -> None:
    assert draw_charts([span(0, 1, price={})]).money == ""


def test_five_thousand_submissions_stay_small() -> None:
    spans = [
        span(
            number * 3.7 % 9000,
            number * 3.7 % 9000 + 5 + number % 70,
            asked_s=START + number * 3.7 % 9000 - 1,
            state=("succeeded", "failed")[number % 9 == 0],
            price={"credits": 6.0} if number % 2 else {"cny": 0.63},
        )
        for number in range(5000)
    ]
    charts = draw_charts(spans)
    assert all(len(svg) < 60_000 for svg in (charts.timeline, charts.in_flight, charts.money))


def test_the_same_submissions_in_any_order_are_the_same_picture() -> None:
    spans = [span(0, 10), span(4, 12, state="failed"), span(4, 9)]
    assert draw_charts(spans) == draw_charts(reversed(spans))


def test_a_long_pause_is_cut_short() -> None:
    day = 86_400.0
    charts = draw_charts([span(0, 60), span(day, day + 60)])
    starts = [int(x) for x in re.findall(r"M(\d+) \d+H\d+", charts.timeline)]
    assert max(starts) - min(starts) < 600  # both halves have about the same room
    assert "stroke-dasharray" in charts.timeline


def test_clocks_that_went_backwards_are_drawn_all_the_same() -> None:
    charts = draw_charts([span(10, 4), span(0, None)])
    assert charts.timeline
    assert charts.in_flight
