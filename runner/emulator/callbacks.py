"""Callbacks: reports a task's changes to its `callback_url`, signed as the vendor publishes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any, TypeAlias

import aiohttp
from yarl import URL

from runner.emulator.options import EmulatorOptions
from runner.emulator.state.tasks import Task

Answer: TypeAlias = Callable[[], Mapping[str, Any]]
"""Returns what a query for the task would answer now."""

_SIGNED = ("Date", "x-request-nonce")
_ATTEMPTS = 3  # for success and failed; processing is sent once
# Before the second attempt, twice that before the third; scaled as all times are.
_PAUSE_S = 1.0
_TIMEOUT = aiohttp.ClientTimeout(total=10)


class Callbacks:
    """All pending callbacks. What goes wrong at a receiver has no effect on the emulator."""

    # Keys are not journaled, so a restart ends the callbacks of the tasks before it.

    def __init__(self, options: EmulatorOptions):
        self._options = options
        self._ended: dict[str, asyncio.Event] = {}
        self._watchers: set[asyncio.Task[None]] = set()

    def watch(self, task: Task, key: str, answer: Answer) -> None:
        """Report the task's changes from now on, signed with the key it was created with."""
        if task.order.callback_url:
            self._ended[task.id] = asyncio.Event()
            watcher = asyncio.create_task(self._report(task, key, answer))
            self._watchers.add(watcher)
            watcher.add_done_callback(self._watchers.discard)

    def end(self, task_id: str) -> None:
        """Report the end at once: the task was cancelled."""
        if task_id in self._ended:
            self._ended[task_id].set()

    async def close(self) -> None:
        """Cancel what is pending."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)

    async def _report(self, task: Task, key: str, answer: Answer) -> None:
        url = task.order.callback_url
        try:
            if not await self._ends_before(task.started_ns, task.id):
                await self._post(url, key, {**answer(), "state": "processing", "creations": []})
                await self._ends_before(task.done_ns, task.id)
            for attempt in range(1, _ATTEMPTS + 1):
                if await self._post(url, key, answer()):
                    return
                await asyncio.sleep(_PAUSE_S * attempt * self._options.time_scale)
        finally:
            del self._ended[task.id]

    async def _ends_before(self, moment_ns: int, task_id: str) -> bool:
        """Wait until the emulator's clock reaches a moment or the task is cancelled."""
        seconds = max(0.0, (moment_ns - self._options.now_ns()) / 1e9)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended[task_id].wait(), seconds)
        return self._ended[task_id].is_set()

    async def _post(self, url: str, key: str, body: Mapping[str, Any]) -> bool:
        """One attempt; whether the receiver accepted it."""
        # The callback's document names the field `status`, the query's `state`.
        content = json.dumps({**body, "status": body["state"]}, ensure_ascii=False).encode()
        try:
            target = URL(url, encoded=True)  # byte for byte: path and query are signed
            headers = signed_headers(key, target.raw_path, target.raw_query_string)
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT, headers=headers) as session,
                session.post(target, data=content, allow_redirects=False) as answer,
            ):
                return answer.status < 300
        except (aiohttp.ClientError, OSError, ValueError):  # timeouts are OSErrors
            return False


def signed_headers(key: str, path: str, query: str) -> dict[str, str]:
    """The headers of one callback. As with the vendor, the body is not signed."""
    signed = {"Date": formatdate(usegmt=True), "x-request-nonce": secrets.token_hex(16)}
    lines = ["POST", path or "/", query, "vidu", signed["Date"]]
    lines += [f"{name}:{signed[name]}" for name in _SIGNED]
    text = "".join(f"{line}\n" for line in lines)
    signature = hmac.digest(key.encode(), text.encode(), hashlib.sha256)
    return {
        **signed,
        "Content-Type": "application/json",
        "X-HMAC-SIGNED-HEADERS": ";".join(_SIGNED),
        "X-HMAC-SIGNATURE": base64.b64encode(signature).decode(),
        "X-HMAC-ALGORITHM": "hmac-sha256",
        "X-HMAC-ACCESS-KEY": "vidu",
    }
