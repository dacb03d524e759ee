"""Fault injection: a middleware that breaks the requests which the rules of a script hit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from aiohttp import web
from aiohttp.typedefs import Handler

from runner.emulator.api import vidu
from runner.emulator.api.routes import Service
from runner.emulator.faults import responses
from runner.emulator.faults.responses import CHANGES, Values
from runner.emulator.faults.script import (
    FILES,
    KINDS,
    LIST,
    SUBMITS,
    Match,
    Rule,
    RuleChooser,
    fits,
)
from runner.emulator.request_log import body_of, context_of
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
        self._by_task = any(rule.match or rule.per == "task" for rule in rules)

    @web.middleware
    async def inject(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request as the rules demand; `handler` must answer refusals, not raise them."""
        kind = request.match_info.route.name
        if kind is None or kind not in KINDS:
            return await handler(request)
        if request.raw_path in self.expired:  # counted by no rule: nothing else can happen to it
            return responses.expired()
        exchange = _Exchange(request=request, handler=handler, kind=kind, faults=self)
        if self._by_task:
            await exchange.find_tasks()
        now_ns = self.service.options.now_ns()
        rule = self._chooser.choose(kind, exchange.task, exchange.matches, now_ns)
        if rule is None:
            response = await exchange.undisturbed()
        else:
            exchange.rule = rule
            response = await _act(exchange)
        if kind != FILES:  # everything else is JSON that may report a success
            tasks = responses.reported_tasks(responses.json_of(response))
            self._succeeded.update(task_id for task_id, succeeded in tasks.items() if succeeded)
        return response

    def task_fits(self, task_id: str, match: Match) -> bool:
        """Whether there is such a task and it meets the conditions."""
        task, now_ns = self.service.store.any_task(task_id), self.service.options.now_ns()
        return task is not None and fits(
            match,
            task.order.prompt,
            task.phase(now_ns).value,
            (now_ns - task.made_ns) / 1e9,
            succeeded=task.id in self._succeeded,
        )


@dataclass(slots=True, kw_only=True)
class _Exchange:
    """One request and its undisturbed response."""

    request: web.Request
    handler: Handler
    kind: str
    faults: FaultInjector
    response: web.Response = field(default_factory=web.Response)
    """The undisturbed response in memory; empty until `carry_out`."""
    rule: Rule = field(init=False)
    """The rule that hits the request, once one does."""
    task: str = ""
    """What identifies the task for rules that count `per: task`: its id, or for a submission the
    digest of its body without tags. Empty for a list, because that is about many tasks."""
    prompt: str = ""
    """Of a submission."""
    rows: tuple[str, ...] = ()
    """Ids of the tasks in a list."""
    _is_carried_out: bool = False

    @property
    def values(self) -> Values:
        """The parameters of the fault."""
        return self.rule.values

    async def carry_out(self) -> web.Response:
        """Run the handler, unless it ran before; returns `response`."""
        if not self._is_carried_out:
            self.response, self._is_carried_out = await self._read_response(), True
        return self.response

    async def undisturbed(self) -> web.StreamResponse:
        """The undisturbed response, for sending only: a file is not in memory."""
        return self.response if self._is_carried_out else await self.handler(self.request)

    def refuse(self, reason: str, response: web.Response) -> web.Response:
        """The response, with the reason that the log contains for it."""
        context_of(self.request).submission.refuse(reason)
        return response

    async def _read_response(self) -> web.Response:
        try:
            response = await self.handler(self.request)
        except web.HTTPException as error:  # a refused file; other refusals are answers by now
            return web.Response(status=error.status, text=error.text)
        if isinstance(response, web.FileResponse):
            # A file response reads its file only while it sends, so it is read here again.
            info, files = self.request.match_info, self.faults.service.files
            path = await asyncio.to_thread(files.file, info["owner"], info["name"])
            content = await asyncio.to_thread(path.read_bytes) if path else b""
            headers = {"Content-Type": response.headers["Content-Type"]}
            return web.Response(body=content, headers=headers)
        assert isinstance(response, web.Response)
        return response

    async def find_tasks(self) -> None:
        """Find the tasks that the request is about, or what a submission asks for."""
        store, request = self.faults.service.store, self.request
        if self.kind in SUBMITS:
            body = await body_of(request)
            order = body.values.get("input", body.values)
            prompt = order.get("prompt") if isinstance(order, dict) else None
            self.prompt, self.task = prompt if isinstance(prompt, str) else "", body.untagged
        elif self.kind == LIST:
            # The tasks are the rows of the response; a request for them changes nothing.
            self.rows = tuple(responses.reported_tasks(responses.json_of(await self.carry_out())))
        else:
            # The task may be one of another process, and no handler has run yet.
            store.refresh()
            info = request.match_info
            task_id = info.get("id") or info.get("owner") or request.query.get("task_id", "")
            self.task = task_id if store.any_task(task_id) else ""

    def matches(self, match: Match) -> bool:
        """Whether any task of the request meets the conditions."""
        if self.kind in SUBMITS:
            return fits(match, self.prompt)
        return any(self.faults.task_fits(task, match) for task in (self.task, *self.rows))


