"""ModelVerse API: reads request bodies as orders and formats tasks as the document's answers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from runner.emulator.api.errors import ApiError, lacking
from runner.emulator.api.fields import SEED_LIMIT, Fields
from runner.emulator.api.vidu import Link, is_key
from runner.emulator.state import files
from runner.emulator.state.tasks import Order, Phase, Task

_MODELS = ("viduq2",)
_RATIOS = ("16:9", "9:16", "4:3", "3:4", "1:1")
_RESOLUTIONS = ("540p", "720p", "1080p")
# small, medium and large are for other models: "q2 does not support this parameter".
_AMPLITUDES = ("auto",)
_LONGEST_S = 10
_MOST_IMAGES = 7

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


def read(body: Fields) -> tuple[Order, list[str]]:
    """The order in a request body, without its images, and their sources; raises ApiError."""
    # Unknown fields are ignored: the gateway serves several models, each with its own.
    model = body.choice("model", _MODELS)
    # The document's "required" column is lost: these are the fields that no request can do without.
    given, parameters = body.object("input"), body.object("parameters")
    parameters.choice("vidu_type", ("reference2video",))
    if given.values.get("images") is None:
        raise lacking("input.images")
    prompt = given.prompt()
    parameters.choice("movement_amplitude", _AMPLITUDES, "auto")
    order = Order(
        api="modelverse",
        model=model,
        prompt=prompt,
        seed=parameters.integer("seed", 0, 0, SEED_LIMIT),
        aspect_ratio=parameters.choice("aspect_ratio", _RATIOS, "16:9"),
        resolution=parameters.choice("resolution", _RESOLUTIONS, "720p"),
        duration_s=parameters.integer("duration", 5, 1, _LONGEST_S),
        bgm=parameters.flag("bgm"),
    )
    return order, given.images(1, _MOST_IMAGES)


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
    usage = {"usage": {"duration": task.order.duration_s}} if phase.is_final else {}
    return {"output": output, **usage, "request_id": str(uuid.uuid4())}
