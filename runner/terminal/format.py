"""Formats amounts of money and spans of time, and adds up amounts by unit."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from runner.model.operations import Amount

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.model.operations import Unit

_UNITS = {"credits": ("credit", "credits"), "cny": ("CNY", "CNY")}


def money(amount: Amount) -> str:
    """`6 credits`, `1.41 CNY`."""
    one, many = _UNITS[amount.unit]
    return f"{amount.value:f} {one if amount.value == 1 else many}"


def money_list(sums: Mapping[Unit, Decimal]) -> list[str]:
    """The amount of each unit."""
    return [money(Amount(unit=unit, value=value)) for unit, value in sums.items()]


def span(seconds: float) -> str:
    """`0.8 s`, `42 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def add(sums: dict[Unit, Decimal], amount: Amount | None) -> None:
    """Add a known amount to the sum of its unit."""
    if amount is not None:
        sums[amount.unit] = sums.get(amount.unit, Decimal(0)) + amount.value


def sums_by_unit(amounts: Iterable[Amount | None]) -> dict[Unit, Decimal]:
    """The sums of the known amounts."""
    sums: dict[Unit, Decimal] = {}
    for amount in amounts:
        add(sums, amount)
    return sums


def json_sums(sums: Mapping[Unit, Decimal]) -> dict[str, int | float]:
    """Sums as JSON values."""
    return {unit: json_number(value) for unit, value in sums.items()}


def json_number(value: Decimal) -> int | float:
    """An integer where it is one."""
    return int(value) if value == int(value) else float(value)
