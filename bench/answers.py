"""Answers of the bench's server, in the shapes of the two API documents: tasks in, JSON out."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

CREDITS = 6
"""What a task costs: that of the Vidu document's sample."""


@dataclass(slots=True, kw_only=True)
class Task:
    """One task. Times are the server's monotonic clock in seconds, `made_at` is the wall clock."""

    id: str
    api: Literal["vidu", "modelverse"]
    asked: dict[str, Any]
    """The request's body."""
    begun: float
    ready: float
    """When it is done."""
    made_at: datetime
    url: str
    """Where its file is."""
    told: bool = False
    """An answer has told of its end."""


def as_json(value: Any) -> bytes:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def created(task: Task) -> bytes:
    """Vidu's answer to a submission."""
    asked = task.asked
    return as_json(
        {
            "task_id": task.id,
            "state": "created",
            "model": asked["model"],
            "prompt": asked["prompt"],
            "images": asked.get("images", []),
            "seed": int(asked.get("seed") or 616519648),
            "aspect_ratio": asked.get("aspect_ratio", "16:9"),
            "callback_url": asked.get("callback_url", ""),
            "payload": asked.get("payload", ""),
            "cus_priority": 0,
            "credits": CREDITS,
            "created_at": _stamp(task.made_at),
            "watermark": False,
        }
    )


def creations(task: Task, *, done: bool) -> bytes:
    """Vidu's answer about one task."""
    return as_json(_creations(task, done=done))


def _creations(task: Task, *, done: bool) -> dict[str, Any]:
    file = {
        "id": f"{task.id}1",
        "url": task.url,
        "cover_url": task.url,
        "watermarked_url": task.url,
    }
    return {
        "id": task.id,
        "state": "success" if done else "processing",
        "err_code": "",
        "credits": CREDITS,
        "payload": task.asked.get("payload", ""),
        "bgm": False,
        "off_peak": False,
        "creations": [file] if done else [],
    }


def row(task: Task, *, done: bool) -> bytes:
    """One task as Vidu's list has it."""
    asked, query = task.asked, _creations(task, done=done)
    video = {"duration": 0, "fps": 0, "resolution": {"width": 1, "height": 1}}
    for file in query["creations"]:
        file |= {"moderation_url": [], "video": video}
    return as_json(
        {name: query[name] for name in ("id", "state", "credits", "creations")}
        | {
            "key_id": "1",
            "type": "reference2image",
            "template": "",
            "duration": 0,
            "model": asked["model"],
            "prompt": asked["prompt"],
            "images": asked.get("images", []),
            "resolution": asked.get("resolution", "1080p"),
            "aspect_ratio": asked.get("aspect_ratio", "16:9"),
            "created_at": _stamp(task.made_at),
        }
    )


def listing(rows: Iterable[bytes], next_page: str) -> bytes:
    """One page of Vidu's list; the token is empty on the last one."""
    return b'{"tasks":[%b],"next_page_token":%b}' % (b",".join(rows), as_json(next_page))


def balance(in_flight: int) -> bytes:
    """Vidu's answer to the question for the balance."""
    limits = {"concurrency_limit": 10_000, "current_concurrency": in_flight, "queue_count": 0}
    remains = [{"type": "metered", "credit_remain": 10_000_000, **limits}]
    return as_json({"remains": remains, "packages": []})


def submitted(task: Task) -> bytes:
    """ModelVerse's answer to a submission."""
    return as_json({"output": {"task_id": task.id}, "request_id": f"submit-{task.id}"})


def status(task: Task, *, done: bool) -> bytes:
    """ModelVerse's answer about one task; times in whole Unix seconds."""
    made = int(task.made_at.timestamp())
    output: dict[str, Any] = {"task_id": task.id, "task_status": "Running", "submit_time": made}
    answer: dict[str, Any] = {"output": output, "request_id": f"status-{task.id}"}
    if done:
        finished = made + round(task.ready - task.begun)
        output |= {"task_status": "Success", "urls": [task.url], "finish_time": finished}
        answer["usage"] = {"duration": task.asked["parameters"].get("duration", 5)}
    return as_json(answer)


def vidu_error(code: int, reason: str, message: str) -> bytes:
    """An error of Vidu."""
    trace = {"trace_id": "bench"}
    return as_json({"code": code, "reason": reason, "message": message, "metadata": trace})


def modelverse_error(code: str, message: str) -> bytes:
    """An error of ModelVerse."""
    return as_json({"error": {"type": code, "code": code, "message": message}})


def picture(size_bytes: int) -> bytes:
    """A PNG of one grey pixel, made that many bytes long by a chunk that readers skip."""
    head = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">2I5B", 1, 1, 8, 0, 0, 0, 0))
    tail = _chunk(b"IDAT", zlib.compress(b"\0\x80")) + _chunk(b"IEND", b"")
    left = size_bytes - len(head) - len(tail) - 12
    return head + (_chunk(b"viDu", bytes(left)) if left > 0 else b"") + tail


def _chunk(name: bytes, content: bytes) -> bytes:
    total = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", total)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
