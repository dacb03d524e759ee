"""Charts: draws what a run did over time as SVG: its submissions, tasks in flight and money.

Everything is drawn on whole units of a fixed canvas, so that a chart of any number of jobs has few
bytes. Colours come from the page: `currentColor` and the variables in `_STYLE`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate

from runner.model.operations import UNITS, Unit
from runner.report.contents import Charts
from runner.report.time_scale import LEFT, RIGHT, TimeScale

WIDTH = 960
_TOP, _BOTTOM = 12, 24
_MAX_ROWS = 320
"""Lines of the timeline: of more jobs, several share one."""
_STYLE = {
    "waiting": "var(--chart-waiting, #9aa0a6)",
    "succeeded": "var(--chart-succeeded, #2e7d5b)",
    "failed": "var(--chart-failed, #c0392b)",
    "pending": "var(--chart-pending, #b7791f)",
    "credits": "var(--chart-credits, #2b6cb0)",
    "cny": "var(--chart-cny, #97266d)",
}
_UNIT_NAMES: Mapping[Unit, str] = {"credits": "credits", "cny": "¥"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpan:
    """One submission of a job; seconds of the epoch, None for what is not known."""

    fingerprint: str
    submitted_s: float
    asked_s: float | None = None
    """When the submission began."""
    finished_s: float | None = None
    """When its end was noticed; None for one under way."""
    state: str
    """succeeded, failed or pending."""
    price: Mapping[Unit, float]

    @property
    def began_s(self) -> float:
        """When the submission began, as far as that is known."""
        return self.submitted_s if self.asked_s is None else min(self.asked_s, self.submitted_s)


def draw_charts(spans: Iterable[TaskSpan]) -> Charts:
    """The charts of these submissions; empty without any."""
    known = sorted(spans, key=lambda span: (span.submitted_s, span.finished_s or 0))
    if not known:
        return Charts()
    ends = [each.finished_s for each in known if each.finished_s is not None]
    last = max([*ends, known[-1].submitted_s])
    # In flight is a task from its POST until its end is noticed.
    busy = [(each.began_s, max(each.finished_s or last, each.began_s)) for each in known]
    scale = TimeScale.of(busy)
    return Charts(
        timeline=_timeline(known, scale, last),
        in_flight=_in_flight(busy, scale),
        money=_money(known, scale),
    )


def _timeline(spans: Sequence[TaskSpan], scale: TimeScale, last: float) -> str:
    """A line for each submission in their order: its wait for an answer, then its making."""
    rows = min(len(spans), _MAX_ROWS)
    height = max(2, min(12, _MAX_ROWS // rows))
    lines: dict[str, list[tuple[int, int, int]]] = {}
    for number, span in enumerate(spans):
        y = _TOP + number * rows // len(spans) * height
        start, end = scale.x(span.submitted_s), scale.x(span.finished_s or last)
        lines.setdefault(span.state, []).append((y, start, max(end, start + 1)))
        if span.asked_s is not None and (asked := scale.x(span.asked_s)) < start:
            lines.setdefault("waiting", []).append((y, asked, start))
    bottom = _TOP + rows * height
    stroke = max(1, height - 1)
    paths = [
        f'<path d="{_bars(lines[name])}" stroke="{_STYLE[name]}" stroke-width="{stroke}"/>'
        for name in ("waiting", "succeeded", "failed", "pending")
        if name in lines
    ]
    return _svg(f"{len(spans)} submissions over time", bottom, [*scale.axis(bottom), *paths])


def _bars(lines: Iterable[tuple[int, int, int]]) -> str:
    """Horizontal strokes; those that touch on one line are one."""
    path: list[str] = []
    by_row: dict[int, list[tuple[int, int]]] = {}
    for y, start, end in lines:
        by_row.setdefault(y, []).append((start, end))
    for y, pieces in by_row.items():
        joined: list[list[int]] = []
        for start, end in sorted(pieces):
            if joined and start <= joined[-1][1]:
                joined[-1][1] = max(joined[-1][1], end)
            else:
                joined.append([start, end])
        path += [f"M{start} {y}H{end}" for start, end in joined]
    return "".join(path)


def _in_flight(busy: Sequence[tuple[float, float]], scale: TimeScale) -> str:
    """How many tasks there were at once; within one unit of time the most of them."""
    changes = sorted([(start, 1) for start, _ in busy] + [(end, -1) for _, end in busy])
    counts = accumulate(change for _, change in changes)
    steps: dict[int, tuple[int, int]] = {}
    """Place to the highest and to the last number there."""
    for (at, _), count in zip(changes, counts, strict=True):
        x = scale.x(at)
        highest = max(count, steps[x][0]) if x in steps else count
        steps[x] = highest, count
    most = max(highest for highest, _ in steps.values())
    bottom, unit = _TOP + 120, 120 / max(most, 1)

    def y(count: int) -> int:
        return round(bottom - count * unit)

    path = [f"M{min(steps)} {bottom}"]
    for x, (highest, count) in steps.items():
        path.append(f"H{x}V{y(highest)}" + (f"H{x + 1}V{y(count)}" if count != highest else ""))
    area = f'<path d="{"".join(path)}V{bottom}Z" fill="{_STYLE["succeeded"]}" stroke="none"/>'
    label = _label(LEFT - 6, y(most) + 4, f"{most:,}", "end")
    return _svg(f"Tasks in flight, {most:,} at most", bottom, [*scale.axis(bottom), area, label])


def _money(spans: Sequence[TaskSpan], scale: TimeScale) -> str:
    """What was spent up to each moment, by unit, each with a scale of its own."""
    bottom = _TOP + 120
    parts: list[str] = []
    sums: list[str] = []
    for place, unit in enumerate(UNITS):
        paid = [(s.submitted_s, s.price[unit]) for s in spans if s.price.get(unit)]
        total = sum(price for _, price in paid)
        if not total:
            continue
        points = {
            scale.x(at): spent
            for (at, _), spent in zip(paid, accumulate(price for _, price in paid), strict=True)
        }
        steps = "".join(
            f"H{x}V{round(bottom - 120 * spent / total)}" for x, spent in points.items()
        )
        path = f"M{min(points)} {bottom}{steps}H{RIGHT}"
        width = 2 + 2 * (place == 0)  # both lines may be the same
        parts.append(f'<path d="{path}" stroke="{_STYLE[unit]}" stroke-width="{width}"/>')
        text = f"{_number(total)} {_UNIT_NAMES[unit]}"
        parts.append(_label(LEFT + 6, _TOP + 10 + 16 * place, text, "start", _STYLE[unit]))
        sums.append(text)
    if not parts:
        return ""
    return _svg(f"Spent over time: {', '.join(sums)}", bottom, [*scale.axis(bottom), *parts])


def _number(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _label(x: int, y: int, text: str, anchor: str, colour: str = "currentColor") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


def _svg(name: str, bottom: int, parts: Iterable[str]) -> str:
    return (
        f'<svg class="chart" role="img" aria-label="{escape(name)}"'
        f' viewBox="0 0 {WIDTH} {bottom + _BOTTOM}" fill="none" stroke="none" font-size="12">'
        f"{''.join(parts)}</svg>"
    )
