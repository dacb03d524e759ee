"""Web application: puts the request log, the error format and scripted faults around the routes."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.typedefs import Handler

from runner.emulator.api.errors import ApiError, error_body, reason_for
from runner.emulator.api.routes import add_routes
from runner.emulator.api.vidu import timestamp
from runner.emulator.faults.actions import inject_faults
from runner.emulator.request_log import CONTEXT, RequestContext, Submission, context_of
from runner.emulator.service import SERVICE, Service

_log = logging.getLogger(__name__)


def build(service: Service) -> web.Application:
    """The application of a service.

    The options' middlewares and the script of faults run after a request is counted, and may
    answer it, break it or pass it on.
    """
    middlewares = [log_request, format_errors, *service.options.middlewares]
    if service.options.faults:
        # The inner one formats refusals before faults see them, the outer one those of a fault.
        middlewares += [inject_faults(service), format_errors]
    app = web.Application(middlewares=middlewares)
    app[SERVICE] = service
    add_routes(app)
    app.cleanup_ctx.append(_callbacks)
    return app


async def _callbacks(app: web.Application) -> AsyncIterator[None]:
    yield
    await app[SERVICE].callbacks.close()


@web.middleware
async def log_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count the request, and log it with its outcome if it is a submission."""
    service = request.app[SERVICE]
    route = request.match_info.route
    path = route.resource.canonical if route.resource else "*"
    service.log.count_request(f"{request.method} {path}")
    status, context = 0, RequestContext()
    request[CONTEXT] = context
    try:
        response = await handler(request)
        status = 0 if context.cut else response.status
    finally:  # also when a fault cuts the connection: what was made is made
        api, _, action = (route.name or "").partition(".")
        if action == "submit":
            _log_submission(service, api, context, status)
    return response


def _log_submission(service: Service, api: str, context: RequestContext, status: int) -> None:
    context.body = None  # a connection that is kept open keeps its last request too
    if context.logged:
        context.logged.status = status
        return
    refused = Submission(
        api=api,
        at=timestamp(service.options.now_ns()),
        digest=context.digest,
        untagged=context.untagged,
        outcome=context.refused,
        status=status,
        task_id=None,
        fault=context.fault,
    )
    service.log.add(refused)


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
