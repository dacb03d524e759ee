"""What can be asked of an API, as its schema file states it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """Where one parameter travels in the request body."""

    path: tuple[str, ...]
    """Keys from the body's root, e.g. ("input", "prompt")."""
    type: Literal["json", "string"] = "json"
    """"string": numbers travel as their digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLimits:
    """What a provider accepts as an image of one parameter."""

    media_types: tuple[str, ...]
    max_bytes: int
    min_width: int
    min_height: int
    max_ratio: float
    """Longer side over shorter side must be below this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing a provider offers, as its schema file describes it."""

    name: str
    """`<provider>/<operation>`, e.g. "vidu/reference2image"."""
    title: str
    provider: str
    makes: Literal["image", "video"]
    method: str
    path: str
    media_type: str
    """Content type of the request body."""
    schema: Mapping[str, Any]
    """The whole JSON Schema (2020-12) of an expanded job's parameters."""
    wire: Mapping[str, Wire]
    constants: Mapping[tuple[str, ...], Any]
    """Body path to a value every request carries, e.g. ("parameters", "vidu_type")."""
    media: Mapping[str, MediaLimits]
    """The parameters that hold lists of images."""
    body_limit_bytes: int | None
    seed: str | None
    """The parameter that takes the seed."""
    seed_max: int
    tag: str | None
    """The parameter whose text the provider hands back, where the runner's tag may travel."""
    unhashed: frozenset[str]
    """Parameters without effect on what is made; no part of the fingerprint."""
    price: Mapping[str, Any] | None
    time: Mapping[str, Any] | None
