"""Budget: decides whether one more submission fits under the ceiling of its unit.

The estimate of a submission is reserved before it leaves; its actual cost replaces that.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from runner.ledger.changes import Headroom, Realm
from runner.model.operations import Amount, Operation, Unit, digits
from runner.model.outcomes import Outcome
from runner.model.plans import PlanEntry
from runner.planning.estimates import estimate, kind_of
from runner.planning.lengths import Upstream, measured
from runner.providers.registry import Provider

ZERO = Decimal(0)


class Admission(enum.Enum):
    """The budget's answer to a submission."""

    NOW = "now"
    """It fits, and its price is reserved."""
    WAIT = "wait"
    """Not yet: a running task may report a price, or leave room when it ends."""
    CEILING = "ceiling"
    """It does not fit, and no running task can change that: submit nothing more."""
    UNPRICED = "unpriced"
    """Its cost would never be known: refused under a budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A submission as the budget sees it."""

    job: str
    unit: Unit
    """That its provider bills in."""
    kind: Hashable
    """Equal for requests of one price, see `estimates.kind_of`."""
    estimate: Amount | None
    """None where neither a table nor the history has one."""
    reports_price: bool
    """Whether the provider's answers contain the actual price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reservation:
    """That of a submission which is running."""

    order: Order
    amount: Decimal | None
    """None while its price is unknown."""


@dataclass(slots=True)
class Budget:
    """Ceilings, and what is spent and reserved under them; for one event loop, never waits.

    A job is admitted only if `total` with its price, as it is known by then, is not above the
    ceiling; of a job of unknown price it is enough that `total` is below, and these run one at a
    time in each unit. So `total` is above a ceiling by no more than one such price, and what
    providers charge beyond the estimates of the jobs that were admitted by then.
    """

    ceilings: Mapping[Unit, Decimal]
    spent_by_others: Mapping[Unit, Decimal]
    """What the jobs of other runs, earlier and parallel ones, have cost by now."""
    unpriced: set[Unit] = field(default_factory=set)
    """Units in which a submission may have an unknown cost: unknown prices are refused in them."""
    _settled: defaultdict[Unit, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    _reservations: dict[str, _Reservation] = field(default_factory=dict)
    """By job."""
    _prices: dict[Hashable, Decimal] = field(default_factory=dict)
    """The latest price that was reported in this run, by kind."""

    def admit(self, order: Order) -> Admission:
        """Decide whether a job may be submitted now; `NOW` reserves its price until `settle`.

        After `WAIT`, which needs another running job, ask again once one was priced or settled.
        """
        if order.unit not in self.ceilings or order.job in self._reservations:
            return Admission.NOW
        amount = self._price_of(order)
        admission = self._unpriced(order) if amount is None else self._priced(order.unit, amount)
        if admission is Admission.NOW:
            self._reservations[order.job] = _Reservation(order=order, amount=amount)
        return admission

    def headroom(self, job: str, realms: Mapping[str, Realm]) -> Headroom | None:
        """How much other runs may have spent for a job with a reservation to fit.

        None where there is no ceiling. `realms`: provider to the realm whose costs count.
        """
        held = self._reservations.get(job)
        if held is None:
            return None
        unit, amount = held.order.unit, held.amount
        # Without the job's own price, which the ledger adds itself.
        ours = self._settled[unit] + self.reserved(unit) - (amount or ZERO)
        return Headroom(unit=unit, left=self.ceilings[unit] - ours, amount=amount, realms=realms)

    def price(self, job: str, actual: Amount | None) -> None:
        """Take in the price that an answer reports while the task runs; zero is not final yet."""
        held = self._reservations.get(job)
        value = None if held is None else _value(actual, held.order.unit)
        if held is None or not value:
            return
        # Its whole kind is known to cost that much now, also where a table estimates less.
        self._prices[held.order.kind] = value
        self._reservations[job] = _Reservation(order=held.order, amount=value)

    def settle(self, job: str, actual: Amount | None, *, kept: bool) -> None:
        """Replace the reservation, if any, of a job that has ended or will not be followed further.

        `kept`: it was paid for, or may have been (unknown fate): the actual price counts, or the
        estimate where the provider reports none. Otherwise (not sent, refused, failed without
        being billed) the reservation is released.
        """
        if kept:
            self.price(job, actual)
        held = self._reservations.pop(job, None)
        if held is None or not kept:
            return
        unit = held.order.unit
        value = _value(actual, unit)
        paid = held.amount if value is None else value
        if paid is None:  # paid, and no answer has reported how much
            self.unpriced.add(unit)
        else:
            self._settled[unit] += paid

    def spent(self, unit: Unit) -> Decimal:
        """What was paid, or may have been, without the running jobs of this run."""
        return self.spent_by_others.get(unit, ZERO) + self._settled[unit]

    def reserved(self, unit: Unit) -> Decimal:
        """The known prices of this run's running jobs."""
        return sum((held.amount or ZERO for held in self._running(unit)), ZERO)

    def total(self, unit: Unit) -> Decimal:
        """Spent and reserved together."""
        return self.spent(unit) + self.reserved(unit)

    def refusal(self, order: Order, admission: Admission) -> str:
        """Describe to the user why an order got `CEILING` or `UNPRICED`."""
        unit = order.unit
        whole = f"{digits(self.ceilings[unit])} {_WORDS[unit]}"
        if admission is Admission.UNPRICED:
            why = "its provider does not report it"
            if order.reports_price:
                why = "so is the cost of an earlier submission"
            return f"its price is unknown and {why}, so a budget of {whole} could not be kept"
        parts = [f"{digits(self.spent(unit))} spent"]
        if reserved := self.reserved(unit):
            parts.append(f"{digits(reserved)} reserved for running tasks")
        if order.estimate is not None:
            parts.append(f"about {digits(order.estimate.value)} needed for this job")
        state = "reached" if self.total(unit) >= self.ceilings[unit] else "not enough"
        return f"the budget of {whole} is {state}: {', '.join(parts)}"

    def _price_of(self, order: Order) -> Decimal | None:
        """The estimate, or the price reported for its kind in this run where that is more."""
        known = (_value(order.estimate, order.unit), self._prices.get(order.kind))
        # The dearer one: a table that is too cheap must not break the ceiling.
        return max((price for price in known if price is not None), default=None)

    def _priced(self, unit: Unit, amount: Decimal) -> Admission:
        ceiling = self.ceilings[unit]
        if self.total(unit) + amount <= ceiling:
            return Admission.NOW
        # Running tasks may be refunded; what is spent never comes back.
        could_fit = self.spent(unit) + amount <= ceiling
        return Admission.WAIT if could_fit and self._running(unit) else Admission.CEILING

    def _unpriced(self, order: Order) -> Admission:
        unit = order.unit
        if not order.reports_price or unit in self.unpriced:
            return Admission.UNPRICED
        running = self._running(unit)
        # One unknown price at a time: the ceiling is exceeded by one such price at most.
        if any(held.amount is None for held in running):
            return Admission.WAIT
        if self.total(unit) < self.ceilings[unit]:
            return Admission.NOW
        could_fit = self.spent(unit) < self.ceilings[unit]
        return Admission.WAIT if could_fit and running else Admission.CEILING

    def _running(self, unit: Unit) -> list[_Reservation]:
        return [held for held in self._reservations.values() if held.order.unit == unit]


