"""Kinds: what the value of a field may be; each reads one field and checks its form.

A kind that no operation has yet is one more class with `read`, and a case in `sources` if its
values have media in them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from runner.emulator.api.errors import invalid, lacking
from runner.emulator.api.fields import SEED_LIMIT, Fields, is_web_url
from runner.emulator.api.references import USUAL_LIMITS, ImageLimits, Source


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
    """A whole number."""

    among: Sequence[int]
    """The numbers that it may be, rising."""
    default: int
    as_text: bool = True
    """Whether text counts as a number, and 5.0 as a whole one."""

    def read(self, body: Fields, name: str) -> int:
        """The value, by the rules of `Kind`."""
        number = body.number if self.as_text else body.integer
        found = number(name, self.default, self.among[0], self.among[-1])
        if found not in self.among:
            raise invalid(f"{body.path}{name} must be one of {', '.join(map(str, self.among))}")
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
            raise invalid(f"{body.path}{name} must be an http or https URL")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class AlwaysOn:
    """A boolean that is true whatever the body has."""

    def read(self, body: Fields, name: str) -> bool:
        """True, by the rules of `Kind`."""
        body.flag(name)
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Real:
    """A number, whole or not; null without one."""

    default: float | None = None
    least: float = -math.inf
    most: float = math.inf

    def read(self, body: Fields, name: str) -> float | None:
        """The value, by the rules of `Kind`."""
        return body.real(name, self.default, self.least, self.most)


# ----------------------------------------------------------------------- media, lists of objects


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One image, by URL or as a data URI; empty without one. What it contains is checked later."""

    is_required: bool = False
    limits: ImageLimits = USUAL_LIMITS

    def read(self, body: Fields, name: str) -> str:
        """The value, by the rules of `Kind`."""
        return body.text(name, None if self.is_required else "")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    """A list of objects, each with the same fields."""

    least: int
    most: int
    fields: Mapping[str, Kind]
    """Fields of an object that are not among them are ignored."""

    def read(self, body: Fields, name: str) -> list[dict[str, Any]]:
        """The value, by the rules of `Kind`."""
        if self.least > 0 and body.values.get(name) is None:
            raise lacking(body.path + name)
        return [
            {key: kind.read(item, key) for key, kind in self.fields.items()}
            for item in body.objects(self.least, self.most, name)
        ]


def sources(kind: Kind, value: Any, name: str) -> Iterator[Source]:
    """The media in the value of a field with that full name, in order."""
    match kind:
        case Image() if value:
            yield Source(name=name, text=value, limits=kind.limits)
        case Images():
            for number, text in enumerate(value):
                yield Source(name=f"{name}[{number}]", text=text, limits=kind.limits)
        case Objects():
            for number, item in enumerate(value):
                for key, inner in kind.fields.items():
                    yield from sources(inner, item[key], f"{name}[{number}].{key}")


SEED = Whole(among=range(SEED_LIMIT + 1), default=0)
