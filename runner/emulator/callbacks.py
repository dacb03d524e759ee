"""Tells `callback_url`s of their tasks' changes, signed the way the vendor publishes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any, TypeAlias

import aiohttp
from yarl import URL

from runner.emulator.options import Options
from runner.emulator.state.tasks import Phase, Task

Body: TypeAlias = Callable[[str], Mapping[str, Any] | None]
"""Task id to what a query would answer now; None when there is no such task."""

_SIGNED = ("Date", "x-request-nonce")
_TRIES = 3
"""For success and failed; processing is told once."""
_PAUSE_S = 1.0
"""Before the second try, twice that before the third; scaled as all times are."""
_LIMIT = aiohttp.ClientTimeout(total=10)


class Callbacks:
    """All pending callbacks, each a task of the event loop; a receiver's trouble stays outside.

    Keys are held in memory only, so a restart ends the callbacks of the tasks before it.
    """

    def __init__(self, options: Options):
        self._options = options
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._keys: dict[str, str] = {}
        self._session: aiohttp.ClientSession | None = None

    def watch(self, task: Task, key: str, body: Body) -> None:
        """Tell of the task's changes from now on."""
        if task.order.callback_url:
            self._keys[task.id] = key
            self._start(task, body, told=None)

    def hurry(self, task: Task, body: Body) -> None:
        """The task has ended before its time: tell at once."""
        watcher = self._watchers.pop(task.id, None)
        if watcher:
            watcher.cancel()
            self._start(task, body, told=Phase.PROCESSING)

    def _start(self, task: Task, body: Body, told: Phase | None) -> None:
        watcher = asyncio.create_task(self._tell(task, body, told))
        self._watchers[task.id] = watcher
        watcher.add_done_callback(lambda done: self._forget(task.id, done))

    def _forget(self, task_id: str, done: asyncio.Task[None]) -> None:
        if self._watchers.get(task_id) is done:
            del self._watchers[task_id], self._keys[task_id]

    async def close(self) -> None:
        """Stop telling."""
        watchers = list(self._watchers.values())
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        if self._session:
            await self._session.close()

    async def _tell(self, task: Task, body: Body, told: Phase | None) -> None:
        if told is None:
            await self._until(task.started_ns)
            await self._post(
                task, {**(body(task.id) or {}), "state": "processing", "creations": []}
            )
        await self._until(task.done_ns)
        for number in range(_TRIES):
            if await self._post(task, body(task.id)):
                return
            await asyncio.sleep(_PAUSE_S * (number + 1) * self._options.time_scale)

    async def _until(self, moment_ns: int) -> None:
        """Wait for the emulator's clock."""
        await asyncio.sleep(max(0.0, (moment_ns - self._options.now_ns()) / 1e9))

    async def _post(self, task: Task, body: Mapping[str, Any] | None) -> bool:
        """One try; whether the receiver said yes."""
        if body is None:
            return True
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_LIMIT)
        content = json.dumps({**body, "status": body["state"]}, ensure_ascii=False).encode()
        try:
            url = URL(task.order.callback_url, encoded=True)
            headers = signed_headers(self._keys[task.id], url.raw_path, url.raw_query_string)
            async with self._session.post(
                url, data=content, headers=headers, allow_redirects=False
            ) as answer:
                return answer.status < 300
        except (aiohttp.ClientError, OSError, ValueError):  # timeouts are OSErrors
            return False


def signed_headers(key: str, path: str, query: str) -> dict[str, str]:
    """The headers of one callback. The body is not signed; that is the vendor's way."""
    signed = {"Date": formatdate(usegmt=True), "x-request-nonce": secrets.token_hex(16)}
    lines = ["POST", path or "/", query, "vidu", signed["Date"]]
    lines += [f"{name}:{signed[name]}" for name in _SIGNED]
    text = "".join(f"{line}\n" for line in lines)
    mark = hmac.digest(key.encode(), text.encode(), hashlib.sha256)
    return {
        **signed,
        "Content-Type": "application/json",
        "X-HMAC-SIGNED-HEADERS": ";".join(_SIGNED),
        "X-HMAC-SIGNATURE": base64.b64encode(mark).decode(),
        "X-HMAC-ALGORITHM": "hmac-sha256",
        "X-HMAC-ACCESS-KEY": "vidu",
    }