_WORDS: Mapping[Unit, str] = {"credits": "credits", "cny": "CNY"}


def priced(
    entry: PlanEntry, operations: Mapping[str, Operation], outcomes: Mapping[str, Outcome]
) -> PlanEntry:
    """The entry with its price by the lengths of the results that it uses; as it is without any.

    `outcomes`: by id, of the jobs that it needs.
    """
    makers = {
        id_: Upstream(operation=operations[each.job.operation], job=each.job, files=each.files)
        for id_, each in outcomes.items()
    }
    job = entry.job
    media = measured(job, makers)
    price = None if media is None else estimate(operations[job.operation], job.parameters, media)
    return entry if price is None else replace(entry, estimate=price)


def order_of(entry: PlanEntry, operation: Operation, provider: Provider) -> Order:
    """The order for submitting an entry of a plan."""
    return Order(
        job=entry.job.id,
        unit=provider.UNIT,
        kind=kind_of(operation, entry.job.parameters, entry.job.media),
        estimate=entry.estimate,
        reports_price=provider.REPORTS_PRICE,
    )


def _value(amount: Amount | None, unit: Unit) -> Decimal | None:
    """The price as a number; None if it is in another unit or below zero."""
    if amount is None or amount.unit != unit or amount.value < 0:
        return None
    return amount.value
