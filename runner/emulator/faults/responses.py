"""Faulty responses: builds broken bodies, and changes the JSON that would be sent."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
import struct
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypeAlias

from aiohttp import web

from runner.emulator.api.modelverse import STATUS
from runner.emulator.state.tasks import Phase

Values: TypeAlias = Mapping[str, Any]
"""The parameters of a fault."""

_HTML = b"<!DOCTYPE html>\n<html><body><h1>Bad Gateway</h1></body></html>\n"
_PIECE = 1 << 16


def page(status: int) -> web.Response:
    """The page of a gateway that does not reach the server behind it."""
    return web.Response(status=status, body=_HTML, content_type="text/html")


def expired() -> web.Response:
    """The answer of an object store to an old URL."""
    return web.Response(status=403, text="AccessDenied: the URL has expired")


# ---------------------------------------------------------------------------------- transmission


def reset(request: web.Request) -> web.Response:
    """Reset the connection instead of answering."""
    if request.transport:
        with contextlib.suppress(OSError):  # the client has closed it already
            linger = struct.pack("ii", 1, 0)  # RST instead of FIN, nothing unsent goes out
            connection = request.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        request.transport.abort()
    return web.Response()  # aiohttp ignores it, because the connection is closed


def raw(request: web.Request, content: bytes) -> web.Response:
    """Send these bytes instead of an HTTP response, and close the connection."""
    _write_and_close(request, content)
    return web.Response()


def _write_and_close(request: web.Request, content: bytes) -> None:
    transport = request.transport
    if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing():
        transport.write(content)
        transport.close()


def with_length(
    request: web.Request, response: web.Response, content: bytes, length: int
) -> web.Response:
    """A response that announces `length` bytes and has others; the connection closes after it."""

    async def pieces() -> AsyncIterator[bytes]:
        yield content[:length]
        # aiohttp sends no more than announced, so the excess bypasses it.
        _write_and_close(request, content[length:])

    return _streamed(response, pieces(), length)


def dripping(response: web.Response, values: Values) -> web.Response:
    """The response in pieces of `bytes` bytes with a pause of `pause_s` after each."""
    content, size = content_of(response), values["bytes"]

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), size):
            yield content[start : start + size]
            await asyncio.sleep(values["pause_s"])

    return _streamed(response, pieces(), len(content))


def with_header(response: web.Response, values: Values) -> web.Response:
    """The response with one more header, of `bytes` bytes if it has no value of its own."""
    name, value, size = values["name"], values["value"], values["bytes"]
    if name.lower() == "content-length" and name not in response.headers:
        # aiohttp would add it only while it sends.
        response.headers[name] = str(len(content_of(response)))
    if value is None:
        value = "x" * size if size else response.headers.get(name, "")
    response.headers.add(name, value)
    return response


def compressed(response: web.Response, values: Values) -> web.Response:
    """The response with a packed body, and the header that declares it if the fault asks for it."""
    encoding, content = values["encoding"], content_of(response)
    response.body = gzip.compress(content) if encoding == "gzip" else zlib.compress(content)
    if values["declared"]:
        response.headers["Content-Encoding"] = encoding
    return response


def huge(response: web.Response, size: int) -> web.Response:
    """A JSON object of `size` bytes with one long text, in chunks."""

    async def pieces() -> AsyncIterator[bytes]:
        # Valid JSON, so that only its size is wrong.
        head, tail = b'{"task_id":"', b'"}'
        yield head
        for left in range(size - len(head) - len(tail), 0, -_PIECE):
            yield b"9" * min(left, _PIECE)
        yield tail

    return _streamed(response, pieces(), None)


def _streamed(
    response: web.Response, pieces: AsyncIterator[bytes], length: int | None
) -> web.Response:
    headers = {"Content-Type": response.headers["Content-Type"]}
    if length is not None:  # without it, aiohttp sends chunks
        headers["Content-Length"] = str(length)
    return web.Response(status=response.status, body=pieces, headers=headers)


# ------------------------------------------------------------------------------------------ JSON


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
    rows = body.get("tasks", [body]) if isinstance(body, dict) else []
    found = {}
    # A `set` fault may have put any value there.
    for row in rows if isinstance(rows, list) else []:
        match row:
            case {"output": {"task_id": task_id, "task_status": state}}:
                found[str(task_id)] = state == STATUS[Phase.SUCCESS]
            case {"id": task_id, "state": state} | {"task_id": task_id, "state": state}:
                found[str(task_id)] = state == Phase.SUCCESS
    return found


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


def _in_state(values: Values, body: Any) -> Any:
    """The body as if its task were in another state, documented or not."""
    state = values["state"]
    fields = {"state": state, "task_status": STATUS.get(state, state)}
    if state == Phase.SUCCESS:
        return _edit(body, fields, [])
    # Only a task that has ended has these.
    ended = [] if state == Phase.FAILED else ["finish_time", "usage"]
    unfinished = ["urls", "signed_url", *ended]
    return _edit(body, {**fields, "creations": []}, unfinished)


def _set(values: Values, body: Any) -> Any:
    fields: Values = values["fields"]
    # Where dropping a field changes nothing, the field is missing.
    missing = {name: fields[name] for name in fields if _edit(body, {}, [name]) == body}
    return {**_edit(body, fields, []), **missing}


def _several(values: Values, body: Any) -> Any:
    """The body with each list of results as long as `count` times itself."""
    if isinstance(body, list):
        return [_several(values, item) for item in body]
    if not isinstance(body, dict):
        return body
    return {
        key: item * values["count"] if key in _RESULTS else _several(values, item)
        for key, item in body.items()
    }


_RESULTS = frozenset({"creations", "urls"})


CHANGES: Mapping[str, Callable[[Values, Any], Any]] = {
    "drop": lambda values, body: _edit(body, {}, values["fields"]),
    "set": _set,
    "state": _in_state,
    "goes_back": _in_state,
    "several": _several,
}
"""Faults that change fields of a response, or of the rows of a list."""
