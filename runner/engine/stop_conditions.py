"""Stop conditions: decides when nothing more is submitted, to one provider or at all."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from runner.errors import Exit, plural
from runner.model.outcomes import Outcome, State
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import ErrorClass
from runner.providers.registry import code_info

REFUSALS = 3
"""This many different requests refused with one code: the account is the cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopReason:
    """Why nothing more is submitted, to one provider or at all."""

    reason: Reason
    exit: Exit

    @property
    def not_submitted(self) -> Reason:
        """The same as the reason of a job that is therefore not submitted."""
        text = f"not submitted: {self.reason}"
        if self.reason.code is ReasonCode.COLLECT_ONLY:
            text = f"not submitted yet ({self.reason})"
        return Reason(self.reason.code, text)


@dataclass(slots=True, kw_only=True)
class StopConditions:
    """Counts failures and refusals, and records why nothing more is submitted."""

    max_failures: int | None = None
    by_provider: dict[str, StopReason] = field(default_factory=dict)
    everywhere: StopReason | None = None
    _failures: int = 0
    _refused: defaultdict[tuple[str, str], set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def of(self, provider: str) -> StopReason | None:
        """Why nothing more is submitted to that provider; None while it goes on."""
        return self.everywhere or self.by_provider.get(provider)

    def all(self) -> list[StopReason]:
        """Every stop, that of the whole run first."""
        return [*([self.everywhere] if self.everywhere else []), *self.by_provider.values()]

    def reasons(self) -> list[Reason]:
        """Why each provider, or the whole run, was stopped."""
        whole = [self.everywhere.reason] if self.everywhere else []
        return whole + [
            Reason(stop.reason.code, f"{provider}: {stop.reason}")
            for provider, stop in self.by_provider.items()
        ]

    def note(self, outcome: Outcome, stop: StopReason | None) -> None:
        """Count an outcome; `stop` is why its provider gets no more submissions."""
        provider = outcome.job.provider
        if stop is not None:  # the first one is the cause, later ones follow from it
            self.by_provider.setdefault(provider, stop)
        if outcome.state is not State.FAILED or outcome.error is None:
            return
        self._failures += 1
        if self.max_failures is not None and self._failures >= self.max_failures:
            reason = Reason(ReasonCode.STOPPED, f"{plural(self._failures, 'job')} failed")
            self.everywhere = self.everywhere or StopReason(reason=reason, exit=Exit.JOBS_FAILED)
        self.note_refusal(outcome)

    def note_refusal(self, outcome: Outcome) -> StopReason | None:
        """Count a refusal that the account may cause; the stop that follows, if one does."""
        provider, error = outcome.job.provider, outcome.error
        code = error and code_info(provider, error)
        if error is None or not (error.class_ is ErrorClass.AUTH or (code and code.by_account)):
            return None
        refused = self._refused[provider, error.code]
        refused.add(outcome.job.fingerprint)  # one request refused often proves nothing
        if len(refused) < REFUSALS:
            return None
        text = f"{error.code} for {len(refused)} different requests: {error.message}"
        stop = StopReason(reason=Reason(ReasonCode.STOPPED, text), exit=Exit.PROVIDER)
        return self.by_provider.setdefault(provider, stop)
