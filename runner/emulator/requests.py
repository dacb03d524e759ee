"""Requests: what one request carries through the emulator, with its body read and parsed once."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from runner.emulator.api.errors import ApiError, bad_request
from runner.emulator.api.fields import parse
from runner.emulator.state.tasks import Task

# Bytes. Vidu: "post body not above 20MB". ModelVerse states no limit; seven images of 50 MB as
# base64 fit.
_BODY_LIMITS = {"vidu": 20 * 1024 * 1024, "modelverse": 512 * 1024 * 1024}
_TAGS = {"payload", "callback_url"}
_PARAMETER_TAGS = {"external_task_id"}
_SMALL_BODY = 32_768  # bytes; a larger body contains images and is parsed in a thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The body of a submission, parsed once."""

    digest: str
    untagged: str
    """Both as in `Submission`."""
    values: Mapping[str, Any]
    """The JSON object; empty if there is an error."""
    error: ApiError | None = None
    """Why the body is not a JSON object."""
    may_block: bool
    """Whether images must be decoded, or a file of ours rendered."""

    @classmethod
    def parse(cls, raw: bytes) -> Body:
        """The body in these bytes."""
        values, error, untagged = {}, None, raw
        try:
            values = parse(raw)
            # Tags, callback addresses and the order of keys change nothing about the task.
            asked_for = _without_tags(values)
            untagged = json.dumps(asked_for, sort_keys=True, separators=(",", ":")).encode()
        except ApiError as failure:
            error = failure
        return cls(
            digest=hashlib.sha256(raw).hexdigest(),
            untagged=hashlib.sha256(untagged).hexdigest(),
            values=values,
            error=error,
            may_block=len(raw) >= _SMALL_BODY or b"/files/" in raw,
        )


def _without_tags(values: Mapping[str, Any]) -> dict[str, Any]:
    """The body without what only its sender needs."""
    found = {name: value for name, value in values.items() if name not in _TAGS}
    if isinstance(parameters := found.get("parameters"), dict):
        kept = {name: parameters[name] for name in parameters.keys() - _PARAMETER_TAGS}
        found["parameters"] = kept
    return found


def prompt_in(values: Mapping[str, Any]) -> str:
    """The prompt of a body of either API that nobody has checked; empty without one."""
    given = values.get("input", values)
    if not isinstance(given, dict):
        return ""
    content = given.get("content")  # a list with the prompt as one of its texts
    items = [given, *(content if isinstance(content, list) else [])]
    found = (item.get("prompt") or item.get("text") for item in items if isinstance(item, dict))
    return " ".join(text for text in found if isinstance(text, str))


@dataclass(slots=True, kw_only=True)
class Submission:
    """One POST that asks for a task; filled while the request is served."""

    api: str
    at: str = ""
    """RFC 3339, UTC."""
    digest: str = ""
    """SHA-256 of the body; empty when it was not read."""
    untagged: str = ""
    """SHA-256 of the body's JSON, keys sorted, without `payload`, `callback_url` and
    `parameters.external_task_id`: equal for requests that ask for the same thing. As `digest` when
    the body is not a JSON object."""
    outcome: str = "lost"
    """"accepted", the reason of a refusal, or "lost" when a fault left neither."""
    status: int = 0
    """Of the answer; 0 when there was no answer, or not yet one."""
    task_id: str | None = None
    fault: str = ""
    """The scripted fault that hit it; empty without one."""

    def refuse(self, reason: str) -> None:
        """Record the reason of an error answer; a task that is made stays accepted."""
        if self.task_id is None:
            self.outcome = reason


@dataclass(slots=True, kw_only=True)
class RequestContext:
    """What the handler and the middlewares of one request share."""

    submission: Submission
    """What the log will contain if the request is a submission."""
    body: Body | None = None
    """Of a submission, once it has been read."""
    file: Path | None = None
    """The result file that its answer sends."""
    change: Callable[[Task], Task] = lambda task: task
    """What a scripted fault makes of the task that the request asks for."""
    cut: bool = False
    """Whether the connection was closed without an answer."""


# From 3.14 on, aiohttp warns of keys that are plain strings; before, it has no others.
CONTEXT: Any = getattr(web, "RequestKey", lambda name, _: name)("context", RequestContext)
"""The key of the context in a request."""


def context_of(request: web.Request) -> RequestContext:
    """The context of a request that has passed `RequestLog.record`."""
    context: RequestContext = request[CONTEXT]
    return context


async def body_of(request: web.Request) -> Body:
    """The body of a submission, read once; its digests go to the log. Raises ApiError."""
    context = context_of(request)
    if context.body is None:
        submission = context.submission
        raw = await _read_body(request, _BODY_LIMITS[submission.api])
        is_small = len(raw) < _SMALL_BODY
        context.body = Body.parse(raw) if is_small else await asyncio.to_thread(Body.parse, raw)
        submission.digest, submission.untagged = context.body.digest, context.body.untagged
    return context.body


async def _read_body(request: web.Request, limit: int) -> bytes:
    body = bytearray()
    try:
        async for piece in request.content.iter_any():
            body += piece
            if len(body) > limit:  # the rest is not read, so that it takes no memory
                raise bad_request(f"the body is larger than {limit} bytes")
    except web.RequestPayloadError as error:  # for example no gzip, though announced
        raise bad_request("the body cannot be read") from error
    return bytes(body)
