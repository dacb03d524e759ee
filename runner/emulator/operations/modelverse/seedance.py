"""Seedance 1.5 pro at ModelVerse: a list of a text and frames, or a draft, to video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.emulator.api.errors import ApiError, invalid, lacking
from runner.emulator.api.fields import SEED_LIMIT, Fields
from runner.emulator.api.references import Limits
from runner.emulator.operations.kinds import Change, Choice, Flag
from runner.emulator.operations.language import Case
from runner.emulator.operations.modelverse.shared import ANY_IMAGE, resolutions, table, whole
from runner.emulator.operations.rules import Values

_TYPES = ("text", "image_url", "draft_task")
_FIRST, _LAST = "first_frame", "last_frame"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """At most one text and two frames, the last one at the end; or a draft alone."""

    limits: Limits = ANY_IMAGE

    def read(self, body: Fields, name: str) -> list[dict[str, Any]]:
        """The value, by the rules of `Kind`; `place` is that of an item in the request."""
        if body.values.get(name) is None:
            raise lacking(body.path + name)
        items = [
            {"place": place, **_item(item)} for place, item in enumerate(body.objects(1, 3, name))
        ]
        _check_items(items, body.path + name)
        return sorted(items, key=lambda item: item.get("role") == _LAST)

    def with_media(
        self, value: Sequence[Values], name: str, change: Change
    ) -> list[dict[str, Any]]:
        """As `MediaKind`."""
        return [
            {**item, "url": change(_url_name(name, item), item["url"], self.limits, False)}
            if "url" in item
            else dict(item)
            for item in value
        ]


def _item(item: Fields) -> Mapping[str, Any]:
    type_ = item.choice("type", _TYPES)
    if type_ == "text":
        return {"type": type_, "text": item.text("text")}
    if type_ == "draft_task":
        return {"type": type_, "draft": item.object("draft_task").text("id")}
    role = item.choice("role", (_FIRST, _LAST), "")
    return {"type": type_, "url": item.object("image_url").text("url"), "role": role}


def _check_items(items: Sequence[Values], name: str) -> None:
    counts = {type_: sum(item["type"] == type_ for item in items) for type_ in _TYPES}
    if counts["draft_task"] and len(items) > 1:
        raise ApiError("FieldUnwanted", f"{name}: a draft_task must be its only item")
    for type_, most in (("text", 1), ("image_url", 2)):
        if counts[type_] > most:
            message = f"{name} has {counts[type_]} items of type {type_}, at most {most}"
            raise ApiError("FieldItemCountOutOfRange", f"{message} are allowed")
    roles = [item["role"] for item in items if "role" in item]
    if len(roles) == 2 and set(roles) != {_FIRST, _LAST}:
        raise invalid(f"{name}: of two images, one role must be {_FIRST}, the other {_LAST}")
    if roles == [_LAST]:
        raise invalid(f"{name}: a {_LAST} needs a {_FIRST}")


def _url_name(name: str, item: Values) -> str:
    return f"{name}[{item['place']}].image_url.url"


def _prompt(values: Values) -> str:
    return next((item["text"] for item in values["content"] if "text" in item), "")


SEEDANCE = table(
    "seedance-1.5-pro",
    models=("doubao-seedance-1-5-pro-251215",),
    given={"content": _Content()},
    parameters={
        "draft": Flag(),
        "resolution": resolutions("480p", "720p", "1080p"),
        "ratio": Choice(
            among=("16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"), default="adaptive"
        ),
        "duration": whole(range(4, 13), 5),
        "seed": whole(range(SEED_LIMIT + 1), 0),
        "generate_audio": Flag(),
        "camera_fixed": Flag(),
        "watermark": Flag(),
        "service_tier": Choice(among=("default", "flex"), default="default"),
        "execution_expires_after": whole(range(3600, 259_201), 172_800),
    },
    cases=(
        Case(
            when={"draft": (True,)},
            fields={"resolution": Choice(among=("480p",), default="480p")},
        ),
    ),
    prompt=_prompt,
    ratio_field="ratio",
    sound_field="generate_audio",
    is_from_images=True,
)
