"""Whether one more submission fits under the ceiling: reservations as bookkeeping, nothing else.

What a submission should cost is reserved before it leaves; what it really cost replaces that.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from runner.ledger import Headroom, Realm
from runner.model import Amount, Operation, PlanEntry, Unit
from runner.planning.estimates import kind_of
from runner.providers.registry import Provider

NOTHING = Decimal(0)


class Admission(enum.Enum):
    """What the budget says to a submission."""

    NOW = "now"
    """It fits, and its price is reserved."""
    WAIT = "wait"
    """Not yet: what is under way tells a price, or may leave room, when it ends."""
    CEILING = "ceiling"
    """It does not fit, and nothing under way can change that: submit nothing more."""
    UNPRICED = "unpriced"
    """Nobody can tell what it will have cost: refused under a budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a submission asks the budget for."""

    job: str
    unit: Unit
    """What its provider bills in."""
    kind: Hashable
    """What requests of one price share, see `prices.kind`."""
    estimate: Amount | None
    """None where neither a table nor the history tells."""
    told: bool
    """Whether the provider's answers tell the price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hold:
    """A reservation: a submission that is under way."""

    order: Order
    amount: Decimal | None
    """None while its price is not known."""


class Budget:
    """Ceilings, what is spent, and what is reserved; pure bookkeeping for one event loop.

    `total` is never above its ceiling because of a job whose price was known. Jobs of unknown
    price go one at a time in each unit, so that it is never above by more than one such price.
    """

    def __init__(
        self,
        ceilings: Mapping[Unit, Decimal],
        spent: Mapping[Unit, Decimal],
        blind: Collection[Unit] = (),
    ) -> None:
        """`spent` is what others than this run's jobs have cost, see `elsewhere`.

        `blind`: units in which an earlier submission may have cost nobody knows how much.
        """
        self._ceilings = dict(ceilings)
        self._elsewhere = dict(spent)
        self._settled: dict[Unit, Decimal] = {}
        self._holds: dict[str, _Hold] = {}
        self._reserved: dict[Unit, Decimal] = {}
        self._prices: dict[Hashable, Decimal] = {}
        self._blind: set[Unit] = set(blind)

    def admit(self, order: Order) -> Admission:
        """Whether the job may be submitted now; with `NOW` its price is reserved until `settle`.

        `WAIT` is only ever said while another job is under way: ask again when one was priced
        or settled.
        """
        answer = self.answer(order)
        if (
            answer is Admission.NOW
            and order.unit in self._ceilings
            and order.job not in self._holds
        ):
            self._hold(order, self._price_of(order))
        return answer

    def answer(self, order: Order) -> Admission:
        """What `admit` would say; nothing is reserved."""
        if order.unit not in self._ceilings or order.job in self._holds:
            return Admission.NOW
        amount = self._price_of(order)
        return self._unpriced(order) if amount is None else self._priced(order.unit, amount)

    def headroom(self, job: str, realms: Mapping[str, Realm]) -> Headroom | None:
        """What other runs may have cost for the job, whose price is reserved, to fit.

        None where there is no ceiling. `realms`: provider to the side on which costs count.
        """
        hold = self._holds.get(job)
        if hold is None:
            return None
        unit, amount = hold.order.unit, hold.amount
        here = self._settled.get(unit, NOTHING) + self.reserved(unit) - (amount or NOTHING)
        return Headroom(unit=unit, left=self._ceilings[unit] - here, amount=amount, realms=realms)

    def price(self, job: str, actual: Amount | None) -> None:
        """An answer told what the job costs while its task is under way; of zero, not yet."""
        hold = self._holds.get(job)
        value = None if hold is None else _value(actual, hold.order.unit)
        if hold is None or not value:
            return
        self._prices[hold.order.kind] = value
        self._release(job)
        self._hold(hold.order, value)

    def settle(self, job: str, actual: Amount | None, *, kept: bool) -> None:
        """The job is no longer under way, or nothing will be learned of it any more.

        `kept`: it was paid for, or may have been (its fate is unknown): the real price stands,
        or where the provider tells none the estimate. Otherwise (not sent, refused, failed
        without being billed) the reservation is released. Of a job that holds none, nothing.
        """
        if kept:
            self.price(job, actual)
        hold = self._release(job)
        if hold is None or not kept:
            return
        unit = hold.order.unit
        real = _value(actual, unit)
        paid = hold.amount if real is None else real
        if paid is None:
            self._blind.add(unit)
        else:
            self._settled[unit] = self._settled.get(unit, NOTHING) + paid

    def elsewhere(self, spent: Mapping[Unit, Decimal]) -> None:
        """What others than this run's jobs have cost by now: earlier runs, and runs beside it."""
        self._elsewhere = dict(spent)

    def blind(self, unit: Unit) -> None:
        """An earlier submission may have cost nobody knows how much in that unit."""
        self._blind.add(unit)

    def spent(self, unit: Unit) -> Decimal:
        """What was paid, or may have been, without what is under way here."""
        return self._elsewhere.get(unit, NOTHING) + self._settled.get(unit, NOTHING)

    def reserved(self, unit: Unit) -> Decimal:
        """What is under way here should cost, as far as it is known."""
        return self._reserved.get(unit, NOTHING)

    def total(self, unit: Unit) -> Decimal:
        """Spent and reserved together."""
        return self.spent(unit) + self.reserved(unit)

    def ceiling(self, unit: Unit) -> Decimal | None:
        """The ceiling in that unit; None where there is none."""
        return self._ceilings.get(unit)

    def _price_of(self, order: Order) -> Decimal | None:
        """The estimate, or what this run was told of its kind where that is more."""
        known = (_value(order.estimate, order.unit), self._prices.get(order.kind))
        return max((price for price in known if price is not None), default=None)

    def _priced(self, unit: Unit, amount: Decimal) -> Admission:
        ceiling = self._ceilings[unit]
        if self.total(unit) + amount <= ceiling:
            return Admission.NOW
        room = self.spent(unit) + amount <= ceiling
        return Admission.WAIT if room and self._under_way(unit) else Admission.CEILING

    def _unpriced(self, order: Order) -> Admission:
        unit = order.unit
        if not order.told or unit in self._blind:
            return Admission.UNPRICED
        under_way = self._under_way(unit)
        if any(hold.amount is None for hold in under_way):
            return Admission.WAIT
        if self.total(unit) < self._ceilings[unit]:
            return Admission.NOW
        room = self.spent(unit) < self._ceilings[unit]
        return Admission.WAIT if room and under_way else Admission.CEILING

    def _under_way(self, unit: Unit) -> list[_Hold]:
        return [hold for hold in self._holds.values() if hold.order.unit == unit]

    def _hold(self, order: Order, amount: Decimal | None) -> None:
        self._holds[order.job] = _Hold(order=order, amount=amount)
        self._reserved[order.unit] = self.reserved(order.unit) + (amount or NOTHING)

    def _release(self, job: str) -> _Hold | None:
        hold = self._holds.pop(job, None)
        if hold is not None:
            unit = hold.order.unit
            self._reserved[unit] = self.reserved(unit) - (hold.amount or NOTHING)
        return hold


