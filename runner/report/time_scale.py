"""Time scale: maps moments to places on a chart's axis, where long pauses are cut short.

A manifest is continued after hours or days: drawn to scale, all of its work would be two dots.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

LEFT, RIGHT = 48, 948
"""Where the axis begins and ends."""
_GAP = 24
"""The width of a pause that is cut short."""
_MAX_GAPS = 12
_LEAST_PAUSE_S = 60.0
_LEAST_SHARE = 0.2
"""A pause is cut short from that share of the busy time on."""
_LABEL_DISTANCE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeScale:
    """Pieces of time, each with its own place on the axis."""

    starts: Sequence[float]
    """Seconds of the epoch at which a piece begins."""
    lengths: Sequence[float]
    """Seconds, never 0."""
    places: Sequence[float]
    widths: Sequence[float]

    @classmethod
    def of(cls, busy: Iterable[tuple[float, float]]) -> TimeScale:
        """The scale of these spans of time, of which there must be one."""
        pieces = _pieces(busy)
        total = sum(end - start for start, end in pieces) or 1.0
        room = RIGHT - LEFT - _GAP * (len(pieces) - 1)
        widths = [room * (end - start) / total for start, end in pieces]
        places: list[float] = []
        at = float(LEFT)
        for width in widths:
            places.append(at)
            at += width + _GAP
        return cls(
            starts=[start for start, _ in pieces],
            lengths=[max(end - start, 0.001) for start, end in pieces],
            places=places,
            widths=widths,
        )

    def x(self, at: float) -> int:
        """The place of a moment; of one outside all pieces, that of the nearest end before it."""
        piece = max(0, bisect_right(self.starts, at) - 1)
        share = min(1.0, max(0.0, (at - self.starts[piece]) / self.lengths[piece]))
        return round(self.places[piece] + share * self.widths[piece])

    def axis(self, bottom: int) -> list[str]:
        """The axis with the time, in UTC, at the start of a piece; pauses are dotted."""
        ends = [place + width for place, width in zip(self.places, self.widths, strict=True)]
        lines = [
            f"M{round(place)} {bottom}H{round(end)}"
            for place, end in zip(self.places, ends, strict=True)
        ]
        parts = [f'<path d="{"".join(lines)}" stroke="currentColor" opacity=".5"/>']
        gaps = [
            f"M{round(end)} {bottom}h{_GAP}" for end, _ in zip(ends, self.places[1:], strict=False)
        ]
        if gaps:
            parts.append(
                f'<path d="{"".join(gaps)}" stroke="currentColor" opacity=".5"'
                ' stroke-dasharray="2 4"/>'
            )
        return parts + self._labels(bottom)

    def _labels(self, bottom: int) -> list[str]:
        """The time at each start where there is room, and at the end."""
        last = self.starts[-1] + self.lengths[-1]
        end = self.places[-1] + self.widths[-1]
        shown: list[str] = []
        before, day = -float(_LABEL_DISTANCE), ""
        for start, place in zip(self.starts, self.places, strict=True):
            if place - before >= _LABEL_DISTANCE and end - place >= _LABEL_DISTANCE:
                moment = datetime.fromtimestamp(start, UTC)
                text = f"{moment:%H:%M:%S}" if f"{moment:%F}" == day else f"{moment:%F %H:%M:%S}"
                day, before = f"{moment:%F}", place
                shown.append(_text(place, bottom, text, "start"))
        moment = datetime.fromtimestamp(last, UTC)
        text = f"{moment:%H:%M:%S}" if f"{moment:%F}" == day else f"{moment:%F %H:%M:%S}"
        return [*shown, _text(end, bottom, f"{text} UTC", "end")]


def _pieces(busy: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The spans joined where they overlap, or where the pause between them is short."""
    joined: list[tuple[float, float]] = []
    for start, end in sorted(busy):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    total = sum(end - start for start, end in joined)
    pauses = [after[0] - before[1] for before, after in pairwise(joined)]
    longest = sorted(pauses, reverse=True)[:_MAX_GAPS]
    least = max(_LEAST_PAUSE_S, _LEAST_SHARE * total, longest[-1] if longest else 0.0)
    pieces = joined[:1]
    for pause, (start, end) in zip(pauses, joined[1:], strict=True):
        if pause >= least:
            pieces.append((start, end))
        else:
            pieces[-1] = pieces[-1][0], end
    return pieces


def _text(x: float, bottom: int, text: str, anchor: str) -> str:
    return (
        f'<text x="{round(x)}" y="{bottom + 16}" text-anchor="{anchor}" fill="currentColor"'
        f' opacity=".7">{text}</text>'
    )
