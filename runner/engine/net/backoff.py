"""When to try again: the number of failures in, seconds to wait out."""

from __future__ import annotations

import random

FIRST_S = 1.0
LONGEST_S = 60.0


def backoff(attempt: int, rng: random.Random, retry_after_s: float | None = None) -> float:
    """Seconds before the next try; `attempt` counts the failures before this one, from 0.

    Exponential with full jitter, so that many who failed together do not come back together.
    What the provider asks for (`retry_after_s`) is the least, but never above the cap: it must
    not freeze a run.
    """
    ceiling = min(LONGEST_S, FIRST_S * 2.0 ** min(attempt, 30))
    asked = min(LONGEST_S, max(0.0, retry_after_s or 0.0))
    return max(asked, rng.uniform(0, ceiling))