def refusal(budget: Budget, order: Order) -> str:
    """Why the order was answered with `CEILING` or `UNPRICED`, for the reason of its job."""
    ceiling = budget.ceiling(order.unit)
    assert ceiling is not None
    whole = f"{ceiling:f} {_WORDS[order.unit]}"
    if budget.answer(order) is Admission.UNPRICED:
        why = (
            ", and an earlier submission may have cost nobody knows how much"
            if order.told
            else " and its provider's answers tell none"
        )
        return f"its price is not known{why}, so a budget of {whole} could not be kept"
    parts = [f"{budget.spent(order.unit):f} are spent"]
    if reserved := budget.reserved(order.unit):
        parts.append(f"{reserved:f} are reserved for what is under way")
    if order.estimate is not None:
        parts.append(f"this one costs about {order.estimate.value:f}")
    return f"the budget of {whole} is reached: {', '.join(parts)}"


_WORDS: Mapping[Unit, str] = {"credits": "credits", "cny": "CNY"}


def order_of(entry: PlanEntry, operation: Operation, provider: Provider) -> Order:
    """What submitting an entry of a plan asks the budget for."""
    images = sum(len(some) for some in entry.job.media.values())
    return Order(
        job=entry.job.id,
        unit=provider.UNIT,
        kind=kind_of(operation, entry.job.parameters, images),
        estimate=entry.estimate,
        told=provider.REPORTS_PRICE,
    )


def _value(amount: Amount | None, unit: Unit) -> Decimal | None:
    """The price as a number; one in another unit, or below zero, is none."""
    if amount is None or amount.unit != unit or amount.value < 0:
        return None
    return amount.value
