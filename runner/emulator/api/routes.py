"""Routes: answers every path of both APIs, from the request to the formatted answer or error."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import ModuleType
from typing import Any, TypeAlias

from aiohttp import web
from aiohttp.typedefs import Handler

from runner.emulator.api import modelverse, vidu
from runner.emulator.api.errors import ApiError, bad_request, error_body, lacking, reason_for
from runner.emulator.api.fields import Fields
from runner.emulator.api.links import Link
from runner.emulator.api.references import Source, no_creation, receive
from runner.emulator.callbacks import Callbacks
from runner.emulator.operations import reading
from runner.emulator.operations.reading import Receive
from runner.emulator.operations.vidu import OPERATIONS, operation_of
from runner.emulator.options import EXTRA_HINT, EmulatorOptions, can_encode
from runner.emulator.request_log import RequestLog
from runner.emulator.requests import body_of, context_of
from runner.emulator.state import files
from runner.emulator.state.files import ResultFiles
from runner.emulator.state.store import Store
from runner.emulator.state.tasks import Order, Phase, Reference, Task
from runner.emulator.tables import pixels_of

Read: TypeAlias = Callable[[Fields, Receive], Order]
"""How an API reads a body."""

_LARGEST_DRAWN_SEED = 2**31 - 1
# No answer comes later: clients would have given up.
_LONGEST_ANSWER_S = 60.0
_CLOCK_S = 0.005  # for a clock that is a little behind the one that sleep goes by
_log = logging.getLogger(__name__)
_TYPES = {f".{ending}": media_type for media_type, ending in files.ENDINGS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What all handlers share."""

    options: EmulatorOptions
    store: Store
    files: ResultFiles
    callbacks: Callbacks
    log: RequestLog

    def link(self, request: web.Request) -> Link:
        """Makes fresh URLs at the address that this request was sent to."""
        origin, options = f"{request.scheme}://{request.host}", self.options

        def fresh_url(owner: str, name: str) -> str:
            lifetime_s = min(options.url_lifetime_s, self._urls_live_s(owner))
            return origin + files.sign(owner, name, options.now_ns(), lifetime_s)

        return fresh_url

    def _urls_live_s(self, owner: str) -> float:
        """How long the page of a task's operation lets its URLs be valid."""
        task = self.store.tasks.get(owner)
        if task is None or task.order.api != "vidu":
            return math.inf
        return OPERATIONS[task.order.operation].urls_live_s

    def row(self, task: Task, now_ns: int, link: Link) -> dict[str, Any]:
        """A task as a row of the list at that moment."""
        return vidu.row(task, now_ns, link, every_field=self.options.list_fields == "all")

    async def submit(self, request: web.Request, read: Read) -> Task:
        """Make the task of a submission; raises ApiError."""
        context, body = context_of(request), await body_of(request)
        if body.error:
            raise body.error
        received = partial(self._receive, host=request.host)
        read_order = partial(read, Fields(values=body.values), received)
        order = await asyncio.to_thread(read_order) if body.may_block else read_order()
        key = _api(request).key_of(request.headers.get("Authorization"))
        # 0 asks for a random seed, in both documents.
        seed = order.seed or 1 + secrets.randbelow(_LARGEST_DRAWN_SEED)
        order = replace(order, key_id=vidu.key_id(key), seed=seed)
        task = self.store.create(order, body.digest, untagged=body.untagged, change=context.change)
        # Here rather than after the answer, which a fault may lose.
        self.log.accept(task, context.submission)
        return task

    def _receive(self, sources: Sequence[Source], host: str) -> list[Reference]:
        """The media of a request, their content kept; may block."""
        received = receive(sources, partial(self.files.fetch, host=host), self._find)
        for reference, content in received:
            if content is not None:
                self.store.keep(reference.sha256, content)
        return [reference for reference, _ in received]

    def _find(self, creation_id: str) -> Reference:
        """The video that a creation is; raises ApiError if there is none."""
        task = self.store.tasks.get(vidu.task_of_creation(creation_id))
        if task is None or not task.order.is_video:
            return no_creation(creation_id)
        if task.phase(self.options.now_ns()) is not Phase.SUCCESS:
            return no_creation(creation_id)
        width, height = pixels_of(task.order)
        return Reference(
            creation=creation_id,
            task_id=task.id,
            media_type=_TYPES[".mp4"],
            width=width,
            height=height,
            seconds=task.order.duration_s,
        )


