"""Language: the words in which the tables of operations are written.

A table is a value of `Operation`. Each field has a kind (see `kinds`); what holds between fields is
a rule (see `rules`). What depends on other values is a condition: `When` maps names to the values
that they may have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from runner.emulator.operations.kinds import Kind
from runner.emulator.operations.rules import Rule, Values, When, comparable, holds
from runner.emulator.state.tasks import Reference

# ----------------------------------------------------------------------------------------- prices


class Price(Protocol):
    """Credits for one model and resolution."""

    def credits(self, values: Values, added: int) -> int:
        """What an order costs, with `added` credits for what is charged in addition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ASecond:
    """Credits for each second of the video."""

    usual: int
    off_peak: int
    """Not always half of the usual price: a column of its own in the vendor's table."""

    def credits(self, values: Values, added: int) -> int:
        """As `Price`."""
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
        """As `Price`."""
        number = comparable(values[self.field])
        whole = self.steps[max(step for step in self.steps if step <= number)] + added
        return half(whole) if values.get("off_peak") else whole


@dataclass(frozen=True, slots=True, kw_only=True)
class ForEach:
    """The sum of the prices of the objects in a list."""

    field: str
    price: Price

    def credits(self, values: Values, added: int) -> int:
        """As `Price`."""
        whole = sum(self.price.credits(item, 0) for item in values[self.field]) + added
        return half(whole) if values.get("off_peak") else whole


@dataclass(frozen=True, slots=True, kw_only=True)
class ForEvery:
    """Credits for each begun step of a number, or of the characters of a text."""

    field: str
    step: int
    price: int

    def credits(self, values: Values, added: int) -> int:
        """As `Price`."""
        found = values[self.field]
        number = len(found) if isinstance(found, str) else found
        return self.price * math.ceil(number / self.step) + added


