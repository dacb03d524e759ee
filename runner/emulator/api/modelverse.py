"""ModelVerse in pure functions: request bodies to orders, tasks to the answers of the document."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from runner.emulator.api import fields
from runner.emulator.api.errors import ApiError, invalid, lacking
from runner.emulator.api.references import Fetch, Received, receive
from runner.emulator.api.vidu import Link, is_key
from runner.emulator.state import files
from runner.emulator.state.tasks import Order, Phase, Task

_MODELS = ("viduq2",)
_RATIOS = ("16:9", "9:16", "4:3", "3:4", "1:1")
_RESOLUTIONS = ("540p", "720p", "1080p")
_AMPLITUDES = ("auto",)
"""small, medium and large are for other models: "q2 does not support this parameter"."""
_LONGEST_S = 10

STATUS = {
    Phase.CREATED: "Pending",
    Phase.QUEUEING: "Pending",
    Phase.PROCESSING: "Running",
    Phase.SUCCESS: "Success",
    Phase.FAILED: "Failure",
}


def key_of(authorization: str | None) -> str:
    """The key, bare as in the document or after `Bearer `."""
    text = authorization or ""
    key = text[7:] if text[:7].lower() == "bearer " else text
    if not is_key(key) or key.lower() in {"bearer", "token"}:
        raise ApiError("Unauthorized", "Authorization must be YOUR_API_KEY")
    return key


def read(body: Mapping[str, Any], fetch: Fetch) -> tuple[Order, list[Received]]:
    """The order in a request body, and its images; raises ApiError.

    Unknown fields are ignored, as the gateway in front of several models has to.
    """
    if body.get("model") in (None, ""):
        raise lacking("model")
    model = fields.choice(body["model"], "model", _MODELS)
    given, wanted = _part(body, "input"), _part(body, "parameters")
    if wanted.get("vidu_type") in (None, ""):
        raise lacking("parameters.vidu_type")
    fields.choice(wanted["vidu_type"], "parameters.vidu_type", ("reference2video",))
    if given.get("images") is None:
        raise lacking("input.images")
    prompt = fields.prompt(given.get("prompt"), "input.prompt")
    order = _wanted(wanted, model, prompt)
    images = receive(fields.texts(given["images"], "input.images"), 1, 7, fetch)
    return _with(order, images), images


def _wanted(wanted: Mapping[str, Any], model: str, prompt: str) -> dict[str, Any]:
    def value(name: str, default: Any) -> tuple[Any, str]:
        return wanted.get(name, default), f"parameters.{name}"

    fields.choice(*value("movement_amplitude", "auto"), _AMPLITUDES)
    return {
        "model": model,
        "prompt": prompt,
        "seed": fields.integer(*value("seed", 0), 0, fields.SEED_LIMIT),
        "aspect_ratio": fields.choice(*value("aspect_ratio", "16:9"), _RATIOS),
        "resolution": fields.choice(*value("resolution", "720p"), _RESOLUTIONS),
        "duration_s": fields.integer(*value("duration", 5), 1, _LONGEST_S),
        "bgm": fields.flag(*value("bgm", False)),
    }


def _with(order: Mapping[str, Any], images: list[Received]) -> Order:
    references = tuple(image.reference for image in images)
    return Order(api="modelverse", images=references, **order)


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = body.get(name)
    if part is None:
        raise lacking(name)
    if not isinstance(part, dict):
        raise invalid(f"{name} must be an object")
    return part


def submitted(task: Task) -> dict[str, Any]:
    """The answer to a submission."""
    return {"output": {"task_id": task.id}, "request_id": str(uuid.uuid4())}


def status(task: Task, now_ns: int, link: Link) -> dict[str, Any]:
    """The answer to a query; times in whole Unix seconds."""
    phase = task.phase(now_ns)
    output: dict[str, Any] = {"task_id": task.id, "task_status": STATUS[phase]}
    if phase is Phase.SUCCESS:
        output["urls"] = [link(task.id, files.VIDEO)]
    output["submit_time"] = task.made_ns // 10**9
    if not phase.is_final:
        return {"output": output, "request_id": str(uuid.uuid4())}
    output["finish_time"] = task.done_ns // 10**9
    if phase is Phase.FAILED:
        output["error_message"] = task.err_code
    usage = {"duration": task.order.duration_s}
    return {"output": output, "usage": usage, "request_id": str(uuid.uuid4())}
