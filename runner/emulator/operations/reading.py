"""Reading: applies the table of an operation to a request body, and prices the order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from runner.emulator.api.errors import ApiError, invalid
from runner.emulator.api.fields import Fields
from runner.emulator.api.references import Limits, Source
from runner.emulator.operations.kinds import named_media, sources
from runner.emulator.operations.language import Operation
from runner.emulator.operations.rules import Values, holds
from runner.emulator.operations.vidu import OPERATIONS
from runner.emulator.state.tasks import Order, Reference
from runner.emulator.tables import is_smaller

Receive: TypeAlias = Callable[[Sequence[Source]], list[Reference]]
"""Maps the media that a request names to checked ones; raises ApiError."""

# Fields of a body that have one in `Order`, or are too large to keep twice.
_NOT_DETAILS = frozenset(
    {"model", "prompt", "seed", "aspect_ratio", "resolution"}
    | {"payload", "callback_url", "meta_data"}
)
# What the result shows of the body, in addition to prompt, seed, images and its own form.
_SHOWN = (
    *("template", "story", "area", "beast"),
    *("style", "movement_amplitude", "audio_type", "voice_id", "guidance_scale"),
    *("speed", "language"),
)


def read(operation: Operation, body: Fields, receive: Receive) -> Order:
    """The order in a request body; raises ApiError."""
    for name in operation.unwanted:
        if body.values.get(name) is not None:
            message = f"{name} and {operation.variant} exclude each other"
            raise ApiError("FieldUnwanted", message)
    scopes = _scopes(operation, body)
    values = {**operation.fixed, **_checked(operation, scopes)}
    kinds = {name: operation.kind(name, values) for name in operation.fields}
    paths = {name: scopes[name].path + name for name in kinds}
    media = [found for name in kinds for found in sources(kinds[name], values[name], paths[name])]
    by_kind: dict[str, list[Reference]] = {"image": [], "video": [], "audio": []}
    for reference, source in zip(receive(media), media, strict=True):
        by_kind[_kind_of(source.limits)].append(reference)
    named = values.get(operation.resolution_field, "")
    resolution = operation.resolutions.get(named, named)
    ratio = operation.ratio_field
    length_s = operation.length(values, [*by_kind["video"], *by_kind["audio"]])
    is_sound = operation.makes == "audio"
    return Order(
        api=operation.api,
        operation=operation.name,
        model=values.get("model", ""),
        prompt=operation.prompt(values),
        seed=max(0, values.get("seed", 0)),  # some have -1 rather than 0 for one that is drawn
        aspect_ratio=values[ratio] if operation.has_effect(ratio, values) else "",
        resolution=resolution,
        images=tuple(by_kind["image"]),
        videos=tuple(by_kind["video"]),
        sounds=tuple(by_kind["audio"]),
        duration_s=0 if is_sound else round(length_s),
        sound_s=length_s if is_sound else 0,
        bgm=operation.has_effect("bgm", values),
        audio=operation.has_effect(operation.sound_field, values),
        is_from_images=operation.is_from_images,
        payload=values.get("payload", ""),
        callback_url=values.get("callback_url", ""),
        is_synchronous=operation.is_synchronous,
        details={
            name: named_media(kind, values[name], paths[name])
            for name, kind in kinds.items()
            if name not in _NOT_DETAILS
        },
        shown=tuple(
            str(values[name])
            for name in _SHOWN
            if name in values
            and scopes[name].values.get(name) is not None
            and operation.has_effect(name, values)
        ),
        err_code=_flaw(operation, resolution, by_kind["video"]),
    )


def _kind_of(limits: Limits) -> str:
    """What the first part of their media types is."""
    return limits.example.removeprefix("data:").partition("/")[0]


def _flaw(operation: Operation, resolution: str, videos: Sequence[Reference]) -> str:
    """Why the task is going to fail although the request is accepted; empty when it is not."""
    if operation.must_grow and videos and not is_smaller(videos[-1], resolution):
        return "ImageSizeInvalid"  # the nearest of the documented codes
    return ""


def _scopes(operation: Operation, body: Fields) -> Mapping[str, Fields]:
    """The object of the body in which each field stands."""
    parents = {name: operation.parents.get(name, "") for name in operation.fields}
    objects = {name: body.object(name) if name else body for name in set(parents.values())}
    for name, parent in parents.items():
        for other, fields in objects.items():
            if other != parent and fields.values.get(name) is not None:
                place = f"{parent}.{name}" if parent else name
                raise invalid(f"{fields.path}{name}: its place is {place}")
    return {name: objects[parent] for name, parent in parents.items()}


def _checked(operation: Operation, scopes: Mapping[str, Fields]) -> Values:
    values: dict[str, Any] = {}
    for name in operation.fields:
        values[name] = operation.kind(name, values).read(scopes[name], name)
    for rule in operation.rules:
        rule.check(values, "")
    return values


def credits_of(order: Order) -> int:
    """Credits that an order costs; ModelVerse answers without credits or balance."""
    if order.api != "vidu":
        return 0
    operation = OPERATIONS[order.operation]
    values = {"images": order.images, **order.details}
    values |= {"model": order.model, "resolution": order.resolution}
    # Where no length was asked for, the one of the result counts.
    values["duration"] = values.get("duration") or order.duration_s or order.sound_s
    fitting = (extra for extra in operation.additions if holds(extra.when, values))
    added = sum(extra.credits for extra in fitting)
    return operation.prices[order.model, order.resolution].credits(values, added)
