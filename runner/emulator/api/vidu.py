"""Vidu API: reads request bodies as orders and formats tasks as the document's answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from runner.emulator.api.errors import ApiError
from runner.emulator.api.fields import Fields
from runner.emulator.state import files
from runner.emulator.state.tasks import Order, Phase, Task, timestamp

Link: TypeAlias = Callable[[str, str], str]
"""Maps owner and name of a file to a fresh URL."""

# The document has "auto" for viduq2 only, but its sample shows it without any image, so it is
# accepted everywhere.
_RATIOS = {
    "viduq1": ("16:9", "9:16", "1:1", "3:4", "4:3", "auto"),
    "viduq2": ("16:9", "9:16", "1:1", "3:4", "4:3", "21:9", "2:3", "3:2", "auto"),
}
_RESOLUTIONS = {"viduq1": ("1080p",), "viduq2": ("1080p", "2K", "4K")}
_FEWEST_IMAGES = {"viduq1": 1, "viduq2": 0}
_MOST_IMAGES = 7
_PAYLOAD_LIMIT = 1_048_576  # characters


def key_of(authorization: str | None) -> str:
    """The key in `Token KEY` or `Bearer KEY`; raises ApiError."""
    # The vendor's own hosts take `Token`, the document's sample has `Bearer`.
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() not in {"token", "bearer"} or not is_key(key):
        raise ApiError("Unauthorized", "Authorization must be: Token YOUR_API_KEY")
    return key


def is_key(text: str) -> bool:
    """Whether `text` can be a key: visible ASCII characters, no space."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def read(body: Fields) -> tuple[Order, list[str]]:
    """The order in a request body, without its images, and their sources; raises ApiError."""
    # Unknown fields are ignored: the real service takes more than the document lists, and newer
    # clients send them.
    model = body.choice("model", tuple(_RATIOS))
    order = Order(
        api="vidu",
        model=model,
        prompt=body.prompt(),
        aspect_ratio=body.choice("aspect_ratio", _RATIOS[model], "16:9"),
        resolution=body.choice("resolution", _RESOLUTIONS[model], "1080p"),
        seed=body.seed_digits(),
        payload=body.text("payload", "", _PAYLOAD_LIMIT),
        callback_url=body.callback_url(),
    )
    return order, body.images(_FEWEST_IMAGES[model], _MOST_IMAGES)


def created(task: Task, link: Link) -> dict[str, Any]:
    """The answer to a submission, with every field the document requires."""
    order = task.order
    return {
        "task_id": task.id,
        "state": Phase.CREATED.value,
        "model": order.model,
        "prompt": order.prompt,
        "images": _images(order, link),
        "seed": order.seed,
        "aspect_ratio": order.aspect_ratio,
        "callback_url": order.callback_url,
        "payload": order.payload,
        "cus_priority": 0,
        "credits": task.credits,
        "created_at": timestamp(task.made_ns),
        "watermark": False,
    }


def creations(task: Task, now_ns: int, link: Link) -> dict[str, Any]:
    """The answer to a query, and the body of a callback."""
    # Without the seed: with the vendor, only the answer to the submission has it.
    phase = task.phase(now_ns)
    failed = phase is Phase.FAILED
    return {
        "id": task.id,
        "state": phase.value,
        "err_code": task.err_code if failed else "",
        "credits": task.lost_credits if failed else task.credits,
        "payload": task.order.payload,
        "bgm": False,
        "off_peak": False,
        "creations": [_creation(task, link)] if phase is Phase.SUCCESS else [],
    }


def _creation(task: Task, link: Link) -> dict[str, str]:
    return {
        "id": f"{int(task.id) + 1}",
        "url": link(task.id, files.PICTURE),
        "cover_url": link(task.id, files.COVER),
        "watermarked_url": link(task.id, files.WATERMARKED),
    }


def row(task: Task, now_ns: int, link: Link) -> dict[str, Any]:
    """A task as a row of the list."""
    order = task.order
    return {
        **creations(task, now_ns, link),
        "model": order.model,
        "prompt": order.prompt,
        "images": _images(order, link),
        "resolution": order.resolution,
        "aspect_ratio": order.aspect_ratio,
        "created_at": timestamp(task.made_ns),
    }


def _images(order: Order, link: Link) -> list[str]:
    """URLs as they came, and links to our copies of data URIs."""
    return [  # an echo of the data would be megabytes
        image.url or link(files.REFERENCES, files.reference_name(image.sha256, image.media_type))
        for image in order.images
    ]


def balance(credits_left: int, limit: int, in_flight: list[Phase]) -> dict[str, Any]:
    """The answer to a query for the balance."""
    waiting = sum(phase is not Phase.PROCESSING for phase in in_flight)
    return {
        "remains": [
            {
                "type": "metered",
                "credit_remain": credits_left,
                "concurrency_limit": limit,
                "current_concurrency": len(in_flight),
                "queue_count": waiting,
            }
        ],
        "packages": [],
    }
