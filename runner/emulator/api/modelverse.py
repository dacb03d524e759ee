"""ModelVerse API: reads request bodies as orders and formats tasks as the document's answers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from runner.emulator.api.errors import ApiError
from runner.emulator.api.fields import Fields
from runner.emulator.api.links import Link
from runner.emulator.api.vidu import is_key
from runner.emulator.operations import reading
from runner.emulator.operations.modelverse import operation_of
from runner.emulator.operations.modelverse.seedance import SEEDANCE
from runner.emulator.operations.reading import Receive
from runner.emulator.state import files
from runner.emulator.state.tasks import Order, Phase, Task
from runner.emulator.tables import FPS, pixels_of

STATUS: Mapping[str, str] = {
    Phase.CREATED: "Pending",
    Phase.QUEUEING: "Pending",
    Phase.PROCESSING: "Running",
    Phase.SUCCESS: "Success",
    Phase.FAILED: "Failure",
}
_EXPIRED = "Expired"
"""Of a task that the provider gives up; one family alone has it."""
# Each family has its own name for the same field.
_WATERMARKS = ("watermark", "aigc_watermark", "watermark_enabled")
_PIXELS_A_TOKEN = 1024  # with it, the page's sample has its 108900 tokens


def key_of(authorization: str | None) -> str:
    """The key in `KEY` or `Bearer KEY`; raises ApiError."""
    # The document sends the bare key; `Bearer` is accepted too, as by other gateways.
    text = authorization or ""
    key = text[7:] if text[:7].lower() == "bearer " else text
    if not is_key(key) or key.lower() in {"bearer", "token"}:
        raise ApiError("Unauthorized", "Authorization must be YOUR_API_KEY")
    return key


def read(body: Fields, receive: Receive) -> Order:
    """The order in a request body; raises ApiError."""
    return reading.read(operation_of(body), body, receive)


def submitted(task: Task) -> dict[str, Any]:
    """The answer to a submission."""
    return {"output": {"task_id": task.id}, "request_id": str(uuid.uuid4())}


def status(task: Task, now_ns: int, link: Link) -> dict[str, Any]:
    """The answer to a query; times are whole Unix seconds."""
    phase = task.phase(now_ns)
    is_expired = phase is Phase.FAILED and task.is_expired
    state = _EXPIRED if is_expired else STATUS[phase]
    output: dict[str, Any] = {"task_id": task.id, "task_status": state}
    if phase is Phase.SUCCESS:
        is_marked = any(task.order.details.get(name) for name in _WATERMARKS)
        # The document shows a list of URLs, though a task has one film.
        output["urls"] = [link(task.id, files.WATERMARKED_VIDEO if is_marked else files.VIDEO)]
    output["submit_time"] = task.made_ns // 10**9
    if phase.is_final:
        output["finish_time"] = task.done_ns // 10**9
    if phase is Phase.FAILED:
        output["error_message"] = task.err_code
    usage = {"usage": _usage(task, phase)} if phase.is_final else {}
    return {"output": output, **usage, "request_id": str(uuid.uuid4())}


def _usage(task: Task, phase: Phase) -> dict[str, int]:
    order = task.order
    # What was asked for: the result of an extension is longer, for it begins with the whole video.
    seconds: int = order.details.get("duration") or order.duration_s
    if order.operation != SEEDANCE.name:
        return {"duration": seconds}
    if phase is Phase.FAILED:  # nothing was made: our guess
        return {"completion_tokens": 0, "total_tokens": 0, "duration": 0}
    width, height = pixels_of(order)
    tokens = width * height * (seconds * FPS + 1) // _PIXELS_A_TOKEN
    return {"completion_tokens": tokens, "total_tokens": tokens, "duration": seconds}
