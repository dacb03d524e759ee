"""Kinds: what the value of a field may be; each reads one field and checks its form.

A kind that no operation has yet is one more class with `read`, and with `with_media` if its values
have media in them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, runtime_checkable

from runner.emulator.api.errors import invalid, lacking
from runner.emulator.api.fields import SEED_LIMIT, Fields, is_web_url
from runner.emulator.api.images import USUAL_LIMITS
from runner.emulator.api.references import Limits, Source
from runner.emulator.operations.rules import Rule, Values

_RATIO = re.compile(r"[1-9][0-9]{0,2}:[1-9][0-9]{0,2}")


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
    default: int | None
    """None: the field is required."""
    as_text: bool = True
    """Whether text counts as a number, and 5.0 as a whole one."""
    is_required: bool = False

    def read(self, body: Fields, name: str) -> int:
        """The value, by the rules of `Kind`."""
        if self.is_required and body.values.get(name) is None:
            raise lacking(body.path + name)
        number = body.number if self.as_text else body.integer
        found = number(name, self.default, self.among[0], self.among[-1])
        if found not in self.among:
            raise invalid(f"{body.path}{name} must be one of {', '.join(map(str, self.among))}")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A boolean."""

    default: bool | None = False
    """None: the field is required."""

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
class Ratio:
    """Any ratio of two whole numbers, such as 21:9."""

    default: str

    def read(self, body: Fields, name: str) -> str:
        """The value, by the rules of `Kind`."""
        found = body.text(name, self.default)
        if not _RATIO.fullmatch(found):
            raise invalid(f"{body.path}{name} must be a ratio such as 16:9")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A text in a certain form."""

    form: str
    """A regular expression of the whole text."""
    example: str
    default: str | None = None
    """None: the field is required."""

    def read(self, body: Fields, name: str) -> str:
        """The value, by the rules of `Kind`."""
        found = body.text(name, self.default)
        if found != self.default and not re.fullmatch(self.form, found):
            raise invalid(f"{body.path}{name} must be in the form of {self.example}")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """A list of strings."""

    def read(self, body: Fields, name: str) -> list[str]:
        """The value, by the rules of `Kind`."""
        return body.texts(0, None, name)


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
    is_required: bool = False

    def read(self, body: Fields, name: str) -> float | None:
        """The value, by the rules of `Kind`."""
        if self.is_required and body.values.get(name) is None:
            raise lacking(body.path + name)
        return body.real(name, self.default, self.least, self.most)


# ----------------------------------------------------------------------- media, lists of objects

Change: TypeAlias = Callable[[str, str, Limits, bool], str]
"""Maps the full name, text and limits of a medium, and whether it is a creation, to a text."""


@runtime_checkable
class MediaKind(Kind, Protocol):
    """What the value of a field with media in it may be."""

    def with_media(self, value: Any, name: str, change: Change) -> Any:
        """The value of the field with that full name, each of its media changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """One image, video or sound; empty without one. What it contains is checked later."""

    is_required: bool = False
    is_creation: bool = False
    """Whether it is named by its id as a creation, rather than by a URL or as a data URI."""
    limits: Limits = USUAL_LIMITS

    def read(self, body: Fields, name: str) -> str:
        """The value, by the rules of `Kind`."""
        return body.text(name, None if self.is_required else "")

    def with_media(self, value: str, name: str, change: Change) -> str:
        """As `MediaKind`."""
        return change(name, value, self.limits, self.is_creation) if value else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A list of images, videos or sounds; what they contain is checked once they are here."""

    least: int = 0
    most: int | None = None
    is_required: bool = False
    """Whether a missing list is missing rather than too short."""
    limits: Limits = USUAL_LIMITS
    limits_of_many: Mapping[int, Limits] = field(default_factory=dict)
    """Instead of the usual ones, by the number of media in the list."""

    def read(self, body: Fields, name: str) -> list[str]:
        """The value, by the rules of `Kind`."""
        if self.is_required and body.values.get(name) is None:
            raise lacking(body.path + name)
        return body.texts(self.least, self.most, name)

    def with_media(self, value: Sequence[str], name: str, change: Change) -> list[str]:
        """As `MediaKind`."""
        limits = self.limits_of_many.get(len(value), self.limits)
        return [change(f"{name}[{n}]", text, limits, False) for n, text in enumerate(value)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    """A list of objects, each with the same fields."""

    least: int
    most: int | None = None
    fields: Mapping[str, Kind]
    """Fields of an object that are not among them are ignored."""
    rules: Sequence[Rule] = ()
    """Between the values of each object."""

    def read(self, body: Fields, name: str) -> list[dict[str, Any]]:
        """The value, by the rules of `Kind`."""
        if self.least > 0 and body.values.get(name) is None:
            raise lacking(body.path + name)
        found = []
        for item in body.objects(self.least, self.most, name):
            values = {key: kind.read(item, key) for key, kind in self.fields.items()}
            for rule in self.rules:
                rule.check(values, item.path)
            found.append(values)
        return found

    def with_media(self, value: Sequence[Values], name: str, change: Change) -> list[Values]:
        """As `MediaKind`."""
        return [
            {
                key: _with_media(inner, item[key], f"{name}[{number}].{key}", change)
                for key, inner in self.fields.items()
            }
            for number, item in enumerate(value)
        ]


def sources(kind: Kind, value: Any, name: str) -> list[Source]:
    """The media in the value of a field with that full name, in order."""
    found = []

    def collect(name: str, text: str, limits: Limits, is_creation: bool) -> str:
        found.append(Source(name=name, text=text, limits=limits, is_creation=is_creation))
        return text

    _with_media(kind, value, name, collect)
    return found


def named_media(kind: Kind, value: Any, name: str) -> Any:
    """The value with the full name of its field in place of each of its media."""
    return _with_media(kind, value, name, lambda name, *_: name)


def filled(kind: Kind, value: Any, texts: Mapping[str, str]) -> Any:
    """What `named_media` made of a value, with a text for each of its names."""
    return _with_media(kind, value, "", lambda *found: texts[found[1]])


def _with_media(kind: Kind, value: Any, name: str, change: Change) -> Any:
    return kind.with_media(value, name, change) if isinstance(kind, MediaKind) else value


SEED = Whole(among=range(SEED_LIMIT + 1), default=0)
