"""Language: the words in which the tables of operations are written.

A table is a value of `Operation`. Each field has a kind, which reads and checks its value; a kind
that no operation has yet, such as a list of objects, is one more class with `read`. What depends
on other values is a condition: `When` maps names to the values that they may have.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from runner.emulator.api.errors import invalid, lacking
from runner.emulator.api.fields import SEED_LIMIT, Fields, is_web_url
from runner.emulator.api.references import USUAL_LIMITS, ImageLimits

Values: TypeAlias = Mapping[str, Any]
"""The value of each field, its default where the body has none."""
When: TypeAlias = Mapping[str, Collection[Any]]
"""A condition: each field has one of these values; a list counts by its length. Empty: always."""


def holds(when: When, values: Values) -> bool:
    """Whether the values meet a condition; fields that have not been read yet are null."""
    return all(_comparable(values.get(name)) in allowed for name, allowed in when.items())


def _comparable(value: Any) -> Any:
    return len(value) if isinstance(value, (list, tuple)) else value


# ------------------------------------------------------------------------------------------ kinds


class Kind(Protocol):
    """What the value of a field may be."""

    def read(self, body: Fields, name: str) -> Any:
        """The value of a field of the body, or its default; raises ApiError for a wrong one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A string."""

    default: str | None = ""
    """None: the field is required, and not empty."""
    most: int | None = None
    """Characters."""

    def read(self, body: Fields, name: str) -> str:
        """The value, by the rules of `Kind`."""
        return body.text(name, self.default, self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of some names."""

    among: Sequence[str]
    default: str | None = None
    """None: the field is required."""

    def read(self, body: Fields, name: str) -> str:
        """The value, by the rules of `Kind`."""
        return body.choice(name, self.among, self.default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole number, as a JSON number or as text."""

    among: Sequence[int]
    """The numbers that it may be, rising."""
    default: int

    def read(self, body: Fields, name: str) -> int:
        """The value, by the rules of `Kind`."""
        found = body.number(name, self.default, self.among[0], self.among[-1])
        if found not in self.among:
            raise invalid(f"{name} must be one of {', '.join(map(str, self.among))}")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A boolean."""

    default: bool = False

    def read(self, body: Fields, name: str) -> bool:
        """The value, by the rules of `Kind`."""
        return body.flag(name, default=self.default)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAddress:
    """An http(s) URL; empty without one."""

    def read(self, body: Fields, name: str) -> str:
        """The value, by the rules of `Kind`."""
        found = body.text(name, "")
        if found and not is_web_url(found):
            raise invalid(f"{name} must be an http or https URL")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """A list of images, by URL or as data URIs; what they contain is checked once they are here."""

    least: int
    most: int
    is_required: bool = False
    """Whether a missing list is missing rather than too short."""
    limits: ImageLimits = USUAL_LIMITS

    def read(self, body: Fields, name: str) -> list[str]:
        """The value, by the rules of `Kind`."""
        if self.is_required and body.values.get(name) is None:
            raise lacking(body.path + name)
        return body.images(self.least, self.most, name)


SEED = Whole(among=range(SEED_LIMIT + 1), default=0)


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
    """The last part of the path."""
    makes: Literal["image", "video"]
    row_type: str
    """Its name in rows of the list."""
    fields: Mapping[str, Kind]
    """In the order in which they are read: conditions are about earlier ones. Fields of a body
    that are not among them are ignored."""
    cases: Sequence[Case] = ()
    """The last one that applies to a field decides."""
    refusals: Sequence[Refusal] = ()
    no_effect: Mapping[str, Sequence[When]]
    """Fields that are accepted, but change nothing in the result when one of these holds."""
    prices: Prices
    additions: Sequence[Addition] = ()
    answer: Sequence[str]
    """The fields that the answer to a submission repeats, in its order."""
    constants: Values
    """What that answer has besides, whatever was asked for."""

    @property
    def image_limits(self) -> ImageLimits:
        """What its images have to be."""
        kind = self.fields.get("images")
        return kind.limits if isinstance(kind, Images) else USUAL_LIMITS

    def kind(self, name: str, values: Values) -> Kind:
        """What a field may be, given the values of those before it."""
        fitting = (case for case in self.cases if name in case.fields and holds(case.when, values))
        return [self.fields[name], *(case.fields[name] for case in fitting)][-1]

    def has_effect(self, name: str, values: Values) -> bool:
        """Whether the field is on, and changes the result."""
        idle = any(holds(when, values) for when in self.no_effect.get(name, ()))
        return bool(values.get(name)) and not idle
