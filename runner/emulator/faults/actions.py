"""Fault injection: a middleware that breaks the requests which the rules of a script hit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from runner.emulator.api import vidu
from runner.emulator.faults import responses
from runner.emulator.faults.matching import RuleChooser, Subject
from runner.emulator.faults.responses import CHANGES, Values
from runner.emulator.faults.script import FILES, KINDS, LIST, SUBMITS, Match, Rule
from runner.emulator.request_log import context_of
from runner.emulator.service import Service, body_of
from runner.emulator.state.tasks import Phase, Task

_PRESETS = {"not_found": {"reason": "TaskNotFound"}, "no_list": {"reason": "NotFound"}}
"""Faults that are an `error` with these parameters."""
_INSTEAD = frozenset({"cut_before", "outage", "not_http", "redirect", "expired", *_PRESETS})
"""Faults that keep a request from being carried out; `error` does so by its parameter `when`."""


class FaultInjector:
    """The rules of a script, and what earlier requests leave behind for later ones."""

    def __init__(self, service: Service):
        self.service = service
        self.expired: set[str] = set()
        """Raw paths of result files whose URL has expired."""
        rules = service.options.faults
        self._chooser = RuleChooser(rules, service.options.now_ns())
        self._succeeded: set[str] = set()
        """Ids of tasks whose success a response has reported."""
        # Only if a rule is about tasks: `cut_before` can leave a body unread.
        self._by_task = any(rule.match != Match() or rule.per == "task" for rule in rules)

    @web.middleware
    async def inject(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request as the rules demand; `handler` must answer refusals, not raise them."""
        kind = request.match_info.route.name
        if kind is None or kind not in KINDS:
            return await handler(request)
        if request.raw_path in self.expired:
            return responses.expired()
        exchange = _Exchange(request=request, handler=handler, kind=kind, faults=self)
        subjects = await exchange.subjects() if self._by_task else ()
        rule = self._chooser.choose(kind, subjects, self.service.options.now_ns())
        response = await _act(exchange, rule) if rule else await exchange.undisturbed()
        if kind != FILES:
            tasks = responses.reported_tasks(responses.json_of(response))
            self._succeeded.update(task_id for task_id, succeeded in tasks.items() if succeeded)
        return response

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
    faults: FaultInjector
    _response: web.Response | None = None

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
            info, files = self.request.match_info, self.faults.service.files
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
        if self.kind == LIST:
            # The tasks are the rows of the response; a request for them changes nothing.
            body = responses.json_of(await self.response())
            return self.faults.subjects(responses.reported_tasks(body))
        self.faults.service.store.refresh()
        info, query = self.request.match_info, self.request.query
        task_id = info.get("id") or info.get("owner") or query.get("task_id", "")
        return self.faults.subjects([task_id])

    async def _submission(self) -> Subject:
        try:
            body = json.loads(await body_of(self.request))
        except (ValueError, RecursionError):
            body = None
        order = body.get("input", body) if isinstance(body, dict) else None
        prompt = order.get("prompt") if isinstance(order, dict) else None
        key = context_of(self.request).submission.untagged
        return Subject(key=key, prompt=prompt if isinstance(prompt, str) else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    """A request that a rule hits."""

    request: web.Request
    kind: str
    rule: Rule
    response: web.Response
    """The undisturbed response; an empty one if the request is not carried out."""
    faults: FaultInjector

    def __getitem__(self, parameter: str) -> Any:
        return self.rule.values[parameter]

    def refuse(self, reason: str, response: web.Response) -> web.Response:
        """The response, with the reason that the log shows for it."""
        context_of(self.request).submission.refuse(reason)
        return response


async def _act(exchange: _Exchange, rule: Rule) -> web.StreamResponse:
    values, request = rule.values, exchange.request
    context = context_of(request)
    context.submission.fault = rule.fault
    exchange.faults.service.log.count_fault(rule.number, rule.fault, exchange.kind)
    if exchange.kind in SUBMITS and values.get("body", True):
        # The client has sent everything before anything goes wrong.
        await body_of(request)
    if rule.fault in TASK_CHANGES:
        context.change = partial(TASK_CHANGES[rule.fault], values)
        return await exchange.undisturbed()
    is_instead = rule.fault in _INSTEAD or values.get("when") == "before"
    response = web.Response() if is_instead else await exchange.response()
    if rule.fault == "slow":
        await asyncio.sleep(values["delay_s"])
        return await exchange.undisturbed()
    hit = _Hit(
        request=request, kind=exchange.kind, rule=rule, response=response, faults=exchange.faults
    )
    return ACTIONS[rule.fault](hit)


def _error(hit: _Hit) -> web.Response:
    api = hit.kind.partition(".")[0]
    values = _PRESETS.get(hit.rule.fault, hit.rule.values)
    response, reason = responses.error_response(api, values)
    return hit.refuse(reason, response)


def _redirect(hit: _Hit) -> web.Response:
    nowhere = f"{hit.request.scheme}://{hit.request.host}/moved{hit.request.raw_path}"
    headers = {"Location": hit["location"] or nowhere}
    return hit.refuse("redirect", web.Response(status=hit["status"], headers=headers))


def _truncate(hit: _Hit) -> web.Response:
    content = responses.content_of(hit.response)
    whole = len(content)
    # At least a byte is missing, whatever the script asks for.
    kept = min(whole // 2 if hit["bytes"] is None else hit["bytes"], max(0, whole - 1))
    return responses.with_length(hit.request, hit.response, content[:kept], whole)


def _wrong_length(hit: _Hit) -> web.Response:
    content = responses.content_of(hit.response)
    length = max(0, len(content) + hit["by"])
    return responses.with_length(hit.request, hit.response, content, length)


def _not_json(hit: _Hit) -> web.Response:
    if hit["text"] is None:
        return responses.page(hit["status"])
    return web.Response(status=hit["status"], text=hit["text"], content_type="application/json")


def _empty(hit: _Hit) -> web.Response:
    hit.response.set_status(hit["status"])
    hit.response.body = b""
    return hit.response


def _change(hit: _Hit) -> web.Response:
    body = responses.json_of(hit.response)
    if not isinstance(body, dict):
        return hit.response

    def matches(task_id: str) -> bool:
        return any(task.fits(hit.rule.match) for task in hit.faults.subjects([task_id]))

    changed = responses.change_body(body, hit.rule.fault, hit.rule.values, matches)
    return responses.with_json(hit.response, changed)


def _empty_list(hit: _Hit) -> web.Response:
    body = {"tasks": [], "next_page_token": ""}
    return responses.with_json(hit.response, body) if hit.response.status == 200 else hit.response


def _stale_list(hit: _Hit) -> web.Response:
    """The rows of the past: without tasks made since, with earlier states."""
    if hit.response.status != 200:
        return hit.response
    service, body = hit.faults.service, responses.json_of(hit.response)
    then_ns = service.options.now_ns() - round(hit["lag_s"] * 1e9)
    found = (service.store.any_task(row["id"]) for row in body["tasks"])
    tasks = [task for task in found if task and task.made_ns <= then_ns]
    rows = [vidu.row(task, then_ns, service.link(hit.request)) for task in tasks]
    return responses.with_json(hit.response, {**body, "tasks": rows})


def _expired(hit: _Hit) -> web.Response:
    hit.faults.expired.add(hit.request.raw_path)
    return responses.expired()


ACTIONS: Mapping[str, Callable[[_Hit], web.Response]] = {
    "cut_before": lambda hit: responses.reset(hit.request),
    "cut_after": lambda hit: responses.reset(hit.request),
    "outage": lambda hit: hit.refuse("outage", responses.page(hit["status"])),
    "not_http": lambda hit: responses.raw(hit.request, b"SSH-2.0-OpenSSH_9.9\r\n"),
    "redirect": _redirect,
    "drip": lambda hit: responses.dripping(hit.response, hit["bytes"], hit["pause_s"]),
    "truncate": _truncate,
    "not_json": _not_json,
    "empty": _empty,
    "huge": lambda hit: responses.huge(hit.response, hit["bytes"]),
    "empty_list": _empty_list,
    "stale_list": _stale_list,
    "expired": _expired,
    "wrong_type": lambda hit: responses.page(hit.response.status),
    "wrong_length": _wrong_length,
    **dict.fromkeys(CHANGES, _change),
    **dict.fromkeys(["error", *_PRESETS], _error),
}
"""What each fault makes of a request that it hits; the result may be no longer sendable."""

TASK_CHANGES: Mapping[str, Callable[[Values, Task], Task]] = {
    "fail_task": lambda values, task: replace(
        task, err_code=values["err_code"], refunded=values["refunded"]
    ),
    "stuck_task": lambda values, task: task.stuck(Phase(values["state"])),
}
"""What a fault makes of the task that a submission asks for."""
