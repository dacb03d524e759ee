"""Budget stops: finds the providers to which a run would submit nothing, for lack of budget."""

from __future__ import annotations

from collections.abc import Mapping

from runner.engine.stop_conditions import StopReason
from runner.engine.submit.budget import Admission, Budget, Order, order_of
from runner.errors import Exit
from runner.model.operations import Operation
from runner.model.plans import Action, Plan
from runner.model.reasons import Reason, ReasonCode
from runner.providers.registry import PROVIDERS

_REFUSED = {
    Admission.CEILING: ReasonCode.OVER_BUDGET,
    Admission.UNPRICED: ReasonCode.UNPRICED,
}
_MADE = (Action.REUSE, Action.FETCH)


def budget_stop(budget: Budget, order: Order, admission: Admission) -> StopReason:
    """Why nothing more is submitted to the provider whose order is refused with `admission`."""
    reason = Reason(_REFUSED[admission], budget.refusal(order, admission))
    return StopReason(reason=reason, exit=Exit.BUDGET)


def budget_stops(
    plan: Plan, budget: Budget, operations: Mapping[str, Operation]
) -> dict[str, StopReason]:
    """By provider, for those whose first submission would be refused: a run stops there.

    `budget` must be one that nothing else uses: what is admitted stays reserved in it.
    """
    stops: dict[str, StopReason] = {}
    seen: set[str] = set()
    made = {entry.job.id for entry in plan.entries if entry.action in _MADE}
    for entry in plan.entries:
        provider = entry.job.provider
        # A job that waits for others has its turn later, when there may be room.
        is_ready = entry.action is Action.SUBMIT and made.issuperset(entry.job.draft.needs)
        if not is_ready or provider in seen:
            continue
        seen.add(provider)
        order = order_of(entry, operations[entry.job.operation], PROVIDERS[provider])
        admission = budget.admit(order)
        if admission in _REFUSED:
            stops[provider] = budget_stop(budget, order, admission)
    return stops
