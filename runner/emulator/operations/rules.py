"""Rules: what must hold between the values of several fields, and conditions on them."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from runner.emulator.api.errors import ApiError, invalid

Values: TypeAlias = Mapping[str, Any]
"""The value of each field, its default where the body has none."""
When: TypeAlias = Mapping[str, Container[Any]]
"""A condition: each field has one of these values; a list counts by its length. Empty: always."""


class _Given:
    """Every value of a field that is given."""

    def __contains__(self, value: object) -> bool:
        return bool(value)


GIVEN: Container[Any] = _Given()


def holds(when: When, values: Values) -> bool:
    """Whether the values meet a condition; fields that have not been read yet are null."""
    return all(comparable(values.get(name)) in allowed for name, allowed in when.items())


def comparable(value: Any) -> Any:
    """The value as conditions and prices compare it: a list by its length."""
    return len(value) if isinstance(value, (list, tuple)) else value


class Rule(Protocol):
    """What must hold between values that are each allowed."""

    def check(self, values: Values, path: str) -> None:
        """Raise ApiError for values that break the rule; messages put `path` before names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A combination of values that is refused."""

    when: When
    why: str

    def check(self, values: Values, path: str) -> None:
        """As `Rule`."""
        if holds(self.when, values):
            raise invalid(path + self.why)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlyWith:
    """A field that may be given under a condition only."""

    name: str
    when: Mapping[str, Sequence[str]]

    def check(self, values: Values, path: str) -> None:
        """As `Rule`."""
        if values.get(self.name) and not holds(self.when, values):
            conditions = [f"{name}: {', '.join(allowed)}" for name, allowed in self.when.items()]
            message = f"{path}{self.name} is allowed with {' and '.join(conditions)} only"
            raise ApiError("FieldUnwanted", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Only so many of some fields may be given: of two, exactly one, or at least one."""

    among: Sequence[str]
    least: int = 0
    most: int

    def check(self, values: Values, path: str) -> None:
        """As `Rule`."""
        count = sum(bool(values.get(name)) for name in self.among)
        if count < self.least:
            names = " or ".join(path + name for name in self.among)
            raise ApiError("FieldLacking", f"{names} is missing or empty")
        if count > self.most:
            names = " and ".join(path + name for name in self.among)
            raise ApiError("FieldUnwanted", f"{names}: at most {self.most} of them is allowed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """A field that needs another one."""

    name: str
    other: str

    def check(self, values: Values, path: str) -> None:
        """As `Rule`."""
        if values.get(self.name) and not values.get(self.other):
            message = f"{path}{self.other} is missing or empty, {path}{self.name} needs it"
            raise ApiError("FieldLacking", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Lists that share one limit."""

    among: Sequence[str]
    most: int

    def check(self, values: Values, path: str) -> None:
        """As `Rule`."""
        count = sum(len(values[name]) for name in self.among)
        if count > self.most:
            names = " and ".join(path + name for name in self.among)
            message = f"{names} must have at most {self.most} items together, not {count}"
            raise ApiError("FieldItemCountOutOfRange", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountOf:
    """Only so many objects of a list may have some fields, or lack others."""

    name: str
    """Of the list."""
    having: Sequence[str] = ()
    lacking: Sequence[str] = ()
    most: int
    when: When = field(default_factory=dict)

    def check(self, values: Values, path: str) -> None:
        """As `Rule`."""
        counted = [item for item in values[self.name] if self._counts(item)]
        if holds(self.when, values) and len(counted) > self.most:
            conditions = [f"with {name}" for name in self.having]
            conditions += [f"without {name}" for name in self.lacking]
            which = " and ".join(conditions)
            items = f"{len(counted)} items {which}".rstrip()
            message = f"{path}{self.name} has {items}, at most {self.most}"
            raise ApiError("FieldItemCountOutOfRange", f"{message} are allowed")

    def _counts(self, item: Values) -> bool:
        return all(item.get(name) for name in self.having) and not any(
            item.get(name) for name in self.lacking
        )
