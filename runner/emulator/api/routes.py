"""The handlers: a request to an answer, all deciding left to the rooms beside this one."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from runner.emulator.api import modelverse, vidu, vidu_list
from runner.emulator.api.errors import ApiError, bad_request, lacking
from runner.emulator.options import EXTRA_HINT, can_encode
from runner.emulator.service import SERVICE, Service
from runner.emulator.state import files
from runner.emulator.state.tasks import Phase, Task

VIDU_BODY_LIMIT = 20 * 1024 * 1024
"""Bytes: "post body not above 20MB"."""
MODELVERSE_BODY_LIMIT = 512 * 1024 * 1024
"""Bytes. The document states none; seven images of 50 MB as base64 fit."""


_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".mp4": "video/mp4",
}


def add_routes(app: web.Application) -> None:
    """Every path of both APIs, of result files and of our own."""
    app.router.add_post("/ent/v2/reference2image", vidu_submit)
    app.router.add_get("/ent/v2/tasks/{id}/creations", vidu_creations)
    app.router.add_get("/ent/v2/tasks", vidu_tasks)
    app.router.add_post("/ent/v2/tasks/{id}/cancel", vidu_cancel)
    app.router.add_get("/ent/v2/credits", vidu_credits)
    app.router.add_post("/v1/tasks/submit", modelverse_submit)
    app.router.add_get("/v1/tasks/status", modelverse_status)
    app.router.add_get("/files/{owner}/{name}", result_file)
    app.router.add_get("/_emulator/requests", requests)


async def vidu_submit(request: web.Request) -> web.Response:
    """Create a picture task."""
    key, service = _vidu(request)
    task = await service.order(request, vidu.read, VIDU_BODY_LIMIT)
    link = service.link(request)
    service.callbacks.watch(task, key, lambda task_id: _now(service, task_id, link))
    return _json(vidu.created(task, link))


async def vidu_creations(request: web.Request) -> web.Response:
    """Tell a task's state and results."""
    _, service = _vidu(request)
    task = _known(service, "vidu", request.match_info["id"])
    return _json(vidu.creations(task, service.options.now_ns(), service.link(request)))


async def vidu_tasks(request: web.Request) -> web.Response:
    """List tasks."""
    _, service = _vidu(request)
    service.store.refresh()
    now, link = service.options.now_ns(), service.link(request)
    filters = vidu_list.read_filters(request.query, now)
    page = vidu_list.read_page(request.query)
    tasks, token = vidu_list.select(service.store, filters, page, now)
    rows = [vidu.row(task, now, link) for task in tasks]
    return _json({"tasks": rows, "next_page_token": token})


async def vidu_cancel(request: web.Request) -> web.Response:
    """Call a task off that is not yet being worked on."""
    _, service = _vidu(request)
    task = _known(service, "vidu", request.match_info["id"])
    if task.phase(service.options.now_ns()) not in {Phase.CREATED, Phase.QUEUEING}:
        raise bad_request("the task has been scheduled and cannot be cancelled")
    service.store.cancel(task.id)
    link = service.link(request)
    ended = _known(service, "vidu", task.id)
    service.callbacks.hurry(ended, lambda task_id: _now(service, task_id, link))
    return _json({})


async def vidu_credits(request: web.Request) -> web.Response:
    """Tell the balance."""
    _, service = _vidu(request)
    service.store.refresh()
    now = service.options.now_ns()
    phases = [task.phase(now) for task in service.store.in_flight("vidu")]
    limit = service.options.concurrency
    return _json(vidu.balance(service.store.balance(), limit, phases))


async def modelverse_submit(request: web.Request) -> web.Response:
    """Create a video task."""
    service = _modelverse(request)
    if not can_encode():
        raise ApiError(
            "ModelUnavailable", f"this emulator cannot make videos without PyAV: {EXTRA_HINT}"
        )
    task = await service.order(request, modelverse.read, MODELVERSE_BODY_LIMIT)
    return _json(modelverse.submitted(task))


async def modelverse_status(request: web.Request) -> web.Response:
    """Tell a task's state and results."""
    service = _modelverse(request)
    task_id = request.query.get("task_id", "")
    if not task_id:
        raise lacking("task_id")
    task = _known(service, "modelverse", task_id)
    return _json(modelverse.status(task, service.options.now_ns(), service.link(request)))


async def result_file(request: web.Request) -> web.StreamResponse:
    """Hand out a file to whoever has its URL, byte for byte; no key is asked for."""
    service = request.app[SERVICE]
    trouble = files.fault(request.raw_path, service.options.now_ns())
    if trouble:
        raise web.HTTPForbidden(text=trouble)
    service.store.refresh()
    owner, name = request.match_info["owner"], request.match_info["name"]
    path = await asyncio.to_thread(service.files.file, owner, name)
    if path is None:
        raise web.HTTPNotFound(text="NoSuchKey")
    return web.FileResponse(path, headers={"Content-Type": _TYPES[path.suffix]})


async def requests(request: web.Request) -> web.Response:
    """Tell tests what was asked; no part of either API."""
    return _json(request.app[SERVICE].log.report())


def _json(body: dict[str, Any]) -> web.Response:
    """An answer in readable UTF-8; its texts were checked when they came in."""
    return web.json_response(text=json.dumps(body, ensure_ascii=False))


def _vidu(request: web.Request) -> tuple[str, Service]:
    service = request.app[SERVICE]
    key = vidu.key_of(request.headers.get("Authorization"))
    service.admit(key)
    return key, service


def _modelverse(request: web.Request) -> Service:
    service = request.app[SERVICE]
    service.admit(modelverse.key_of(request.headers.get("Authorization")))
    return service


def _known(service: Service, api: str, task_id: str) -> Task:
    service.store.refresh()
    task = service.store.task(api, task_id)
    if task is None:
        raise ApiError("TaskNotFound", "there is no such task")
    return task


def _now(service: Service, task_id: str, link: vidu.Link) -> dict[str, Any] | None:
    task = service.store.task("vidu", task_id)
    return vidu.creations(task, service.options.now_ns(), link) if task else None
