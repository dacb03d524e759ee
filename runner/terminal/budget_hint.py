"""Budget hint: shows what an exhausted budget has to be for the jobs that it keeps waiting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from runner.model.operations import UNITS, Amount, Unit, add, digits
from runner.terminal.format import Sums, money, without_price


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetHint:
    """What to do about an exhausted budget."""

    text: str
    """`raise the budget to at least 210 credits`."""
    flag: str
    """The flag that does so, with the ceilings of the other units as they are."""

    def __str__(self) -> str:
        return f"{self.text}: {self.flag}, or run.budget in the manifest"


def budget_hint(
    ceilings: Sums, spent: Sums, waiting: Iterable[tuple[Unit, Amount | None]]
) -> BudgetHint | None:
    """The hint, from what is spent by now, and unit and price of each job that waits.

    None where the budget is enough for them.
    """
    needed = {unit: spent.get(unit, Decimal(0)) for unit in ceilings}
    jobs, unpriced = Counter[Unit](), Counter[Unit]()
    for unit, price in waiting:
        if unit in ceilings:
            add(needed, price)
            jobs[unit] += 1
            unpriced[unit] += price is None
    texts, values = [], []
    for unit in filter(ceilings.__contains__, UNITS):
        # A job without a known price is submitted as long as anything is left.
        is_full = needed[unit] == ceilings[unit] and unpriced[unit]
        if jobs[unit] and (needed[unit] > ceilings[unit] or is_full):
            texts.append(_sum_text(Amount(unit=unit, value=needed[unit]), unpriced[unit]))
            values.append(f"{unit}={'N' if unpriced[unit] else digits(needed[unit])}")
        else:
            values.append(f"{unit}={digits(ceilings[unit])}")
    if not texts:
        return None
    text = f"raise the budget to {' and '.join(texts)}"
    return BudgetHint(text=text, flag=f"--budget {','.join(values)}")


def _sum_text(amount: Amount, unpriced: int) -> str:
    """`at least 210 credits`, `more than 150 credits (1 job without a known price)`."""
    if unpriced:
        return f"more than {money(amount)} ({without_price(unpriced)})"
    return f"at least {money(amount)}"
