"""Reading: applies the table of an operation to a request body, and prices the order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runner.emulator.api.errors import invalid
from runner.emulator.api.fields import Fields
from runner.emulator.api.references import Source
from runner.emulator.operations.kinds import sources
from runner.emulator.operations.language import Operation, Values, holds
from runner.emulator.operations.vidu import OPERATIONS
from runner.emulator.state.tasks import Order

# Fields of a body that have one in `Order`, or are too large to keep twice.
_NOT_DETAILS = frozenset(
    {"model", "prompt", "images", "seed", "aspect_ratio", "resolution", "duration"}
    | {"payload", "callback_url", "meta_data"}
)
# What the result shows of the body besides prompt, seed, images and its own form.
_SHOWN = ("style", "movement_amplitude", "audio_type", "voice_id", "guidance_scale")


def read(operation: Operation, body: Fields) -> tuple[Order, list[Source]]:
    """The order in a request body, without its media, and their sources; raises ApiError."""
    scopes = _scopes(operation, body)
    values, media = _checked(operation, scopes)
    kept_elsewhere = _NOT_DETAILS | {name for name, found in media.items() if found}
    order = Order(
        api=operation.api,
        operation=operation.path,
        model=values.get("model", ""),
        prompt=values.get("prompt", ""),
        seed=values.get("seed", 0),
        aspect_ratio=values.get("aspect_ratio", ""),
        resolution=values["resolution"],
        duration_s=values.get("duration", 0),
        bgm=operation.has_effect("bgm", values),
        audio=operation.has_effect("audio", values),
        payload=values.get("payload", ""),
        callback_url=values.get("callback_url", ""),
        details={name: values[name] for name in values if name not in kept_elsewhere},
        shown=tuple(
            str(values[name])
            for name in _SHOWN
            if name in values
            and scopes[name].values.get(name) is not None
            and operation.has_effect(name, values)
        ),
    )
    return order, [source for found in media.values() for source in found]


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


def _checked(
    operation: Operation, scopes: Mapping[str, Fields]
) -> tuple[Values, Mapping[str, Sequence[Source]]]:
    """The value of each field, and the media in it."""
    values, media = dict[str, Any](), dict[str, Sequence[Source]]()
    for name in operation.fields:
        kind, scope = operation.kind(name, values), scopes[name]
        values[name] = kind.read(scope, name)
        media[name] = list(sources(kind, values[name], scope.path + name))
    for refusal in operation.refusals:
        if holds(refusal.when, values):
            raise invalid(refusal.why)
    return values, media


def credits_of(order: Order) -> int:
    """Credits that an order costs; ModelVerse answers without credits or balance."""
    if order.api != "vidu":
        return 0
    operation = OPERATIONS[order.operation]
    values = {**order.details, "model": order.model, "resolution": order.resolution}
    values |= {"duration": order.duration_s, "images": order.images}
    fitting = (extra for extra in operation.additions if holds(extra.when, values))
    added = sum(extra.credits for extra in fitting)
    return operation.prices[order.model, order.resolution].credits(values, added)
