"""Faults acted out: a middleware that answers, breaks or hands on what a script's rules hit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from runner.emulator.faults import answers
from runner.emulator.faults.case import Case, Memory, plain_answer, subjects
from runner.emulator.faults.choice import Choice
from runner.emulator.faults.on_answers import ANSWER_FAULTS, Act
from runner.emulator.faults.on_tasks import EXPIRED, TASK_FAULTS
from runner.emulator.faults.records import FILES, LIST, ROUTES, Asked, Match, Rule
from runner.emulator.faults.sending import Plain
from runner.emulator.request_log import REQUEST_CONTEXT
from runner.emulator.service import Service

ACTS: Mapping[str, Act] = {**ANSWER_FAULTS, **TASK_FAULTS}


def scripted(rules: Sequence[Rule], desk: Service) -> Middleware:
    """The middleware of a script; its handler must answer refusals, not raise them."""
    choice = Choice(rules, desk.options.now_ns())
    memory = Memory(desk=desk)
    looks = any(rule.match != Match() or rule.per_task for rule in rules)
    tells = any(rule.match.told is not None for rule in rules)

    @web.middleware
    async def faults(request: web.Request, handler: Handler) -> web.StreamResponse:
        kind = _kind(request)
        if kind is None:
            return await handler(request)
        if request.raw_path in memory.expired:
            return EXPIRED.response()
        # A list's rows are the tasks it is about; asking for it changes nothing.
        ready = await plain_answer(request, handler, desk) if kind == LIST else None
        found = await subjects(request, kind, memory, ready) if looks else ()
        rule = choice.rule(Asked(kind=kind, subjects=found), desk.options.now_ns())
        if rule:
            case = Case(request, handler, kind, rule, memory, ready)
            response = await _acted(case)
        else:
            response = ready.response() if ready else await handler(request)
        if tells and kind != FILES:
            _remember(memory, kind, response)
        return response

    return faults


def _kind(request: web.Request) -> str | None:
    resource = request.match_info.route.resource
    return ROUTES.get(f"{request.method} {resource.canonical}") if resource else None


async def _acted(case: Case) -> web.StreamResponse:
    name, note = case.rule.fault, REQUEST_CONTEXT.get()
    note.fault = name
    case.memory.desk.log.count_fault(case.rule.number, name, case.kind)
    return await ACTS[name](case)


def _remember(memory: Memory, kind: str, response: web.StreamResponse) -> None:
    """Note which states an answer tells of which tasks, if there is an answer."""
    if REQUEST_CONTEXT.get().cut or not isinstance(response, web.Response):
        return
    content = response.body if isinstance(response.body, bytes) else b""
    for task_id, state in answers.states_told(kind, Plain(content=content).json).items():
        memory.told[task_id].add(state)
