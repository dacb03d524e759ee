"""Fault injection: a middleware that breaks the requests which the rules of a script hit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from runner.emulator.api import vidu
from runner.emulator.faults import responses, wire
from runner.emulator.faults.matching import RuleChooser, Subject
from runner.emulator.faults.responses import CHANGES
from runner.emulator.faults.script import FILES, KINDS, LIST, SUBMITS, Match, Rule
from runner.emulator.request_log import RequestContext, context_of
from runner.emulator.service import Service, body_of
from runner.emulator.state.tasks import Phase, TaskScript

_BODY_LIMIT = 512 * 1024 * 1024
"""Bytes of a submission that are read for matching, or before it fails."""
_PRESETS = {"not_found": {"reason": "TaskNotFound"}, "no_list": {"reason": "NotFound"}}
"""Faults that are an `error` with these parameters."""


def inject_faults(service: Service) -> Middleware:
    """The middleware of the options' rules; its handler must answer refusals, not raise them."""
    rules = service.options.faults
    chooser = RuleChooser(rules, service.options.now_ns())
    history = _History(service=service)
    # Only if a rule is about tasks: `cut_before` can leave a body unread.
    by_task = any(rule.match != Match() or rule.per == "task" for rule in rules)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        kind = request.match_info.route.name
        if kind is None or kind not in KINDS:
            return await handler(request)
        if request.raw_path in history.expired:
            return responses.expired()
        exchange = _Exchange(request=request, handler=handler, kind=kind, history=history)
        subjects = await exchange.subjects() if by_task else ()
        rule = chooser.choose(kind, subjects, service.options.now_ns())
        response = await _act(exchange, rule) if rule else await exchange.undisturbed()
        if kind != FILES:
            history.add(responses.json_of(response))
        return response

    return middleware


@dataclass(slots=True, kw_only=True)
class _History:
    """What earlier requests leave behind for later ones."""

    service: Service
    expired: set[str] = field(default_factory=set)
    """Raw paths of result files whose URL has expired."""
    _succeeded: set[str] = field(default_factory=set)
    """Ids of tasks whose success a response has reported."""

    def add(self, body: Any) -> None:
        """Remember the successes that a response reports."""
        tasks = responses.reported_tasks(body)
        self._succeeded.update(task_id for task_id, succeeded in tasks.items() if succeeded)

    def subjects(self, ids: Iterable[str]) -> list[Subject]:
        """The tasks with these ids, as rules see them."""
        now_ns = self.service.options.now_ns()
        tasks = (self.service.store.any_task(task_id) for task_id in ids)
        return [
            Subject(
                key=task.id,
                prompt=task.order.prompt,
                state=task.phase(now_ns).value,
                succeeded=task.id in self._succeeded,
                age_s=(now_ns - task.made_ns) / 1e9,
            )
            for task in tasks
            if task
        ]


@dataclass(slots=True, kw_only=True)
class _Exchange:
    """One request and its undisturbed response."""

    request: web.Request
    handler: Handler
    kind: str
    history: _History
    _response: web.Response | None = None

    @property
    def context(self) -> RequestContext:
        """What the log records of the request."""
        return context_of(self.request)

    async def undisturbed(self) -> web.StreamResponse:
        """The undisturbed response, for sending only: a file is not in memory."""
        return await self.handler(self.request) if self._response is None else self._response

    async def response(self) -> web.Response:
        """The undisturbed response in memory; the first call runs the handler."""
        if self._response is None:
            self._response = await self._read_response()
        return self._response

    async def _read_response(self) -> web.Response:
        try:
            response = await self.handler(self.request)
        except web.HTTPException as error:
            return web.Response(status=error.status, text=error.text)
        if isinstance(response, web.FileResponse):
            info, files = self.request.match_info, self.history.service.files
            path = await asyncio.to_thread(files.file, info["owner"], info["name"])
            content = await asyncio.to_thread(path.read_bytes) if path else b""
            headers = {"Content-Type": response.headers["Content-Type"]}
            return web.Response(body=content, headers=headers)
        assert isinstance(response, web.Response)
        return response

    async def subjects(self) -> list[Subject]:
        """The tasks that the request is about."""
        if self.kind in SUBMITS:
            return [await self._submission()]
        self.history.service.store.refresh()
        if self.kind == LIST:
            # The tasks are the rows of the response; a request for them changes nothing.
            body = responses.json_of(await self.response())
            return self.history.subjects(responses.reported_tasks(body))
        info, query = self.request.match_info, self.request.query
        task_id = info.get("id") or info.get("owner") or query.get("task_id", "")
        return self.history.subjects([task_id])

    async def _submission(self) -> Subject:
        try:
            body = json.loads(await body_of(self.request, _BODY_LIMIT))
        except (ValueError, RecursionError):
            body = None
        order = body.get("input", body) if isinstance(body, dict) else None
        prompt = order.get("prompt") if isinstance(order, dict) else None
        return Subject(key=self.context.untagged, prompt=prompt if isinstance(prompt, str) else "")


async def _act(exchange: _Exchange, rule: Rule) -> web.StreamResponse:
    exchange.context.fault = rule.fault
    exchange.history.service.log.count_fault(rule.number, rule.fault, exchange.kind)
    if exchange.kind in SUBMITS and rule.values.get("body", True):
        # The client has sent everything before anything goes wrong.
        await body_of(exchange.request, _BODY_LIMIT)
    return await ACTIONS[rule.fault](exchange, rule)


Action: TypeAlias = Callable[[_Exchange, Rule], Awaitable[web.StreamResponse]]
"""What a fault does to a request; its response may be one that cannot be sent any more."""


async def _cut_before(exchange: _Exchange, _: Rule) -> web.StreamResponse:
    return wire.reset(exchange.request)


