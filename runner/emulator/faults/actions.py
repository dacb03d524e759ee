"""Fault injection: a middleware that breaks the requests which the rules of a script hit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler

from runner.emulator.api.errors import REASONS, ApiError, reason_for
from runner.emulator.api.routes import Service, error_response
from runner.emulator.faults import responses
from runner.emulator.faults.marks import marked
from runner.emulator.faults.responses import CHANGES, Values
from runner.emulator.faults.script import KINDS, LIST, SUBMITS, Match, Rule, RuleChooser, fits
from runner.emulator.requests import body_of, context_of, prompt_in
from runner.emulator.state.tasks import Phase, Task

_PRESETS: Mapping[str, Values] = {
    "not_found": {"reason": "TaskNotFound"},
    "no_list": {"reason": "NotFound"},
}
"""Faults that are an `error` with these parameters."""
_INSTEAD = frozenset({"cut_before", "outage", "not_http", "redirect", "expired", *_PRESETS})
"""Faults that keep a request from being carried out; `error` does so by its parameter `when`."""
_CUTS = frozenset({"cut_before", "cut_after", "not_http"})
"""Faults that close the connection instead of answering."""


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
        task, matches = await self._tasks_of(exchange)
        rule = self._chooser.choose(kind, task, matches, self.service.options.now_ns())
        response = await (_act(exchange, rule) if rule else exchange.undisturbed())
        tasks = responses.reported_tasks(responses.json_of(response))
        self._succeeded.update(task_id for task_id, succeeded in tasks.items() if succeeded)
        return response

    async def _tasks_of(self, exchange: _Exchange) -> tuple[str, Callable[[Match], bool]]:
        """The key of the task for rules that count per task, and whether any task fits a match.

        The key is the task's id, or for a submission the digest of its body without tags; it is
        empty for a list, because that is about many tasks.
        """
        if not self._by_task:  # nobody asks, and `cut_before` can leave a body unread
            return "", bool
        request, store = exchange.request, self.service.store
        if exchange.kind in SUBMITS:
            body = await body_of(request)
            return body.untagged, partial(fits, prompt=prompt_in(body.values))
        if exchange.kind == LIST:
            # The tasks are the rows of the response; a request for them changes nothing.
            rows = responses.reported_tasks(responses.json_of(await exchange.carry_out()))
            return "", lambda match: any(self.task_fits(row, match) for row in rows)
        # The task may be one of another process, and no handler has run yet.
        store.refresh()
        info = request.match_info
        task_id = info.get("id") or info.get("owner") or request.query.get("task_id", "")
        task_id = store.id_of(task_id)
        return task_id if task_id in store.tasks else "", partial(self.task_fits, task_id)

    def task_fits(self, task_id: str, match: Match) -> bool:
        """Whether there is such a task and it meets the conditions."""
        task, now_ns = self.service.store.tasks.get(task_id), self.service.options.now_ns()
        if task is None:
            return False
        age_s, succeeded = (now_ns - task.made_ns) / 1e9, task_id in self._succeeded
        return fits(match, task.order.prompt, task.phase(now_ns), age_s, succeeded=succeeded)


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
    _is_carried_out: bool = False

    async def carry_out(self) -> web.Response:
        """Run the handler, unless it ran before; returns `response`."""
        if self._is_carried_out:
            return self.response
        try:
            response = await self.handler(self.request)
        except web.HTTPException as error:  # a refused file; other refusals are answers by now
            response = web.Response(status=error.status, text=error.text)
        if isinstance(response, web.FileResponse):  # it would read its file only while it is sent
            file = context_of(self.request).file
            content = await asyncio.to_thread(file.read_bytes) if file else b""
            headers = {"Content-Type": response.headers["Content-Type"]}
            response = web.Response(body=content, headers=headers)
        assert isinstance(response, web.Response)
        self.response, self._is_carried_out = response, True
        return response

    async def undisturbed(self) -> web.StreamResponse:
        """The undisturbed response, for sending only: a file is not in memory."""
        return self.response if self._is_carried_out else await self.handler(self.request)


async def _act(exchange: _Exchange, rule: Rule) -> web.StreamResponse:
    exchange.rule, context, values = rule, context_of(exchange.request), rule.values
    context.submission.fault, context.cut = rule.fault, rule.fault in _CUTS
    exchange.faults.service.log.count_fault(rule.number, rule.fault, exchange.kind)
    if exchange.kind in SUBMITS and values.get("body", True):
        # The client has sent everything before anything goes wrong.
        await body_of(exchange.request)
    if rule.fault in TASK_CHANGES:  # no response to break: the store applies it to the new task
        context.change = partial(TASK_CHANGES[rule.fault], values)
    elif rule.fault in {"outage", "redirect"}:
        context.submission.refuse(rule.fault)
    elif rule.fault not in _INSTEAD and values.get("when") != "before":
        await exchange.carry_out()
    if rule.fault == "slow":
        await asyncio.sleep(values["delay_s"])
    action = ACTIONS.get(rule.fault)
    return action(exchange) if action else await exchange.undisturbed()


def _error(exchange: _Exchange) -> web.Response:
    values = _PRESETS.get(exchange.rule.fault, exchange.rule.values)
    api, reason = exchange.kind.partition(".")[0], values.get("reason")
    status = values.get("status") or REASONS[str(reason)]
    reason = reason_for(api, status, reason)
    text = values.get("message") or f"scripted fault: {reason}"
    if api == "files":  # object stores do not answer in JSON
        response = web.Response(status=status, text=text)
    else:
        response = error_response(exchange.request, ApiError(reason, text, status))
    if values.get("retry_after") is not None:
        response.headers["Retry-After"] = str(values["retry_after"])
    return response


def _redirect(exchange: _Exchange) -> web.Response:
    request, values = exchange.request, exchange.rule.values
    nowhere = f"{request.scheme}://{request.host}/moved{request.raw_path}"
    headers = {"Location": values["location"] or nowhere}
    return web.Response(status=values["status"], headers=headers)


def _truncate(exchange: _Exchange) -> web.Response:
    content, size = responses.content_of(exchange.response), exchange.rule.values["bytes"]
    whole = len(content)
    # At least a byte is missing, whatever the script asks for.
    kept = min(whole // 2 if size is None else size, max(0, whole - 1))
    return responses.with_length(exchange.request, exchange.response, content[:kept], whole)


def _wrong_length(exchange: _Exchange) -> web.Response:
    content = responses.content_of(exchange.response)
    length = max(0, len(content) + exchange.rule.values["by"])
    return responses.with_length(exchange.request, exchange.response, content, length)


def _cut_file(exchange: _Exchange) -> web.Response:
    """The beginning of the file as if it were all of it."""
    content, size = responses.content_of(exchange.response), exchange.rule.values["bytes"]
    exchange.response.body = content[: len(content) // 2 if size is None else size]
    return exchange.response


def _marks(exchange: _Exchange) -> web.Response:
    content = responses.content_of(exchange.response)
    exchange.response.body = marked(content, exchange.rule.values["marks"])
    return exchange.response


def _not_json(exchange: _Exchange) -> web.Response:
    status, text = exchange.rule.values["status"], exchange.rule.values["text"]
    if text is None:
        return responses.page(status)
    return web.Response(status=status, text=text, content_type="application/json")


def _empty(exchange: _Exchange) -> web.Response:
    response = exchange.response
    response.set_status(exchange.rule.values["status"])
    response.body = b""
    return response


def _status(exchange: _Exchange) -> web.Response:
    exchange.response.set_status(exchange.rule.values["status"])
    return exchange.response


def _change(exchange: _Exchange) -> web.Response:
    """The response with its fields changed; of a list, those of the rows that match."""
    rule, body = exchange.rule, responses.json_of(exchange.response)
    if not isinstance(body, dict):
        return exchange.response
    change = partial(CHANGES[rule.fault], rule.values)
    if "tasks" not in body:
        return responses.with_json(exchange.response, change(body))
    fits_rule = partial(exchange.faults.task_fits, match=rule.match)
    rows = [change(row) if fits_rule(row["id"]) else row for row in body["tasks"]]
    return responses.with_json(exchange.response, {**body, "tasks": rows})


def _other_rows(exchange: _Exchange) -> web.Response:
    """The list with no rows, or with those of the past: no later tasks, and earlier states."""
    if exchange.response.status != 200:
        return exchange.response
    if exchange.rule.fault == "empty_list":
        return responses.with_json(exchange.response, {"tasks": [], "next_page_token": ""})
    service, body = exchange.faults.service, responses.json_of(exchange.response)
    then_ns = service.options.now_ns() - round(exchange.rule.values["lag_s"] * 1e9)
    found = (service.store.tasks.get(row["id"]) for row in body["tasks"])
    tasks = [task for task in found if task and task.made_ns <= then_ns]
    rows = [service.row(task, then_ns, service.link(exchange.request)) for task in tasks]
    return responses.with_json(exchange.response, {**body, "tasks": rows})


def _expired(exchange: _Exchange) -> web.Response:
    exchange.faults.expired.add(exchange.request.raw_path)
    return responses.expired()


ACTIONS: Mapping[str, Callable[[_Exchange], web.Response]] = {
    "cut_before": lambda exchange: responses.reset(exchange.request),
    "cut_after": lambda exchange: responses.reset(exchange.request),
    "outage": lambda exchange: responses.page(exchange.rule.values["status"]),
    "not_http": lambda exchange: responses.raw(exchange.request, b"SSH-2.0-OpenSSH_9.9\r\n"),
    "redirect": _redirect,
    "drip": lambda exchange: responses.dripping(exchange.response, exchange.rule.values),
    "truncate": _truncate,
    "not_json": _not_json,
    "empty": _empty,
    "status": _status,
    "header": lambda exchange: responses.with_header(exchange.response, exchange.rule.values),
    "compressed": lambda exchange: responses.compressed(exchange.response, exchange.rule.values),
    "huge": lambda exchange: responses.huge(exchange.response, exchange.rule.values["bytes"]),
    "empty_list": _other_rows,
    "stale_list": _other_rows,
    "expired": _expired,
    "wrong_type": lambda exchange: responses.page(exchange.response.status),
    "wrong_length": _wrong_length,
    "cut_file": _cut_file,
    "marks": _marks,
    **dict.fromkeys(CHANGES, _change),
    **dict.fromkeys(["error", *_PRESETS], _error),
}
"""What a fault makes of a request that it hits; the result may be no longer sendable."""
TASK_CHANGES: Mapping[str, Callable[[Values, Task], Task]] = {
    "fail_task": lambda values, task: replace(
        task, err_code=values["err_code"], refunded=values["refunded"]
    ),
    "stuck_task": lambda values, task: task.stuck(Phase(values["state"])),
    "expire_task": lambda values, task: (
        task.expired(values["after_s"])
        if task.order.is_off_peak or task.order.lifetime_s is not None
        else task
    ),
    "other_result": lambda values, task: task.delivering(
        **{name: values[name] for name in ("seconds", "silent", "aspect_ratio", "resolution")}
    ),
}
"""What a fault makes of the task that a submission asks for."""