async def _act(exchange: _Exchange) -> web.StreamResponse:
    rule, values, request = exchange.rule, exchange.values, exchange.request
    context = context_of(request)
    context.submission.fault = rule.fault
    exchange.faults.service.log.count_fault(rule.number, rule.fault, exchange.kind)
    if exchange.kind in SUBMITS and values.get("body", True):
        # The client has sent everything before anything goes wrong.
        await body_of(request)
    if rule.fault in TASK_CHANGES:
        # No response to break: the store applies it when it makes the task.
        context.change = partial(TASK_CHANGES[rule.fault], values)
        return await exchange.undisturbed()
    if rule.fault not in _INSTEAD and values.get("when") != "before":
        await exchange.carry_out()
    if rule.fault == "slow":
        await asyncio.sleep(values["delay_s"])
        return await exchange.undisturbed()
    return ACTIONS[rule.fault](exchange)


Action: TypeAlias = Callable[[_Exchange], web.Response]
"""What a fault makes of a request that it hits; the result may be no longer sendable."""


def _error(exchange: _Exchange) -> web.Response:
    api = exchange.kind.partition(".")[0]
    values = _PRESETS.get(exchange.rule.fault, exchange.values)
    response, reason = responses.error_response(api, values)
    return exchange.refuse(reason, response)


def _outage(exchange: _Exchange) -> web.Response:
    return exchange.refuse("outage", responses.page(exchange.values["status"]))


def _redirect(exchange: _Exchange) -> web.Response:
    request, values = exchange.request, exchange.values
    nowhere = f"{request.scheme}://{request.host}/moved{request.raw_path}"
    headers = {"Location": values["location"] or nowhere}
    return exchange.refuse("redirect", web.Response(status=values["status"], headers=headers))


def _truncate(exchange: _Exchange) -> web.Response:
    content, size = responses.content_of(exchange.response), exchange.values["bytes"]
    whole = len(content)
    # At least a byte is missing, whatever the script asks for.
    kept = min(whole // 2 if size is None else size, max(0, whole - 1))
    return responses.with_length(exchange.request, exchange.response, content[:kept], whole)


def _wrong_length(exchange: _Exchange) -> web.Response:
    content = responses.content_of(exchange.response)
    length = max(0, len(content) + exchange.values["by"])
    return responses.with_length(exchange.request, exchange.response, content, length)


def _not_json(exchange: _Exchange) -> web.Response:
    status, text = exchange.values["status"], exchange.values["text"]
    if text is None:
        return responses.page(status)
    return web.Response(status=status, text=text, content_type="application/json")


def _empty(exchange: _Exchange) -> web.Response:
    response = exchange.response
    response.set_status(exchange.values["status"])
    response.body = b""
    return response


def _change(exchange: _Exchange) -> web.Response:
    body = responses.json_of(exchange.response)
    if not isinstance(body, dict):
        return exchange.response

    def matches(task_id: str) -> bool:
        return exchange.faults.task_fits(task_id, exchange.rule.match)

    changed = responses.change_body(body, exchange.rule.fault, exchange.values, matches)
    return responses.with_json(exchange.response, changed)


def _empty_list(exchange: _Exchange) -> web.Response:
    if exchange.response.status != 200:
        return exchange.response
    return responses.with_json(exchange.response, {"tasks": [], "next_page_token": ""})


def _stale_list(exchange: _Exchange) -> web.Response:
    """The rows of the past: without tasks made since, with earlier states."""
    if exchange.response.status != 200:
        return exchange.response
    service, body = exchange.faults.service, responses.json_of(exchange.response)
    then_ns = service.options.now_ns() - round(exchange.values["lag_s"] * 1e9)
    found = (service.store.any_task(row["id"]) for row in body["tasks"])
    tasks = [task for task in found if task and task.made_ns <= then_ns]
    rows = [vidu.row(task, then_ns, service.link(exchange.request)) for task in tasks]
    return responses.with_json(exchange.response, {**body, "tasks": rows})


def _expired(exchange: _Exchange) -> web.Response:
    exchange.faults.expired.add(exchange.request.raw_path)
    return responses.expired()


ACTIONS: Mapping[str, Action] = {
    "cut_before": lambda exchange: responses.reset(exchange.request),
    "cut_after": lambda exchange: responses.reset(exchange.request),
    "outage": _outage,
    "not_http": lambda exchange: responses.raw(exchange.request, b"SSH-2.0-OpenSSH_9.9\r\n"),
    "redirect": _redirect,
    "drip": lambda exchange: responses.dripping(
        exchange.response, exchange.values["bytes"], exchange.values["pause_s"]
    ),
    "truncate": _truncate,
    "not_json": _not_json,
    "empty": _empty,
    "huge": lambda exchange: responses.huge(exchange.response, exchange.values["bytes"]),
    "empty_list": _empty_list,
    "stale_list": _stale_list,
    "expired": _expired,
    "wrong_type": lambda exchange: responses.page(exchange.response.status),
    "wrong_length": _wrong_length,
    **dict.fromkeys(CHANGES, _change),
    **dict.fromkeys(["error", *_PRESETS], _error),
}

TASK_CHANGES: Mapping[str, Callable[[Values, Task], Task]] = {
    "fail_task": lambda values, task: replace(
        task, err_code=values["err_code"], refunded=values["refunded"]
    ),
    "stuck_task": lambda values, task: task.stuck(Phase(values["state"])),
}
"""What a fault makes of the task that a submission asks for."""