SERVICE = web.AppKey("service", Service)

Answer: TypeAlias = Callable[[Service, web.Request], Awaitable[Mapping[str, Any]]]
"""Answers a request whose key is valid with a JSON object; raises ApiError."""


def add_routes(app: web.Application) -> None:
    """Add every route to the application; fault scripts use their names."""
    get, post = app.router.add_get, app.router.add_post
    # One route for all operations, because names of routes are unique.
    paths = "|".join({re.escape(table.path) for table in OPERATIONS.values()})
    post(f"/ent/v2/{{operation:{paths}}}", _handler(_vidu_submit), name="vidu.submit")
    films = "|".join(re.escape(table.path) for table in OPERATIONS.values() if table.is_film)
    get(f"/ent/v2/{{operation:{films}}}/{{id}}", _handler(_vidu_film), name="vidu.film")
    get("/ent/v2/tasks/{id}/creations", _handler(_vidu_creations), name="vidu.creations")
    get("/ent/v2/tasks", _handler(_vidu_tasks), name="vidu.list")
    post("/ent/v2/tasks/{id}/cancel", _handler(_vidu_cancel), name="vidu.cancel")
    get("/ent/v2/credits", _handler(_vidu_credits), name="vidu.credits")
    post("/v1/tasks/submit", _handler(_modelverse_submit), name="modelverse.submit")
    get("/v1/tasks/status", _handler(_modelverse_status), name="modelverse.status")
    get("/files/{owner}/{name}", _result_file, name="files")
    get("/_emulator/requests", _requests)


@web.middleware
async def format_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every refusal in the format of the API that was asked."""
    try:
        return await handler(request)
    except ApiError as error:
        return error_response(request, error)
    except web.HTTPException as error:
        if error.status not in {404, 405} or request.path.startswith("/files/"):
            raise
        reason = "NotFound" if error.status == 404 else "MethodNotAllowed"
        message = f"{request.method} {request.path}: {error.reason}"
        response = error_response(request, ApiError(reason, message, error.status))
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except ConnectionError:  # a scripted cut: there is nobody left to answer
        raise
    except OSError as error:  # such as a full disk: no defect of ours, and so without a traceback
        _log.error("the emulator's state cannot be written: %s", error)
        return error_response(request, ApiError("InternalServiceFailure", "cannot keep state"))


def error_response(request: web.Request, error: ApiError) -> web.Response:
    """The error in the format of the API that was asked; the log gets its reason."""
    context_of(request).submission.refuse(error.reason)
    api = _api_of(request)
    reason = reason_for(api, error.status, error.reason)
    body = error_body(api, error.status, reason, error.message)
    return web.json_response(body, status=error.status)


def _api_of(request: web.Request) -> str:
    # By the path, because requests without a route get an error of an API too.
    return "modelverse" if request.path.startswith("/v1/") else "vidu"


def _api(request: web.Request) -> ModuleType:
    return modelverse if _api_of(request) == "modelverse" else vidu


def _handler(answer: Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler that checks the key and answers in readable UTF-8."""

    async def handle(request: web.Request) -> web.Response:
        service = request.app[SERVICE]
        vidu.check_id(request.match_info.get("id", "0"))  # the vendor reads it before the key
        key, keys = _api(request).key_of(request.headers.get("Authorization")), service.options.keys
        if keys is not None and key not in keys:
            raise ApiError("Unauthorized", "the key is not valid")
        service.store.refresh()  # another process on this folder may have made or cancelled tasks
        # `Fields.text` has rejected what UTF-8 cannot encode.
        return _json(await answer(service, request))

    return handle


def _json(body: Mapping[str, Any]) -> web.Response:
    return web.json_response(text=json.dumps(body, ensure_ascii=False))


