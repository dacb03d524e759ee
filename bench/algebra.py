"""What the bench computes: latencies drawn, the schedule that cannot be beaten, quantiles."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterable, Iterator, Sequence


def latencies(seed: int, median_s: float, sigma: float) -> Iterator[float]:
    """Seconds that one task after another takes: lognormal, the same for the same arguments.

    `sigma` is the spread of the logarithm; the mean is `median_s * exp(sigma**2 / 2)`.
    """
    dice = random.Random(seed)  # noqa: S311 - it has to be the same each time
    while True:
        yield dice.lognormvariate(math.log(median_s), sigma)


def ideal_s(taken_s: Iterable[float], places: int) -> float:
    """Seconds until the last of these tasks ends, each begun as soon as a place is free.

    First come, first served, with nothing between the end of one task and the start of the next.
    """
    ends: list[float] = []
    for seconds in taken_s:
        free = heapq.heappop(ends) if len(ends) == places else 0.0
        heapq.heappush(ends, free + seconds)
    return max(ends, default=0.0)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which that share of `values` lies, between two of them if need be."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
