"""Rule matching: decides which rule of a script hits a request, by kind, task, count and time."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from runner.emulator.faults.script import LIST, Match, Rule

_Key: TypeAlias = tuple[int, str]
"""What counts together: a rule's number, and a task's key where the rule counts per task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The task that a request is about, or that it asks for."""

    key: str
    """Its id; for a submission, the digest of its body without tags."""
    prompt: str = ""
    state: str = ""
    succeeded: bool = False
    """Whether a response has reported its success."""
    age_s: float | None = None
    """Seconds since it was made; None before that."""

    def fits(self, match: Match) -> bool:
        """Whether a rule with this `match` applies to the task."""
        limit_s = match.younger_s
        return (
            (match.prompt or "").casefold() in self.prompt.casefold()
            and match.state in {None, self.state}
            and (limit_s is None or (self.age_s is not None and self.age_s < limit_s))
            and (self.succeeded or not match.succeeded)
        )


class RuleChooser:
    """The rules of a script and their counters; deterministic for a sequence of requests."""

    def __init__(self, rules: Sequence[Rule], start_ns: int):
        self._rules = rules
        self._start_ns = start_ns
        self._first_ns: int | None = None
        self._fitting: Counter[_Key] = Counter()
        self._hits: Counter[_Key] = Counter()
        self._chance = {rule.number: random.Random(rule.seed) for rule in rules}  # noqa: S311 - no secret

    def choose(self, kind: str, subjects: Sequence[Subject], now_ns: int) -> Rule | None:
        """The rule that hits a request; call it once for each.

        `subjects` has one task for most requests, every row of a list, and is empty for the
        balance and for tasks that do not exist.
        """
        if self._first_ns is None:
            self._first_ns = now_ns
        # A list is about many tasks, so it counts as one request even with a single row.
        task = subjects[0].key if len(subjects) == 1 and kind != LIST else ""
        due: list[tuple[Rule, _Key]] = []
        for rule in self._rules:
            since_ns = self._first_ns if rule.since == "first_request" else self._start_ns
            key = (rule.number, task if rule.per == "task" else "")
            # All rules count, also after one applies: `nth` must not depend on other entries.
            if _fits(rule, kind, subjects, (now_ns - since_ns) / 1e9) and self._is_due(rule, key):
                due.append((rule, key))
        if not due:
            return None
        rule, key = due[0]
        self._hits[key] += 1
        return rule

    def _is_due(self, rule: Rule, key: _Key) -> bool:
        """Count a request that fits; whether the rule applies to it."""
        self._fitting[key] += 1
        position = self._fitting[key]
        # Drawn for each request, so that other selectors do not shift the sequence.
        drawn = self._chance[rule.number].random() < rule.probability
        due = position in rule.nth if rule.nth else position % rule.every == 0
        return drawn and due and (rule.times is None or self._hits[key] < rule.times)


def _fits(rule: Rule, kind: str, subjects: Sequence[Subject], elapsed_s: float) -> bool:
    """Whether the rule counts the request."""
    is_over = rule.for_s is not None and elapsed_s >= rule.from_s + rule.for_s
    if kind not in rule.on or elapsed_s < rule.from_s or is_over:
        return False
    return rule.match == Match() or any(subject.fits(rule.match) for subject in subjects)
