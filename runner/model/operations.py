"""Operations: what can be asked of a provider, as the schema files describe it; and prices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypeAlias, get_args

from runner.model.names import leaves_at, name_of
from runner.model.tables import Table, TimeLimit
from runner.model.values import Parameters, ValuePath

Unit: TypeAlias = Literal["credits", "cny"]

MediaKind: TypeAlias = Literal["image", "video", "audio"]

MEDIA_KINDS: tuple[MediaKind, ...] = get_args(MediaKind)

UNITS: tuple[Unit, ...] = get_args(Unit)
"""In the order in which amounts are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A price. Vidu bills in credits, ModelVerse in yuan."""

    unit: Unit
    value: Decimal


def digits(value: Decimal) -> str:
    """The digits of an amount: never `1E+3`, and 5 rather than 5.0."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def add(sums: dict[Unit, Decimal], amount: Amount | None) -> None:
    """Add a known amount to the sum of its unit."""
    if amount is not None:
        sums[amount.unit] = sums.get(amount.unit, Decimal(0)) + amount.value


def add_up(amounts: Iterable[Amount | None]) -> dict[Unit, Decimal]:
    """The known amounts by unit."""
    sums: dict[Unit, Decimal] = {}
    for amount in amounts:
        add(sums, amount)
    return sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """Where one parameter is in the request body."""

    path: tuple[str, ...]
    """Keys from the body's root, e.g. ("input", "prompt")."""
    type: Literal["json", "string"] = "json"
    """"string": numbers are sent as their digits."""
    fill: Mapping[str, Any] = field(default_factory=dict)
    """Of a list of mappings: what is sent for the keys that an item leaves out."""


MediaForm: TypeAlias = Literal["url", "data_uri", "base64"]
"""How a medium is sent; "base64" is a data URI without its head."""


# By identity, as operations are: each is loaded once.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MediaLimits:
    """What a provider accepts at one place of media; None where its document has no limit."""

    kind: MediaKind
    media_types: tuple[str, ...]
    forms: tuple[MediaForm, ...] = ("data_uri", "url")
    """Those that are accepted, the preferred one for files first."""
    as_object: Mapping[str, MediaForm | Literal["media_type"]] | None = None
    """Keys of the object that stands for the medium in the request; None: its form alone."""
    max_bytes: int | None = None
    max_inline_bytes: int | None = None
    """Of a file that is sent inside the request, before base64."""
    min_width: int | None = None
    """Pixels, as the other sides."""
    max_width: int | None = None
    min_height: int | None = None
    max_height: int | None = None
    max_ratio: float | None = None
    """Of the longer side over the shorter one."""
    exclusive_max_ratio: float | None = None
    """The ratio must be below this."""
    min_s: tuple[float, ...] = ()
    """Seconds where the list has one item, two, ...; the last counts for all longer lists."""
    max_s: tuple[float, ...] = ()
    exclusive_min_s: float | None = None
    exclusive_max_s: float | None = None
    min_fps: float | None = None
    """Frames a second."""
    max_fps: float | None = None
    exclusive_max_fps: float | None = None
    codecs: tuple[str, ...] = ()
    """Of the pictures in a video; empty: any."""
    first_to_last: tuple[float, float] | None = None
    """Of two images: the least and the most of the first's pixels, or ratio, over the last's."""
    first: str | None = None
    """The parameter that is the first image, where this one is the last; None: both are a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultForm:
    """How an operation's result is given; the defaults are the provider's usual way."""

    synchronous: bool = False
    """The answer to the submission is the result, unless it has a state that is not an end."""
    task_id: str | None = None
    """The field of answers that has the task's id."""
    path: str | None = None
    """Where its state is asked for, with `{id}` for the task's id."""
    url: str | None = None
    """The field that has the file's URL."""
    by_tag: str | None = None
    """Where a task is asked for by the text of the operation's `tag`, with `{tag}` for it."""


USUAL_FORM = ResultForm()

OFF_PEAK = "off_peak"
"""The parameter by which an operation that has it waits for idle hours, at half the price."""


# Compared and hashed by identity, so that what is compiled from an operation can be cached.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Operation:
    """One thing a provider offers, as its schema file describes it."""

    name: str
    """`<provider>/<operation>`, e.g. "vidu/reference2image"."""
    title: str
    provider: str
    makes: MediaKind
    method: str
    path: str
    media_type: str
    """Content type of the request body."""
    schema: Mapping[str, Any]
    """The whole JSON Schema (2020-12) of an expanded job's parameters."""
    wire: Mapping[str, Wire]
    constants: Mapping[tuple[str, ...], Any]
    """Path in the body to a value that every request contains, e.g. ("parameters", "vidu_type")."""
    media: Mapping[str, MediaLimits]
    """What holds images, a list or one text, by name: see `model.names`."""
    body_limit_bytes: tuple[int, int] | None
    """The bytes of a body that is surely accepted, and of the largest that may be."""
    seed: str | None
    """The parameter that takes the seed."""
    seed_max: int
    tag: str | None
    """The parameter whose text the provider returns with the task: it carries the runner's tag."""
    unhashed: frozenset[str]
    """Parameters without effect on the result; not part of the fingerprint."""
    price: tuple[Table, ...]
    """The vendor's price tables, of which the first that has a row for a request counts."""
    time: tuple[Table, ...]
    """The vendor's tables of task times in seconds."""
    timeout: tuple[TimeLimit, ...]
    """The time limits of its tasks, of which the first that holds counts; else the usual one."""
    result: ResultForm

    def media_in(self, parameters: Parameters) -> Iterator[tuple[ValuePath, Any]]:
        """Every image in the parameters with its path: each of a list, and each single one."""
        for name in self.media:
            yield from leaves_at(parameters, name)

    def limits_at(self, path: ValuePath) -> MediaLimits | None:
        """The limits of the image at a path in the parameters; None where there goes none."""
        return self.media.get(name_of(path))

    def limits_of(self, path: ValuePath) -> MediaLimits:
        """The limits of a medium, which is known to be at that path."""
        limits = self.limits_at(path)
        assert limits is not None, path
        return limits
