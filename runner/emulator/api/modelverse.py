"""ModelVerse API: reads request bodies as orders and formats tasks as the document's answers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from runner.emulator.api import fields
from runner.emulator.api.errors import ApiError, invalid, lacking
from runner.emulator.api.references import image_sources
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


def read(body: Mapping[str, Any]) -> tuple[Order, list[str]]:
    """The order in a request body, without its images, and their sources; raises ApiError."""
    # Unknown fields are ignored: the gateway serves several models, each with its own.
    model = fields.choice(fields.required(body, "model"), "model", _MODELS)
    # The document's "required" column is lost: these are the fields that no request can do without.
    given, parameters = _object(body, "input"), _object(body, "parameters")
    name = "parameters.vidu_type"
    fields.choice(fields.required(parameters, "vidu_type", name), name, ("reference2video",))
    if given.get("images") is None:
        raise lacking("input.images")
    prompt = fields.prompt(given, "input.prompt")

    def parameter(name: str, default: Any) -> tuple[Any, str]:
        return parameters.get(name, default), f"parameters.{name}"

    fields.choice(*parameter("movement_amplitude", "auto"), _AMPLITUDES)
    order = Order(
        api="modelverse",
        model=model,
        prompt=prompt,
        seed=fields.integer(*parameter("seed", 0), 0, fields.SEED_LIMIT),
        aspect_ratio=fields.choice(*parameter("aspect_ratio", "16:9"), _RATIOS),
        resolution=fields.choice(*parameter("resolution", "720p"), _RESOLUTIONS),
        duration_s=fields.integer(*parameter("duration", 5), 1, _LONGEST_S),
        bgm=fields.flag(*parameter("bgm", False)),
    )
    return order, image_sources(given["images"], "input.images", 1, _MOST_IMAGES)


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    if value is None:
        raise lacking(name)
    if not isinstance(value, dict):
        raise invalid(f"{name} must be an object")
    return value


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
    if not phase.is_final:
        return {"output": output, "request_id": str(uuid.uuid4())}
    output["finish_time"] = task.done_ns // 10**9
    if phase is Phase.FAILED:
        output["error_message"] = task.err_code
    usage = {"duration": task.order.duration_s}
    return {"output": output, "usage": usage, "request_id": str(uuid.uuid4())}
