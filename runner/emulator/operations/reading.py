"""Reading: applies the table of an operation to a request body, and prices the order."""

from __future__ import annotations

from typing import Any

from runner.emulator.api.errors import invalid
from runner.emulator.api.fields import Fields
from runner.emulator.operations.language import Operation, Values, holds
from runner.emulator.operations.vidu import OPERATIONS
from runner.emulator.state.tasks import Order

# Fields of a body that have one in `Order`, or are too large to keep twice.
_NOT_DETAILS = frozenset(
    {"model", "prompt", "images", "seed", "aspect_ratio", "resolution", "duration"}
    | {"payload", "callback_url", "meta_data"}
)
# What the result shows of the body besides prompt, seed, images and its own form.
_SHOWN = ("style", "movement_amplitude", "audio_type", "voice_id")


def read(operation: Operation, body: Fields) -> tuple[Order, list[str]]:
    """The order in a request body, without its images, and their sources; raises ApiError."""
    values = _checked(operation, body)
    order = Order(
        api="vidu",
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
        details={name: values[name] for name in values if name not in _NOT_DETAILS},
        shown=tuple(
            str(values[name])
            for name in _SHOWN
            if body.values.get(name) is not None and operation.has_effect(name, values)
        ),
    )
    return order, values.get("images", [])


def _checked(operation: Operation, body: Fields) -> Values:
    values: dict[str, Any] = {}
    for name in operation.fields:
        values[name] = operation.kind(name, values).read(body, name)
    for refusal in operation.refusals:
        if holds(refusal.when, values):
            raise invalid(refusal.why)
    return values


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
