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
from runner.emulator.operations.reading import Receive
from runner.emulator.state import files
from runner.emulator.state.tasks import Order, Phase, Task

STATUS: Mapping[str, str] = {
    Phase.CREATED: "Pending",
    Phase.QUEUEING: "Pending",
    Phase.PROCESSING: "Running",
    Phase.SUCCESS: "Success",
    Phase.FAILED: "Failure",
}


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
    output: dict[str, Any] = {"task_id": task.id, "task_status": STATUS[phase]}
    if phase is Phase.SUCCESS:
        # The document shows a list of URLs, though a task has one film.
        output["urls"] = [link(task.id, files.VIDEO)]
    output["submit_time"] = task.made_ns // 10**9
    if phase.is_final:
        output["finish_time"] = task.done_ns // 10**9
    if phase is Phase.FAILED:
        output["error_message"] = task.err_code
    # What was asked for: the result of an extension is longer, for it begins with the whole video.
    seconds = task.order.details.get("duration") or task.order.duration_s
    usage = {"usage": {"duration": seconds}} if phase.is_final else {}
    return {"output": output, **usage, "request_id": str(uuid.uuid4())}
