"""Faults of the connection and of any answer, acted out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from aiohttp import web

from runner.emulator.faults import answers, sending
from runner.emulator.faults.answers import beginning
from runner.emulator.faults.case import Case, refusal
from runner.emulator.faults.sending import Plain
from runner.emulator.request_log import REQUEST_CONTEXT

Act: TypeAlias = Callable[[Case], Awaitable[web.StreamResponse]]
"""What a fault does to a request; the response it gives may be one that cannot be sent."""


async def _cut_before(case: Case) -> web.StreamResponse:
    if case.values["body"]:
        await case.take()
    return sending.cut(case.request)


async def _cut_after(case: Case) -> web.StreamResponse:
    await case.answer()
    return sending.cut(case.request)


async def _outage(case: Case) -> web.StreamResponse:
    if case.values["cut"]:
        return sending.cut(case.request)
    await case.take()
    REQUEST_CONTEXT.get().refused = "outage"
    status = case.values["status"]
    return Plain(status=status, media_type="text/html", content=answers.HTML.encode()).response()


async def _not_http(case: Case) -> web.StreamResponse:
    await case.take()
    return sending.raw(case.request, b"SSH-2.0-OpenSSH_9.9\r\n")


async def _error(case: Case) -> web.StreamResponse:
    if case.values["when"] == "after":
        await case.answer()
    await case.take()
    values = case.values
    plain = refusal(case, values["status"], values["reason"], values["message"])
    if values["retry_after"] is not None:
        plain = replace(plain, headers={"Retry-After": values["retry_after"]})
    return plain.response()


async def _redirect(case: Case) -> web.StreamResponse:
    await case.take()
    REQUEST_CONTEXT.get().refused = "redirect"
    request = case.request
    location = case.values["location"]
    if location is None:
        location = f"{request.scheme}://{request.host}/moved{request.raw_path}"
    headers = {"Location": location}
    return Plain(status=case.values["status"], headers=headers).response()


async def _slow(case: Case) -> web.StreamResponse:
    if case.values["when"] == "before":
        await case.take()
        await asyncio.sleep(case.values["delay_s"])
        return (await case.answer()).response()
    plain = await case.answer()
    await asyncio.sleep(case.values["delay_s"])
    return plain.response()


async def _drip(case: Case) -> web.StreamResponse:
    plain = await case.answer()
    values = case.values
    return await sending.dripped(case.request, plain, values["bytes"], values["pause_s"])


async def _truncate(case: Case) -> web.StreamResponse:
    plain = await case.answer()
    short = replace(plain, content=beginning(plain.content, case.values["bytes"]))
    return await sending.announced(case.request, short, len(plain.content))


async def _not_json(case: Case) -> web.StreamResponse:
    await case.answer()
    text = case.values["text"]
    content = (answers.HTML if text is None else text).encode()
    media_type = "text/html" if text is None else "application/json"
    return Plain(status=case.values["status"], media_type=media_type, content=content).response()


async def _empty(case: Case) -> web.StreamResponse:
    plain = await case.answer()
    return replace(plain, status=case.values["status"], content=b"").response()


async def _huge(case: Case) -> web.StreamResponse:
    plain = await case.answer()
    return await sending.endless(case.request, plain, case.values["bytes"])


def _edit(change: Callable[[Case], answers.Change]) -> Act:
    """A fault that changes the JSON of the answer (of a list: of the rows that are meant)."""

    async def act(case: Case) -> web.StreamResponse:
        plain = await case.answer()
        body = plain.json
        if not isinstance(body, dict):
            return plain.response()
        body = answers.changed(case.kind, body, change(case), case.meant)
        return sending.of_json(body, plain.status).response()

    return act


ANSWER_FAULTS: Mapping[str, Act] = {
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
    "drop": _edit(lambda case: lambda body: answers.without(body, case.values["fields"])),
    "set": _edit(lambda case: lambda body: answers.with_fields(body, case.values["fields"])),
    "state": _edit(lambda case: lambda body: answers.in_state(body, case.values["state"])),
    "goes_back": _edit(lambda case: lambda body: answers.in_state(body, case.values["state"])),
}
