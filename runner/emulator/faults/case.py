"""One request under scripted faults: the tasks it is about, and what it is really answered."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from runner.emulator.api.errors import error_body, reason_for
from runner.emulator.faults import answers, sending
from runner.emulator.faults.records import FILES, SUBMITS, Rule, Subject
from runner.emulator.faults.sending import Plain
from runner.emulator.request_log import REQUEST_CONTEXT
from runner.emulator.service import Service, body_of
from runner.emulator.state.tasks import Task

_BODY_LIMIT = 512 * 1024 * 1024
"""Bytes of a request that are read to be looked at, or before the connection is cut."""


@dataclass(slots=True)
class Case:
    """One request, the rule that hits it, and what it is really answered."""

    request: web.Request
    handler: Handler
    kind: str
    rule: Rule
    memory: Memory
    ready: Plain | None
    """The answer, if it was asked for already."""

    @property
    def desk(self) -> Service:
        """All that handlers share."""
        return self.memory.desk

    @property
    def values(self) -> Mapping[str, Any]:
        """What the fault needs besides."""
        return self.rule.values

    @property
    def api(self) -> str:
        """What is asked: "vidu", "modelverse" or "files"."""
        return self.kind.partition(".")[0]

    async def answer(self) -> Plain:
        """The answer as it should be; what is asked for happens now."""
        if self.ready is None:
            self.ready = await plain_answer(self.request, self.handler, self.desk)
        return self.ready

    async def take(self) -> None:
        """Read what a submission sends, so that it is whole before anything goes wrong."""
        if self.kind in SUBMITS:
            await body_of(self.request, _BODY_LIMIT)

    def meant(self, task_id: str) -> bool:
        """Whether the rule means the task of a list's row."""
        task = self.desk.store.any_task(task_id)
        return task is not None and self.memory.subject(task).fits(self.rule.match)


@dataclass(slots=True, kw_only=True)
class Memory:
    """What must be known of earlier requests."""

    desk: Service
    told: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """States that answers told, by task."""
    expired: set[str] = field(default_factory=set)
    """Paths and queries of files that are not to be had again."""

    def subject(self, task: Task) -> Subject:
        """A task as rules see it."""
        now = self.desk.options.now_ns()
        return Subject(
            key=task.id,
            task_id=task.id,
            prompt=task.order.prompt,
            model=task.order.model,
            state=task.phase(now).value,
            told=frozenset(self.told.get(task.id, ())),
            age_s=(now - task.made_ns) / 1e9,
        )


async def plain_answer(request: web.Request, handler: Handler, desk: Service) -> Plain:
    """The handler's answer in memory, that of a file too."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        text = (error.text or "").encode()
        return Plain(status=error.status, media_type="text/plain", content=text)
    if isinstance(response, web.FileResponse):
        name = request.match_info["name"]
        path = await asyncio.to_thread(desk.files.file, request.match_info["owner"], name)
        content = await asyncio.to_thread(path.read_bytes) if path else b""
        return Plain(media_type=response.headers["Content-Type"], content=content)
    assert isinstance(response, web.Response)
    body = response.body if isinstance(response.body, bytes) else b""
    headers = {name: response.headers[name] for name in ("Allow",) if name in response.headers}
    return Plain(status=response.status, content=body, headers=headers)


async def subjects(
    request: web.Request, kind: str, memory: Memory, ready: Plain | None
) -> tuple[Subject, ...]:
    """The tasks that a request is about."""
    if kind in SUBMITS:
        return (_wanted(await body_of(request, _BODY_LIMIT), kind),)
    if ready is not None:
        ids = list(answers.states_told(kind, ready.json))
    else:
        info = request.match_info
        ids = [info.get("id") or info.get("owner") or request.query.get("task_id", "")]
    memory.desk.store.refresh()
    tasks = (memory.desk.store.any_task(task_id) for task_id in ids)
    return tuple(memory.subject(task) for task in tasks if task)


def _wanted(raw: bytes, kind: str) -> Subject:
    """What a submission asks for; a body that says nothing is about nothing."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    body = body if isinstance(body, dict) else {}
    given = body if kind == "vidu.submit" else body.get("input")
    prompt = given.get("prompt") if isinstance(given, dict) else ""
    return Subject(
        key=REQUEST_CONTEXT.get().untagged,
        prompt=prompt if isinstance(prompt, str) else "",
        model=str(body.get("model", "")),
    )


def refusal(case: Case, status: int, reason: str | None, message: str | None = None) -> Plain:
    """An error in the form of the API that was asked; of a file, as object stores put it."""
    reason = reason_for(case.api, status, reason)
    REQUEST_CONTEXT.get().refused = reason
    words = message or f"a scripted fault says {reason}"
    if case.kind == FILES:
        return Plain(status=status, media_type="text/plain", content=words.encode())
    return sending.of_json(error_body(case.api, status, reason, words), status)
