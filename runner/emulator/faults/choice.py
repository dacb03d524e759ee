"""Which fault hits a request: rules count, draw and look at the clock; the first that applies."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from runner.emulator.faults.records import Asked, Rule


class Choice:
    """The rules of a script and how often each was met; deterministic for a sequence of requests.

    Every rule counts all requests that fit it, also those which an earlier rule takes, so that
    `nth` means the same whatever else stands in the script.
    """

    def __init__(self, rules: Sequence[Rule], start_ns: int):
        self._counters = [_Counter(rule) for rule in rules]
        self._start_ns = start_ns
        self._first_ns: int | None = None

    def rule(self, asked: Asked, now_ns: int) -> Rule | None:
        """The rule that hits this request; call it once for each."""
        if self._first_ns is None:
            self._first_ns = now_ns
        chosen: _Counter | None = None
        for counter in self._counters:
            first = counter.rule.since_first
            elapsed_s = (now_ns - (self._first_ns if first else self._start_ns)) / 1e9
            if _fits(counter.rule, asked, elapsed_s) and counter.applies(asked.key):
                chosen = chosen or counter
        if chosen is None:
            return None
        chosen.hit(asked.key)
        return chosen.rule


def _fits(rule: Rule, asked: Asked, elapsed_s: float) -> bool:
    """Whether a request is one that the rule counts."""
    late = rule.for_s is not None and elapsed_s >= rule.from_s + rule.for_s
    if asked.kind not in rule.on or elapsed_s < rule.from_s or late:
        return False
    anyone = rule.match == type(rule.match)()
    return anyone or any(subject.fits(rule.match) for subject in asked.subjects)


class _Counter:
    """One rule, the requests that fitted it and those it hit."""

    def __init__(self, rule: Rule):
        self.rule = rule
        self._met: Counter[str] = Counter()
        self._hits: Counter[str] = Counter()
        self._random = random.Random(rule.seed)  # noqa: S311 - a die, no secret

    def applies(self, key: str) -> bool:
        """Count a request that fits, and say whether it is one to hit."""
        rule, key = self.rule, self._key(key)
        self._met[key] += 1
        place = self._met[key]
        drawn = self._random.random() < rule.probability
        due = place in rule.nth if rule.nth else place % rule.every == 0
        return drawn and due and (rule.times is None or self._hits[key] < rule.times)

    def hit(self, key: str) -> None:
        """Count a hit."""
        self._hits[self._key(key)] += 1

    def _key(self, key: str) -> str:
        return key if self.rule.per_task else ""