async def _vidu_submit(service: Service, request: web.Request) -> dict[str, Any]:
    path = request.match_info["operation"]

    def read(body: Fields, received: Receive) -> Order:
        operation = operation_of(path, body.values)
        if operation.makes != "image":
            _check_encoder()
        return reading.read(operation, body, received)

    task = await service.submit(request, read)
    link = service.link(request)

    def current() -> Task:
        service.store.refresh()
        return service.store.task("vidu", task.id)

    def report() -> dict[str, Any]:
        return vidu.report(current(), service.options.now_ns(), link)

    key = vidu.key_of(request.headers.get("Authorization"))
    service.callbacks.watch(task, key, current, report)
    if not task.order.is_synchronous:
        return vidu.created(task, link)
    await _until_done(task, service.options.now_ns())
    return vidu.spoken(current(), service.options.now_ns(), link)


async def _until_done(task: Task, now_ns: int) -> None:
    """Wait for a task whose answer is the result, unless that takes too long for an answer."""
    left_s = (task.done_ns - now_ns) / 1e9
    if 0 < left_s <= _LONGEST_ANSWER_S:
        await asyncio.sleep(left_s + _CLOCK_S)


def _task_of(service: Service, request: web.Request) -> Task:
    """The task that a usual path names; raises ApiError."""
    task = service.store.task("vidu", request.match_info["id"])
    if not vidu.is_task(task):
        raise ApiError("TaskNotFound", "there is no such task")
    return task


async def _vidu_film(service: Service, request: web.Request) -> dict[str, Any]:
    task = service.store.task("vidu", request.match_info["id"])
    if OPERATIONS[task.order.operation].path != request.match_info["operation"]:
        raise ApiError("TaskNotFound", "there is no such film")
    return vidu.report(task, service.options.now_ns(), service.link(request))


async def _vidu_creations(service: Service, request: web.Request) -> dict[str, Any]:
    task = _task_of(service, request)
    return vidu.creations(task, service.options.now_ns(), service.link(request))


async def _vidu_tasks(service: Service, request: web.Request) -> dict[str, Any]:
    now, link = service.options.now_ns(), service.link(request)
    query = {name: request.query.getall(name) for name in request.query}
    tasks, token = vidu.select(service.store, query, now)
    return {"tasks": [service.row(task, now, link) for task in tasks], "next_page_token": token}


async def _vidu_cancel(service: Service, request: web.Request) -> dict[str, Any]:
    task = _task_of(service, request)
    if task.phase(service.options.now_ns()) not in {Phase.CREATED, Phase.QUEUEING}:
        raise bad_request("task state is scheduled, can not cancel")
    service.callbacks.wake(service.store.cancel(task.id))
    return {}


async def _vidu_credits(service: Service, request: web.Request) -> dict[str, Any]:
    now, limit = service.options.now_ns(), service.options.concurrency
    tasks, credits_left = service.store.in_flight("vidu"), service.store.balance()
    detail = request.query.get("show_detail", "") == "true"
    return vidu.balance(credits_left, limit, tasks, now, detail=detail)


def _check_encoder() -> None:
    if not can_encode():
        message = f"this emulator cannot make videos and sounds without PyAV: {EXTRA_HINT}"
        raise ApiError("ModelUnavailable", message)


async def _modelverse_submit(service: Service, request: web.Request) -> dict[str, Any]:
    _check_encoder()
    return modelverse.submitted(await service.submit(request, modelverse.read))


async def _modelverse_status(service: Service, request: web.Request) -> dict[str, Any]:
    task_id = request.query.get("task_id", "")
    if not task_id:
        raise lacking("task_id")
    task = service.store.task("modelverse", task_id)
    return modelverse.status(task, service.options.now_ns(), service.link(request))


async def _result_file(request: web.Request) -> web.StreamResponse:
    # No key is asked for: as with the vendors, whoever has the signed URL may read the file.
    service = request.app[SERVICE]
    # The raw path: a client that re-quotes the URL must fail here as it would with the vendor.
    error = files.url_error(request.raw_path, service.options.now_ns())
    if error:
        raise web.HTTPForbidden(text=error)
    service.store.refresh()
    owner, name = request.match_info["owner"], request.match_info["name"]
    path = await asyncio.to_thread(service.files.file, owner, name)
    if path is None:
        raise web.HTTPNotFound(text="NoSuchKey")
    context_of(request).file = path
    return web.FileResponse(path, headers={"Content-Type": _TYPES[path.suffix]})


async def _requests(request: web.Request) -> web.Response:
    # For tests; it belongs to neither API.
    return _json(request.app[SERVICE].log.report())
