"""When to ask for a task: its age and what is known of its kind in, seconds to wait out.

How long tasks take is taken to be lognormal around the expected time: the next question comes
when a fifth of the tasks that have lasted this long would have ended. Asking is then rare before
a task can be done, dense when it should be, and rarer again for the stragglers.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

GAP_MIN_S = 0.25
GAP_MAX_S = 3.0
SIGMA = 0.5
"""Spread of the logarithm of the times where no history tells it."""
QUANTILE = 0.2
_HISTORY_LEAST = 5
_SIGMA_LEAST = 0.05
_NORMAL = statistics.NormalDist()


def next_poll(
    age_s: float,
    expected_s: float | None,
    *,
    sigma: float = SIGMA,
    gap_min_s: float = GAP_MIN_S,
    gap_max_s: float = GAP_MAX_S,
    quantile: float = QUANTILE,
) -> float:
    """Seconds until the next status request for a task submitted `age_s` seconds ago.

    Never below `gap_min_s` and never above `gap_max_s`, not even before a task of its kind can
    be done: a table may be wrong, and the cap bounds what that costs. With `expected_s` None the
    gaps grow with the age.
    """
    if not expected_s or expected_s <= 0:
        return min(gap_max_s, max(gap_min_s, quantile * age_s))
    earliest = expected_s * math.exp(sigma * _NORMAL.inv_cdf(quantile))
    if age_s < earliest:
        return min(gap_max_s, max(gap_min_s, earliest - age_s))
    gone = _NORMAL.cdf(math.log(age_s / expected_s) / sigma)
    share = gone + quantile * (1 - gone)
    # So far out that the numbers run out, an eighth of the age does as well.
    due = expected_s * math.exp(sigma * _NORMAL.inv_cdf(share)) if share < 1 else age_s * 1.125
    return min(gap_max_s, max(gap_min_s, due - age_s))


def learned(times_s: Sequence[float], published_s: float | None) -> tuple[float | None, float]:
    """Expected time and spread: from the times that like tasks took, or else as published."""
    logs = [math.log(time) for time in times_s if time > 0]
    if len(logs) < _HISTORY_LEAST:
        return published_s, SIGMA
    return math.exp(statistics.median(logs)), max(_SIGMA_LEAST, statistics.stdev(logs))
