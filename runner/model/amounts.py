"""What things cost, and the values that requests are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeAlias, get_args

Parameters: TypeAlias = Mapping[str, Any]
"""Parameter name (as the API document spells it) to JSON value, `Deferred` where another job's
result goes."""

Unit: TypeAlias = Literal["credits", "cny"]

UNITS: tuple[Unit, ...] = get_args(Unit)
"""All of them, in the order in which they are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A price. Vidu bills in credits, ModelVerse in yuan."""

    unit: Unit
    value: Decimal
