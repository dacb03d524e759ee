"""Why nothing more is submitted: what single endings add up to for a provider, or for the run."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from runner.engine.context import Halt
from runner.engine.submitting import SHARED_CODES
from runner.errors import Exit
from runner.model import ErrorClass, Outcome, State

SHARED_LIMIT = 3
"""So many different requests refused with one of the shared codes speak of the account."""


@dataclass(slots=True, kw_only=True)
class Stops:
    """What has been stopped so far."""

    max_failures: int | None = None
    by_provider: dict[str, Halt] = field(default_factory=dict)
    everywhere: Halt | None = None
    _failures: int = 0
    _refused: defaultdict[tuple[str, str], set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def of(self, provider: str) -> Halt | None:
        """Why nothing more is submitted to that provider; None when it goes on."""
        return self.everywhere or self.by_provider.get(provider)

    def all(self) -> list[Halt]:
        """Every halt, those of the whole run first."""
        return [*([self.everywhere] if self.everywhere else []), *self.by_provider.values()]

    def told(self) -> list[str]:
        """The halts in words."""
        whole = [self.everywhere.reason] if self.everywhere else []
        return whole + [f"{name}: {halt.reason}" for name, halt in self.by_provider.items()]

    def note(self, provider: str, outcome: Outcome, halt: Halt | None) -> None:
        """Take one ending into account."""
        if halt is not None:
            self.by_provider.setdefault(provider, halt)
        if outcome.state is not State.FAILED or outcome.error is None:
            return
        self._failures += 1
        if self.max_failures is not None and self._failures >= self.max_failures:
            some = f"{self._failures} job{'s' * (self._failures != 1)} failed"
            self.everywhere = self.everywhere or Halt(reason=some, exit=Exit.JOBS_FAILED)
        shared = outcome.error.code in SHARED_CODES or outcome.error.class_ is ErrorClass.AUTH
        if shared:
            refused = self._refused[provider, outcome.error.code]
            refused.add(outcome.job.fingerprint)
            if len(refused) >= SHARED_LIMIT:
                reason = f"{outcome.error.code} for {len(refused)} different requests"
                halt = Halt(reason=f"{reason}: {outcome.error.message}", exit=Exit.PROVIDER)
                self.by_provider.setdefault(provider, halt)
