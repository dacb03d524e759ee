"""Language: the words in which the tables of operations are written.

A table is a value of `Operation`. Each field has a kind (see `kinds`). What depends on other values
is a condition: `When` maps names to the values that they may have.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from runner.emulator.operations.kinds import Kind

Values: TypeAlias = Mapping[str, Any]
"""The value of each field, its default where the body has none."""
When: TypeAlias = Mapping[str, Collection[Any]]
"""A condition: each field has one of these values; a list counts by its length. Empty: always."""


def holds(when: When, values: Values) -> bool:
    """Whether the values meet a condition; fields that have not been read yet are null."""
    return all(_comparable(values.get(name)) in allowed for name, allowed in when.items())


def _comparable(value: Any) -> Any:
    return len(value) if isinstance(value, (list, tuple)) else value


# ----------------------------------------------------------------------------------------- prices


@dataclass(frozen=True, slots=True, kw_only=True)
class ASecond:
    """Credits for each second of the video."""

    usual: int
    off_peak: int
    """Not always half of the usual price: a column of its own in the vendor's table."""

    def credits(self, values: Values, added: int) -> int:
        """What an order costs, with `added` credits for what is charged besides."""
        seconds: int = values["duration"]
        if values.get("off_peak"):
            return self.off_peak * seconds + half(added)
        return self.usual * seconds + added


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Credits by the number in a field; a number between two steps costs the lower one."""

    field: str
    steps: Mapping[int, int]

    def credits(self, values: Values, added: int) -> int:
        """What an order costs, with `added` credits for what is charged besides."""
        number = _comparable(values[self.field])
        whole = self.steps[max(step for step in self.steps if step <= number)] + added
        return half(whole) if values.get("off_peak") else whole


def half(credits_: int) -> int:
    """Half of the credits, rounded up: the price off peak."""
    return (credits_ + 1) // 2


Prices: TypeAlias = Mapping[tuple[str, str], ASecond | Steps]
"""By model and resolution."""


# ------------------------------------------------------------------------------------- operations


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Kinds that fields have under a condition, on fields before them, instead of the usual one."""

    when: When
    fields: Mapping[str, Kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A combination of values that is refused although each is allowed."""

    when: When
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """Credits that are charged besides the price, under a condition."""

    when: When
    credits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation: its fields, the conditions between them, its prices and its answer."""

    path: str
    """The last part of Vidu's path, or ModelVerse's `vidu_type`."""
    api: Literal["vidu", "modelverse"] = "vidu"
    makes: Literal["image", "video"]
    fields: Mapping[str, Kind]
    """In the order in which they are read: conditions are about earlier ones. Fields of a body
    that are not among them are ignored."""
    parents: Mapping[str, str] = field(default_factory=dict)
    """The object of the body in which a field stands; the others stand in the body itself."""
    cases: Sequence[Case] = ()
    """The last one that applies to a field decides."""
    refusals: Sequence[Refusal] = ()
    no_effect: Mapping[str, Sequence[When]]
    """Fields that are accepted, but change nothing in the result when one of these holds."""
    row_type: str = ""
    """Its name in rows of Vidu's list."""
    prices: Prices = field(default_factory=dict)
    """In credits; ModelVerse answers without them."""
    additions: Sequence[Addition] = ()
    answer: Sequence[str] = ()
    """The fields that the answer to a submission repeats, in its order."""
    constants: Values = field(default_factory=dict)
    """What that answer has besides, whatever was asked for."""

    def kind(self, name: str, values: Values) -> Kind:
        """What a field may be, given the values of those before it."""
        fitting = (case for case in self.cases if name in case.fields and holds(case.when, values))
        return [self.fields[name], *(case.fields[name] for case in fitting)][-1]

    def has_effect(self, name: str, values: Values) -> bool:
        """Whether the field is on, and changes the result."""
        idle = any(holds(when, values) for when in self.no_effect.get(name, ()))
        return bool(values.get(name)) and not idle
