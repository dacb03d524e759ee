"""Limits of media in an operation's file: types that exist, and limits that fit their kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runner.errors import nearest, suggest
from runner.media.types import ALIASES, EXTENSIONS, kind_of, with_article
from runner.model.values import ValuePath, as_dict, as_list, is_number
from runner.validation.diagnostics import Finding, shown
from runner.validation.operation_file.parts import Schema, described

_PIXELS = (
    *("min_width", "max_width", "min_height", "max_height"),
    *("max_ratio", "exclusive_max_ratio"),
)
_SECONDS = ("min_s", "max_s", "exclusive_min_s", "exclusive_max_s")
_VIDEO = ("min_fps", "max_fps", "exclusive_max_fps", "codecs")
_FOREIGN = {
    "image": (*_SECONDS, *_VIDEO),
    "video": ("first_to_last", "first"),
    "audio": (*_PIXELS, *_VIDEO, "first_to_last", "first"),
}
"""Kind of media to the limits that nothing of that kind has."""

_RANGES = (
    ("min_width", "max_width"),
    ("min_height", "max_height"),
    ("min_s", "max_s"),
    ("min_s", "exclusive_max_s"),
    ("exclusive_min_s", "max_s"),
    ("exclusive_min_s", "exclusive_max_s"),
    ("min_fps", "max_fps"),
    ("min_fps", "exclusive_max_fps"),
    ("max_inline_bytes", "max_bytes"),
)


def check_media_limits(schema: Schema) -> Iterator[Finding]:
    """Mistakes in the limits under `x-operation.media`."""
    media = as_dict(described(schema).get("media"))
    for name, limits in media.items():
        path = ("x-operation", "media", name)
        yield from _limits(as_dict(limits), path)
        others = [other for other in media if other != name]
        yield from _first(as_dict(limits), (*path, "first"), others)


def _limits(limits: Mapping[str, Any], path: ValuePath) -> Iterator[Finding]:
    kind = limits.get("kind")
    if isinstance(kind, str) and kind in _FOREIGN:
        yield from _types(as_list(limits.get("media_types")), (*path, "media_types"), kind)
        for key in _FOREIGN[kind]:
            if key in limits:
                message = f"{with_article(kind)} has no {key}"
                yield Finding(path=(*path, key), message=message, key=True)
    for low, high in _RANGES:
        least, most = _extremes(limits.get(low), limits.get(high))
        if least is not None and most is not None and least > most:
            message = f"{low} {shown(least)} is above {high} {shown(most)}: nothing is accepted"
            yield Finding(path=(*path, low), message=message)
    yield from _range(limits.get("first_to_last"), (*path, "first_to_last"))
    yield from _forms(limits, path)


def _first(limits: Mapping[str, Any], path: ValuePath, others: Sequence[str]) -> Iterator[Finding]:
    """A first image that is none, or that nothing is compared with."""
    name = limits.get("first")
    if isinstance(name, str) and name not in others:
        message = f"{shown(name)} is not another one of the media"
        yield Finding(path=path, message=message, hint=suggest(name, others))
    elif "first" in limits and "first_to_last" not in limits:
        message = "first has no effect without first_to_last"
        yield Finding(path=path, message=message, key=True)


def _types(types: list[Any], path: ValuePath, kind: str) -> Iterator[Finding]:
    known = [each for each in EXTENSIONS if kind_of(each) == kind]
    for index, media_type in enumerate(types):
        if not isinstance(media_type, str) or media_type in known:
            continue
        near = ALIASES.get(media_type) or nearest(media_type, known)
        article = with_article(kind)
        if kind_of(media_type) not in {None, kind}:
            message = f"{shown(media_type)} is not the type of {article}"
        else:
            message = f"no file has the type {shown(media_type)}"
        hint = f'did you mean "{near}"?' if near else f"known: {', '.join(known)}"
        yield Finding(path=(*path, index), message=message, hint=hint)


def _extremes(low: Any, high: Any) -> tuple[Any, Any]:
    """The largest of the least and the smallest of the most, where they are lists by count."""
    least = [each for each in _numbers(low) if is_number(each)]
    most = [each for each in _numbers(high) if is_number(each)]
    return max(least, default=None), min(most, default=None)


def _numbers(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _range(value: Any, path: ValuePath) -> Iterator[Finding]:
    ends = [end for end in as_list(value) if is_number(end)]
    if len(ends) == 2 and ends[0] > ends[1]:
        message = f"the range {shown(value)} is empty: write [least, most]"
        yield Finding(path=path, message=message)


_DEFAULT_FORMS = ("data_uri", "url")


def _forms(limits: Mapping[str, Any], path: ValuePath) -> Iterator[Finding]:
    """Forms that `as` and `max_inline_bytes` are about, and in which nothing is sent."""
    forms = as_list(limits.get("forms")) or list(_DEFAULT_FORMS)
    if "max_inline_bytes" in limits and forms == ["url"]:
        message = "max_inline_bytes has no effect: all is sent by URL"
        yield Finding(path=(*path, "max_inline_bytes"), message=message, key=True)
    held = as_dict(limits.get("as"))
    if not held:
        return
    sent = [part for part in held.values() if part != "media_type"]
    if len(sent) != 1:
        message = "`as` needs one key that holds the medium itself"
        yield Finding(path=(*path, "as"), message=message, key=True)
    elif forms != sent:
        message = f"`as` holds {shown(sent[0])}, so that must be the only one of `forms`"
        hint = f'write "forms": ["{sent[0]}"]'
        yield Finding(path=(*path, "as"), message=message, hint=hint, key=True)
    elif sent == ["url"] and len(held) > 1:
        message = "the media type of what is behind a URL is not known"
        yield Finding(path=(*path, "as"), message=message, key=True)