async def _cut_after(exchange: _Exchange, _: Rule) -> web.StreamResponse:
    await exchange.response()
    return wire.reset(exchange.request)


async def _not_http(exchange: _Exchange, _: Rule) -> web.StreamResponse:
    return wire.send_raw(exchange.request, b"SSH-2.0-OpenSSH_9.9\r\n")


async def _slow(exchange: _Exchange, rule: Rule) -> web.StreamResponse:
    if rule.values["when"] == "after":
        await exchange.response()
    await asyncio.sleep(rule.values["delay_s"])
    return await exchange.undisturbed()


async def _drip(exchange: _Exchange, rule: Rule) -> web.StreamResponse:
    size, pause_s = rule.values["bytes"], rule.values["pause_s"]
    return await wire.send_slowly(exchange.request, await exchange.response(), size, pause_s)


async def _truncate(exchange: _Exchange, rule: Rule) -> web.StreamResponse:
    response, size = await exchange.response(), rule.values["bytes"]
    content = responses.content_of(response)
    whole = len(content)
    # At least a byte is missing, whatever the script asks for.
    response.body = content[: min(whole // 2 if size is None else size, max(0, whole - 1))]
    return await wire.send_with_length(exchange.request, response, whole)


async def _wrong_length(exchange: _Exchange, rule: Rule) -> web.StreamResponse:
    response = await exchange.response()
    length = max(0, len(responses.content_of(response)) + rule.values["by"])
    return await wire.send_with_length(exchange.request, response, length)


async def _huge(exchange: _Exchange, rule: Rule) -> web.StreamResponse:
    return await wire.send_huge(exchange.request, await exchange.response(), rule.values["bytes"])


async def _error(exchange: _Exchange, rule: Rule) -> web.StreamResponse:
    values = {**rule.values, **_PRESETS.get(rule.fault, {})}
    if values.get("when") == "after":
        await exchange.response()
    api = exchange.kind.partition(".")[0]
    response, exchange.context.refused = responses.error_response(api, values)
    return response


async def _outage(exchange: _Exchange, rule: Rule) -> web.StreamResponse:
    exchange.context.refused = "outage"
    return responses.page(rule.values["status"])


async def _redirect(exchange: _Exchange, rule: Rule) -> web.StreamResponse:
    exchange.context.refused = "redirect"
    request, location = exchange.request, rule.values["location"]
    nowhere = f"{request.scheme}://{request.host}/moved{request.raw_path}"
    return web.Response(status=rule.values["status"], headers={"Location": location or nowhere})


async def _not_json(exchange: _Exchange, rule: Rule) -> web.StreamResponse:
    await exchange.response()
    status, text = rule.values["status"], rule.values["text"]
    if text is None:
        return responses.page(status)
    return web.Response(status=status, text=text, content_type="application/json")


async def _empty(exchange: _Exchange, rule: Rule) -> web.StreamResponse:
    response = await exchange.response()
    response.set_status(rule.values["status"])
    response.body = b""
    return response


async def _change(exchange: _Exchange, rule: Rule) -> web.StreamResponse:
    response = await exchange.response()
    body = responses.json_of(response)
    if not isinstance(body, dict):
        return response

    def matches(task_id: str) -> bool:
        return any(task.fits(rule.match) for task in exchange.history.subjects([task_id]))

    changed = responses.change_body(body, rule.fault, rule.values, matches)
    return responses.with_json(response, changed)


async def _empty_list(exchange: _Exchange, _: Rule) -> web.StreamResponse:
    response = await exchange.response()
    body = {"tasks": [], "next_page_token": ""}
    return responses.with_json(response, body) if response.status == 200 else response


async def _stale_list(exchange: _Exchange, rule: Rule) -> web.StreamResponse:
    """The rows of the past: without tasks made since, with earlier states."""
    response, service = await exchange.response(), exchange.history.service
    if response.status != 200:
        return response
    then_ns = service.options.now_ns() - round(rule.values["lag_s"] * 1e9)
    body = responses.json_of(response)
    found = (service.store.any_task(row["id"]) for row in body["tasks"])
    tasks = [task for task in found if task and task.made_ns <= then_ns]
    rows = [vidu.row(task, then_ns, service.link(exchange.request)) for task in tasks]
    return responses.with_json(response, {**body, "tasks": rows})


async def _script_task(exchange: _Exchange, rule: Rule) -> web.StreamResponse:
    values = rule.values
    if rule.fault == "stuck_task":
        script = TaskScript(stuck=Phase(values["state"]))
    else:
        script = TaskScript(err_code=values["err_code"], refunded=values["refunded"])
    exchange.context.script = script
    return await exchange.undisturbed()


async def _expired(exchange: _Exchange, _: Rule) -> web.StreamResponse:
    exchange.history.expired.add(exchange.request.raw_path)
    return responses.expired()


async def _wrong_type(exchange: _Exchange, _: Rule) -> web.StreamResponse:
    return responses.page((await exchange.response()).status)


ACTIONS: Mapping[str, Action] = {
    "cut_before": _cut_before,
    "cut_after": _cut_after,
    "outage": _outage,
    "not_http": _not_http,
    "error": _error,
    "redirect": _redirect,
    "slow": _slow,
    "drip": _drip,
    "truncate": _truncate,
    "not_json": _not_json,
    "empty": _empty,
    "huge": _huge,
    **dict.fromkeys(CHANGES, _change),
    "not_found": _error,
    "fail_task": _script_task,
    "stuck_task": _script_task,
    "no_list": _error,
    "empty_list": _empty_list,
    "stale_list": _stale_list,
    "expired": _expired,
    "wrong_type": _wrong_type,
    "wrong_length": _wrong_length,
}
