"""Faulty responses: builds errors and pages, and changes the JSON of what would be answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from aiohttp import web

from runner.emulator.api import modelverse
from runner.emulator.api.errors import REASONS, error_body, reason_for
from runner.emulator.state.tasks import Phase

Values: TypeAlias = Mapping[str, Any]
"""The parameters of a fault."""

_HTML = b"<!DOCTYPE html>\n<html><body><h1>Bad Gateway</h1></body></html>\n"
_STATUS: Mapping[str, str] = {phase.value: status for phase, status in modelverse.STATUS.items()}


def page(status: int) -> web.Response:
    """The page of a gateway that does not reach the server behind it."""
    return web.Response(status=status, body=_HTML, content_type="text/html")


def expired() -> web.Response:
    """The answer of an object store to an old URL."""
    return web.Response(status=403, text="AccessDenied: the URL has expired")


def error_response(api: str, values: Values) -> tuple[web.Response, str]:
    """An error in the format of `api` ("vidu", "modelverse", "files"), and its reason there."""
    reason, status = values.get("reason"), values.get("status")
    if status is None:
        status = REASONS[str(reason)]
    reason = reason_for(api, status, reason)
    text = values.get("message") or f"scripted fault: {reason}"
    after = values.get("retry_after")
    headers = {} if after is None else {"Retry-After": str(after)}
    if api == "files":  # object stores do not answer in JSON
        return web.Response(status=status, text=text, headers=headers), reason
    body = error_body(api, status, reason, text)
    return web.json_response(body, status=status, headers=headers), reason


def content_of(response: web.StreamResponse) -> bytes:
    """The body of a response; empty for one that is not in memory."""
    body = response.body if isinstance(response, web.Response) else None
    return body if isinstance(body, bytes) else b""


def json_of(response: web.StreamResponse) -> Any:
    """The JSON value of a response's body; None where it is not JSON."""
    try:
        return json.loads(content_of(response))
    except ValueError:
        return None


def with_json(response: web.Response, body: Any) -> web.Response:
    """The response with another JSON body."""
    text = json.dumps(body, ensure_ascii=False)
    return web.json_response(text=text, status=response.status)


def reported_tasks(body: Any) -> dict[str, bool]:
    """The ids of the tasks that a response is about, with whether it reports their success."""
    found = {}
    for row in _rows(body):
        output = row.get("output")
        if isinstance(output, dict):
            succeeded = output.get("task_status") == _STATUS[Phase.SUCCESS]
            found[str(output.get("task_id"))] = succeeded
        else:
            found[str(row.get("id"))] = row.get("state") == Phase.SUCCESS
    return found


def _rows(body: Any) -> list[dict[str, Any]]:
    rows = body.get("tasks", [body]) if isinstance(body, dict) else []
    # A `set` fault may have put any value there.
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def change_body(
    body: dict[str, Any], fault: str, values: Values, matches: Callable[[str], bool]
) -> Any:
    """The body of a response with its fields changed; of a list, those of the rows that match."""
    change = CHANGES[fault]
    if "tasks" not in body:
        return change(body, values)
    rows = [change(row, values) if matches(row["id"]) else row for row in body["tasks"]]
    return {**body, "tasks": rows}


def _edit(value: Any, fields: Values, dropped: list[str]) -> Any:
    """A JSON value with fields replaced or dropped by name, wherever they are."""
    if isinstance(value, list):
        return [_edit(item, fields, dropped) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: fields[key] if key in fields else _edit(item, fields, dropped)
        for key, item in value.items()
        if key not in dropped
    }


def _in_state(body: Any, values: Values) -> Any:
    """The body as if its task were in another state, documented or not."""
    state = values["state"]
    fields = {"state": state, "task_status": _STATUS.get(state, state)}
    if state == Phase.SUCCESS:
        return _edit(body, fields, [])
    # Only a task that has ended has these.
    ended = [] if state == Phase.FAILED else ["finish_time", "usage"]
    return _edit(body, {**fields, "creations": []}, ["urls", *ended])


def _set(body: Any, values: Values) -> Any:
    fields: Values = values["fields"]
    # Where dropping a field changes nothing, the field is missing.
    missing = {name: fields[name] for name in fields if _edit(body, {}, [name]) == body}
    return {**_edit(body, fields, []), **missing}


CHANGES: Mapping[str, Callable[[Any, Values], Any]] = {
    "drop": lambda body, values: _edit(body, {}, values["fields"]),
    "set": _set,
    "state": _in_state,
    "goes_back": _in_state,
}
"""Faults that change fields of a response, or of the rows of a list."""