@dataclass(frozen=True, slots=True, kw_only=True)
class If:
    """A price under a condition; nothing otherwise."""

    when: When
    price: Price

    def credits(self, values: Values, added: int) -> int:
        """As `Price`."""
        return self.price.credits(values, added) if holds(self.when, values) else added


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Several prices together."""

    parts: Sequence[Price]

    def credits(self, values: Values, added: int) -> int:
        """As `Price`."""
        return sum(part.credits(values, 0) for part in self.parts) + added


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat:
    """The same for each task."""

    price: int

    def credits(self, values: Values, added: int) -> int:
        """As `Price`."""
        del values
        return self.price + added


@dataclass(frozen=True, slots=True, kw_only=True)
class ByName:
    """Credits by the name in a field."""

    field: str
    usual: int
    others: Mapping[str, int]

    def credits(self, values: Values, added: int) -> int:
        """As `Price`."""
        whole = self.others.get(values[self.field], self.usual) + added
        return half(whole) if values.get("off_peak") else whole


def half(credits_: int) -> int:
    """Half of the credits, rounded up: the price off peak."""
    return (credits_ + 1) // 2


Prices: TypeAlias = Mapping[tuple[str, str], Price]
"""By model and resolution."""


# ---------------------------------------------------------------------------------------- lengths

Length: TypeAlias = Callable[[Values, Sequence[Reference]], float]
"""Maps the values of a request, and its videos and sounds, to the seconds of the result, whole ones
for a video; 0 for a picture."""
_ROUNDING_S = 0.15  # the last frame of a video or sound may end a little late
UNKNOWN_VIDEO_S = 5
"""What the length of a video or sound counts as that is not here to be measured."""


def asked_length(values: Values, videos: Sequence[Reference]) -> float:
    """The seconds that the request asks for."""
    del videos
    seconds: float = values.get("duration", 0)
    return seconds


def asked_prompt(values: Values) -> str:
    """What the result is to show by the request, or what is to be spoken in it."""
    prompt: str = values.get("prompt", values.get("text", ""))
    return prompt


def same_length(values: Values, videos: Sequence[Reference]) -> float:
    """Those of the video or sound; where two are named, of the last one."""
    del values
    return length_of(videos[-1])


def with_extension(values: Values, videos: Sequence[Reference]) -> float:
    """Those of the whole video, and of the extension that the request asks for."""
    return length_of(videos[-1]) + asked_length(values, videos)


def length_of(medium: Reference) -> int:
    """The whole seconds that a video or sound takes."""
    return math.ceil(medium.seconds - _ROUNDING_S) if medium.seconds else UNKNOWN_VIDEO_S


# ------------------------------------------------------------------------------------- operations


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Kinds that fields have under a condition, on fields before them, instead of the usual one."""

    when: When
    fields: Mapping[str, Kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """Credits that are charged in addition to the price, under a condition."""

    when: When
    credits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation: its fields, the conditions between them, its prices and its answer."""

    path: str
    """The last part of Vidu's path, ModelVerse's `vidu_type`, or a name for its other models."""
    variant: str = ""
    """The field that only this one of the operations on its path has."""
    api: Literal["vidu", "modelverse"] = "vidu"
    makes: Literal["image", "video", "audio"]
    models: Sequence[str] = ()
    """Those of ModelVerse that it is for."""
    fields: Mapping[str, Kind]
    """In the order in which they are read: conditions are about earlier ones. Fields of a body
    that are not among them are ignored."""
    parents: Mapping[str, str] = field(default_factory=dict)
    """The object of the body in which a field stands; the others stand in the body itself."""
    cases: Sequence[Case] = ()
    """The last one that applies to a field decides."""
    rules: Sequence[Rule] = ()
    """In the order in which they are checked, once every field has been read."""
    unwanted: Sequence[str] = ()
    """Fields of the other operations on its path, which are refused rather than ignored."""
    no_effect: Mapping[str, Sequence[When]] = field(default_factory=dict)
    """Fields that are accepted, but change nothing in the result when one of these holds."""
    fixed: Values = field(default_factory=dict)
    """Values that the result has and no field asks for."""
    length: Length = asked_length
    prompt: Callable[[Values], str] = asked_prompt
    resolution_field: str = "resolution"
    """A field with the name of a resolution, or with width and height such as 1280x720."""
    resolutions: Mapping[str, str] = field(default_factory=dict)
    """The resolutions that the values of that field stand for, where those are no names of any."""
    ratio_field: str = "aspect_ratio"
    sound_field: str = "audio"
    """The field that makes speech and sounds heard."""
    is_from_images: bool = False
    """Whether the video passes through its images although it has a ratio of its own."""
    must_grow: bool = False
    """Whether the task fails unless its result is larger than the video that it is made of."""
    row_type: str = ""
    """Its name in rows of Vidu's list."""
    prices: Prices = field(default_factory=dict)
    """In credits; ModelVerse answers without them."""
    additions: Sequence[Addition] = ()
    answer: Sequence[str] = ()
    """The fields that the answer to a submission repeats, in its order."""
    constants: Values = field(default_factory=dict)
    """What that answer has in addition, whatever was asked for."""
    unanswered: Sequence[str] = ()
    """Fields of all other answers that this one lacks."""
    result_field: str = ""
    """Of an operation that answers with its result: the field for the URL."""
    is_film: bool = False
    """Whether it is queried on a path of its own, with the parts that it is cut of."""
    has_progress: bool = False
    """Whether a query reports how far the task is."""
    urls_live_s: float = math.inf
    """How long the URLs of its results are valid, where its page has less than the others."""

    @property
    def is_synchronous(self) -> bool:
        """Whether the answer to a submission is the result."""
        return bool(self.result_field)

    @property
    def name(self) -> str:
        """The only one with this name in its API."""
        return f"{self.path}-{self.variant}" if self.variant else self.path

    def kind(self, name: str, values: Values) -> Kind:
        """What a field may be, given the values of those before it."""
        fitting = (case for case in self.cases if name in case.fields and holds(case.when, values))
        return [self.fields[name], *(case.fields[name] for case in fitting)][-1]

    def has_effect(self, name: str, values: Values) -> bool:
        """Whether the field is on, and changes the result."""
        idle = any(holds(when, values) for when in self.no_effect.get(name, ()))
        return bool(values.get(name)) and not idle
