"""A run's outcomes in, one by one; counts, costs and groups of troubles out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from runner.model import Amount, Outcome, State, Unit

NAMED = 5
"""How many jobs of a group are known by name."""


@dataclass(slots=True, kw_only=True)
class Alike:
    """Jobs that did not succeed for one reason."""

    first: Outcome
    count: int = 0
    names: list[str] = field(default_factory=list)
    """The first few of them."""
    at_risk: dict[Unit, Decimal] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        """Take in one more."""
        self.count += 1
        if len(self.names) < NAMED:
            self.names.append(outcome.job.id)
        add(self.at_risk, outcome.at_risk)


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a run's outcomes come to, taken in one by one: there may be very many."""

    began: str
    """When the run began; UTC, RFC 3339."""
    states: Counter[State] = field(default_factory=Counter)
    reused: int = 0
    unselected: int = 0
    """In no other number here."""
    elsewhere: int = 0
    """Made by another run."""
    files: bool = False
    """Any has files."""
    real: dict[Unit, Decimal] = field(default_factory=dict)
    """What this run's own submissions cost."""
    estimated: dict[Unit, Decimal] = field(default_factory=dict)
    """The same of those whose price is not told."""
    unpriced: int = 0
    at_risk: dict[Unit, Decimal] = field(default_factory=dict)
    troubles: dict[object, Alike] = field(default_factory=dict)
    """What did not succeed, by its reason, in the order of the manifest."""

    def add(self, outcome: Outcome) -> None:
        """Take in the outcome of a job that was meant."""
        self.states[outcome.state] += 1
        self.reused += outcome.state is State.SUCCEEDED and outcome.reused
        self.elsewhere += outcome.elsewhere
        self.files = self.files or bool(outcome.files)
        add(self.at_risk, outcome.at_risk)
        own = (outcome.submitted_at or "") >= self.began and not outcome.elsewhere
        if own and outcome.state is not State.FAILED:
            if outcome.actual is not None:
                add(self.real, outcome.actual)
            else:
                add(self.estimated, outcome.estimated)
                self.unpriced += outcome.estimated is None
        if outcome.state is not State.SUCCEEDED:
            self.troubles.setdefault(_reason(outcome), Alike(first=outcome)).add(outcome)


def add(sums: dict[Unit, Decimal], amount: Amount | None) -> None:
    """Add an amount to the sum of its unit; an unknown one to none."""
    if amount is not None:
        sums[amount.unit] = sums.get(amount.unit, Decimal(0)) + amount.value


def _reason(outcome: Outcome) -> object:
    """What jobs that are told together have in common."""
    error = outcome.error
    said = (error.code, error.message) if error else None
    return outcome.state, outcome.reason, said
