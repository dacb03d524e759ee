"""Faults of tasks, lists and result files, acted out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from runner.emulator.api import vidu
from runner.emulator.faults import answers, sending
from runner.emulator.faults.answers import beginning
from runner.emulator.faults.case import Case, refusal
from runner.emulator.faults.on_answers import Act
from runner.emulator.faults.sending import Plain
from runner.emulator.request_log import REQUEST_CONTEXT
from runner.emulator.state.tasks import Phase, TaskScript

EXPIRED = Plain(status=403, media_type="text/plain", content=b"AccessDenied: the URL has expired")


async def _not_found(case: Case) -> web.StreamResponse:
    return refusal(case, 404, "TaskNotFound").response()


async def _fail_task(case: Case) -> web.StreamResponse:
    values = case.values
    REQUEST_CONTEXT.get().script = TaskScript(
        err_code=values["err_code"], refunded=values["refunded"]
    )
    return (await case.answer()).response()


async def _stuck_task(case: Case) -> web.StreamResponse:
    REQUEST_CONTEXT.get().script = TaskScript(stuck=Phase(case.values["state"]))
    return (await case.answer()).response()


async def _no_list(case: Case) -> web.StreamResponse:
    return refusal(case, 404, "NotFound").response()


async def _empty_list(case: Case) -> web.StreamResponse:
    plain = await case.answer()
    if plain.status != 200:
        return plain.response()
    return sending.of_json({"tasks": [], "next_page_token": ""}).response()


async def _stale_list(case: Case) -> web.StreamResponse:
    """The rows as they were some time ago: without those made since, with earlier states."""
    plain = await case.answer()
    if plain.status != 200:
        return plain.response()
    body, desk = plain.json, case.desk
    then = desk.options.now_ns() - round(case.values["lag_s"] * 1e9)
    found = (desk.store.any_task(row["id"]) for row in body["tasks"])
    tasks = [task for task in found if task and task.made_ns <= then]
    rows = [vidu.row(task, then, desk.link(case.request)) for task in tasks]
    return sending.of_json({**body, "tasks": rows}).response()


async def _expired(case: Case) -> web.StreamResponse:
    case.memory.expired.add(case.request.raw_path)
    return EXPIRED.response()


async def _wrong_type(case: Case) -> web.StreamResponse:
    plain = await case.answer()
    media_type, content = answers.other_content(case.values["type"])
    return replace(plain, media_type=media_type, content=content).response()


async def _wrong_length(case: Case) -> web.StreamResponse:
    plain = await case.answer()
    length = max(0, len(plain.content) + case.values["by"])
    return await sending.announced(case.request, plain, length)


async def _shorten(case: Case) -> web.StreamResponse:
    plain = await case.answer()
    content = beginning(plain.content, case.values["bytes"])
    return replace(plain, content=content).response()


TASK_FAULTS: Mapping[str, Act] = {
    "not_found": _not_found,
    "fail_task": _fail_task,
    "stuck_task": _stuck_task,
    "no_list": _no_list,
    "empty_list": _empty_list,
    "stale_list": _stale_list,
    "expired": _expired,
    "wrong_type": _wrong_type,
    "wrong_length": _wrong_length,
    "shorten": _shorten,
}
