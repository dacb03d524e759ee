"""The web application: routes, the error form of each API, the log of what was asked."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from runner.emulator.api import modelverse, vidu
from runner.emulator.api.errors import ApiError
from runner.emulator.api.vidu import timestamp
from runner.emulator.faults.acting import scripted
from runner.emulator.faults.reading import read_faults
from runner.emulator.request_log import REQUEST_CONTEXT, RequestContext, Submission
from runner.emulator.routes import add_routes
from runner.emulator.service import SERVICE, Service

_SUBMISSIONS = {"/ent/v2/reference2image": "vidu", "/v1/tasks/submit": "modelverse"}
_log = logging.getLogger(__name__)


def build(desk: Service) -> web.Application:
    """The application around a desk.

    The options' middlewares and the script of faults see a request after it is counted, and may
    answer it, break it or hand it on. Faults see refusals as they would be answered.
    """
    middlewares = [counted, in_form, *desk.options.middlewares]
    rules = read_faults(desk.options.faults)
    if rules:
        middlewares += [scripted(rules, desk), in_form]
    app = web.Application(middlewares=middlewares)
    app[SERVICE] = desk
    add_routes(app)
    app.cleanup_ctx.append(_callbacks)
    return app


async def _callbacks(app: web.Application) -> AsyncIterator[None]:
    yield
    await app[SERVICE].callbacks.close()


@web.middleware
async def counted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count the request, and log it with its outcome if it is a submission."""
    desk = request.app[SERVICE]
    resource = request.match_info.route.resource
    path = resource.canonical if resource else "*"
    desk.log.request(f"{request.method} {path}")
    status, note = 0, RequestContext()
    REQUEST_CONTEXT.set(note)
    try:
        response = await handler(request)
        status = 0 if note.cut else response.status
    finally:  # also when a fault cuts the connection: what was made is made
        api = _SUBMISSIONS.get(path)
        if api and request.method == "POST":
            _log_submission(desk, api, note, status)
    return response


def _log_submission(desk: Service, api: str, note: RequestContext, status: int) -> None:
    note.body = None  # a connection that is kept open keeps its note too
    if note.logged:
        note.logged.status = status
        return
    refused = Submission(
        api=api,
        at=timestamp(desk.options.now_ns()),
        digest=note.digest,
        untagged=note.untagged,
        outcome=note.refused,
        status=status,
        task_id=None,
        fault=note.fault,
    )
    desk.log.submission(refused)


@web.middleware
async def in_form(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every refusal in the form of the API that was asked."""
    try:
        return await handler(request)
    except ApiError as error:
        return _answer(request, error)
    except web.HTTPException as error:
        if error.status not in {404, 405} or request.path.startswith("/files/"):
            raise
        reason = "NotFound" if error.status == 404 else "MethodNotAllowed"
        words = f"{request.method} {request.path}: {error.reason}"
        response = _answer(request, ApiError(error.status, reason, words))
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except ConnectionError:  # a scripted cut: nobody is there to be answered
        raise
    except OSError:
        _log.exception("the emulator's state cannot be kept")
        return _answer(request, ApiError(500, "InternalServiceFailure", "cannot keep state"))


def _answer(request: web.Request, error: ApiError) -> web.Response:
    REQUEST_CONTEXT.get().refused = error.reason
    form = modelverse.error if request.path.startswith("/v1/") else vidu.error
    body: dict[str, Any] = form(error)
    return web.json_response(body, status=error.status)
