"""What answers become under scripted faults, in pure functions over their JSON values."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from runner.emulator.api.modelverse import STATUS
from runner.emulator.faults.records import LIST
from runner.emulator.state.tasks import Phase

Row: TypeAlias = dict[str, Any]
Change: TypeAlias = Callable[[Row], Row]

PHASES = {name: phase for phase, name in reversed(list(STATUS.items()))}
"""ModelVerse's states to those of tasks; "Pending" to the first of two."""


def changed(kind: str, body: Row, change: Change, meant: Callable[[str], bool]) -> Row:
    """The body of an answer after a change; in a list, of those rows whose task is meant."""
    if kind != LIST or not isinstance(body.get("tasks"), list):
        return change(body)
    rows = [change(row) if meant(str(row.get("id"))) else row for row in body["tasks"]]
    return {**body, "tasks": rows}


def without(value: Any, names: tuple[str, ...]) -> Any:
    """A JSON value without the fields of these names, wherever they stand."""
    if isinstance(value, list):
        return [without(item, names) for item in value]
    if isinstance(value, dict):
        return {key: without(item, names) for key, item in value.items() if key not in names}
    return value


def with_fields(body: Row, fields: Mapping[str, Any]) -> Row:
    """A body with other values in these fields wherever they stand; new ones on top."""
    missing = {name: value for name, value in fields.items() if not _has(body, name)}
    return {**_replaced(body, fields), **missing}


def _has(value: Any, name: str) -> bool:
    if isinstance(value, list):
        return any(_has(item, name) for item in value)
    return isinstance(value, dict) and (
        name in value or any(_has(item, name) for item in value.values())
    )


def _replaced(value: Any, fields: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_replaced(item, fields) for item in value]
    if isinstance(value, dict):
        return {
            key: fields[key] if key in fields else _replaced(item, fields)
            for key, item in value.items()
        }
    return value


def in_state(body: Row, state: str) -> Row:
    """The answer (or row) of a task as if the task were in another state, known or not.

    What only a finished task has is left out unless the state is the one it ends in.
    """
    if isinstance(body.get("output"), dict):
        return _video_in_state(body, state)
    if "state" not in body:  # an error
        return body
    told = {**body, "state": state}
    return told if state == Phase.SUCCESS else {**told, "creations": []}


def _video_in_state(body: Row, state: str) -> Row:
    known = state in set(Phase)
    output = {**body["output"], "task_status": STATUS[Phase(state)] if known else state}
    told = {**body, "output": output}
    if state != Phase.SUCCESS:
        output.pop("urls", None)
    if state not in {Phase.SUCCESS, Phase.FAILED}:
        output.pop("finish_time", None)
        told.pop("usage", None)
    return told


def states_told(kind: str, body: Any) -> dict[str, str]:
    """Task ids and the states (by Vidu's name) that an answer tells of them."""
    if not isinstance(body, dict):
        return {}
    rows = body.get("tasks") if kind == LIST else [body]
    found = {}
    for row in rows if isinstance(rows, list) else []:
        output = row.get("output")
        if isinstance(output, dict):
            phase = PHASES.get(str(output.get("task_status")))
            found[str(output.get("task_id"))] = phase.value if phase else ""
        else:
            found[str(row.get("id"))] = str(row.get("state"))
    return found


def beginning(content: bytes, size: int | None) -> bytes:
    """The first bytes, never all of them; half of them unless the script says how many."""
    return content[: min(len(content) // 2 if size is None else size, max(0, len(content) - 1))]


HTML = "<!DOCTYPE html>\n<html><body><h1>Bad Gateway</h1></body></html>\n"


def other_content(kind: str) -> tuple[str, bytes]:
    """Media type and content of something else than the result that was asked for."""
    match kind:
        case "png":
            return "image/png", _dot()
        case "mp4":
            return "video/mp4", b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + b"\0\0\0\x08mdat"
        case "zeros":
            return "application/octet-stream", bytes(4096)
        case _:
            return "text/html", HTML.encode()


def _dot() -> bytes:
    """A PNG of one grey pixel."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = zlib.crc32(name + data).to_bytes(4)
        return len(data).to_bytes(4) + name + data + check

    head = chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0")
    pixels = chunk(b"IDAT", zlib.compress(b"\0\x80"))
    return b"\x89PNG\r\n\x1a\n" + head + pixels + chunk(b"IEND", b"")
