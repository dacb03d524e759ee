"""Routes: maps every path to its handler, and formats errors for the API that was asked."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from runner.emulator.api import modelverse, vidu, vidu_list
from runner.emulator.api.errors import ApiError, bad_request, error_body, lacking, reason_for
from runner.emulator.options import EXTRA_HINT, can_encode
from runner.emulator.request_log import context_of
from runner.emulator.service import SERVICE, Service
from runner.emulator.state import files
from runner.emulator.state.tasks import Phase, Task

# Bytes: "post body not above 20MB".
_VIDU_BODY_LIMIT = 20 * 1024 * 1024
# Bytes. The document states no limit; seven images of 50 MB as base64 fit.
_MODELVERSE_BODY_LIMIT = 512 * 1024 * 1024

_log = logging.getLogger(__name__)
_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".mp4": "video/mp4"}


def add_routes(app: web.Application) -> None:
    """Add every route to the application; fault scripts use their names."""
    app.router.add_post("/ent/v2/reference2image", _vidu_submit, name="vidu.submit")
    app.router.add_get("/ent/v2/tasks/{id}/creations", _vidu_creations, name="vidu.creations")
    app.router.add_get("/ent/v2/tasks", _vidu_tasks, name="vidu.list")
    app.router.add_post("/ent/v2/tasks/{id}/cancel", _vidu_cancel, name="vidu.cancel")
    app.router.add_get("/ent/v2/credits", _vidu_credits, name="vidu.credits")
    app.router.add_post("/v1/tasks/submit", _modelverse_submit, name="modelverse.submit")
    app.router.add_get("/v1/tasks/status", _modelverse_status, name="modelverse.status")
    app.router.add_get("/files/{owner}/{name}", _result_file, name="files")
    app.router.add_get("/_emulator/requests", _requests)


@web.middleware
async def format_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every refusal in the format of the API that was asked."""
    try:
        return await handler(request)
    except ApiError as error:
        return _error(request, error)
    except web.HTTPException as error:
        if error.status not in {404, 405} or request.path.startswith("/files/"):
            raise
        reason = "NotFound" if error.status == 404 else "MethodNotAllowed"
        message = f"{request.method} {request.path}: {error.reason}"
        response = _error(request, ApiError(reason, message, error.status))
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except ConnectionError:  # a scripted cut: there is nobody left to answer
        raise
    except OSError:
        _log.exception("the emulator's state cannot be written")
        return _error(request, ApiError("InternalServiceFailure", "cannot keep state"))


def _error(request: web.Request, error: ApiError) -> web.Response:
    context_of(request).refused = error.reason
    api = "modelverse" if request.path.startswith("/v1/") else "vidu"
    reason = reason_for(api, error.status, error.reason)
    body = error_body(api, error.status, reason, error.message)
    return web.json_response(body, status=error.status)


async def _vidu_submit(request: web.Request) -> web.Response:
    service, key = _vidu(request)
    task = await service.submit(request, vidu.read, _VIDU_BODY_LIMIT)
    link = service.link(request)
    service.callbacks.watch(task, key, partial(_creations, service, task.id, link))
    return _json(vidu.created(task, link))


async def _vidu_creations(request: web.Request) -> web.Response:
    service, _ = _vidu(request)
    return _json(_creations(service, request.match_info["id"], service.link(request)))


async def _vidu_tasks(request: web.Request) -> web.Response:
    service, _ = _vidu(request)
    service.store.refresh()
    now, link = service.options.now_ns(), service.link(request)
    fields = {name: request.query.getall(name) for name in request.query}
    tasks, token = vidu_list.select(service.store, vidu_list.read_query(fields, now), now)
    rows = [vidu.row(task, now, link) for task in tasks]
    return _json({"tasks": rows, "next_page_token": token})


async def _vidu_cancel(request: web.Request) -> web.Response:
    service, _ = _vidu(request)
    task = _task(service, "vidu", request.match_info["id"])
    if task.phase(service.options.now_ns()) not in {Phase.CREATED, Phase.QUEUEING}:
        raise bad_request("the task has been scheduled and cannot be cancelled")
    service.store.cancel(task.id)
    service.callbacks.end(task.id)
    return _json({})


async def _vidu_credits(request: web.Request) -> web.Response:
    service, _ = _vidu(request)
    service.store.refresh()
    now = service.options.now_ns()
    phases = [task.phase(now) for task in service.store.in_flight("vidu")]
    limit = service.options.concurrency
    return _json(vidu.balance(service.store.balance(), limit, phases))


async def _modelverse_submit(request: web.Request) -> web.Response:
    service = _modelverse(request)
    if not can_encode():
        message = f"this emulator cannot make videos without PyAV: {EXTRA_HINT}"
        raise ApiError("ModelUnavailable", message)
    task = await service.submit(request, modelverse.read, _MODELVERSE_BODY_LIMIT)
    return _json(modelverse.submitted(task))


async def _modelverse_status(request: web.Request) -> web.Response:
    service = _modelverse(request)
    task_id = request.query.get("task_id", "")
    if not task_id:
        raise lacking("task_id")
    task = _task(service, "modelverse", task_id)
    return _json(modelverse.status(task, service.options.now_ns(), service.link(request)))


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
    return web.FileResponse(path, headers={"Content-Type": _TYPES[path.suffix]})


async def _requests(request: web.Request) -> web.Response:
    # For tests; it belongs to neither API.
    return _json(request.app[SERVICE].log.report())


def _json(body: Mapping[str, Any]) -> web.Response:
    """An answer in readable UTF-8; `fields.text` has rejected what UTF-8 cannot encode."""
    return web.json_response(text=json.dumps(body, ensure_ascii=False))


def _vidu(request: web.Request) -> tuple[Service, str]:
    service = request.app[SERVICE]
    key = vidu.key_of(request.headers.get("Authorization"))
    service.admit(key)
    return service, key


def _modelverse(request: web.Request) -> Service:
    service = request.app[SERVICE]
    service.admit(modelverse.key_of(request.headers.get("Authorization")))
    return service


def _task(service: Service, api: str, task_id: str) -> Task:
    service.store.refresh()
    task = service.store.task(api, task_id)
    if task is None:
        raise ApiError("TaskNotFound", "there is no such task")
    return task


def _creations(service: Service, task_id: str, link: vidu.Link) -> dict[str, Any]:
    """The answer to a query as it is now."""
    task = _task(service, "vidu", task_id)
    return vidu.creations(task, service.options.now_ns(), link)
