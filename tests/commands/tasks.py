"""Reads and changes a provider's answers about tasks, for the middleware of tests."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

LIST = "/ent/v2/tasks"


def asks_after_tasks(request: web.Request) -> bool:
    """Whether it asks how tasks are, one or many of them."""
    return request.path == LIST or request.path.endswith("/creations")


def held_back(answer: web.StreamResponse) -> web.StreamResponse:
    """The same answer about one task or many, none of which has ended yet."""
    if answer.status != web.HTTPOk.status_code:
        return answer
    value = _value(answer)
    for task in value.get("tasks", [value]):
        task.update(state="processing", creations=[])
    return web.json_response(value)


def ends_in(answer: web.StreamResponse) -> set[str]:
    """The ids of the tasks that an answer reports as succeeded."""
    value = _value(answer)
    return {task["id"] for task in value.get("tasks", [value]) if task.get("state") == "success"}


def _value(answer: web.StreamResponse) -> dict[str, Any]:
    assert isinstance(answer, web.Response)
    assert isinstance(answer.body, bytes)
    value: dict[str, Any] = json.loads(answer.body)
    return value
