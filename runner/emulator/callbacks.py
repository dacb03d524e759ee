"""Callbacks: reports a task's changes to its `callback_url`, signed as the vendor publishes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from email.utils import formatdate
from typing import Any, TypeAlias

import aiohttp
from yarl import URL

from runner.emulator.options import EmulatorOptions
from runner.emulator.state.tasks import Task

Answer: TypeAlias = Callable[[], Mapping[str, Any]]
"""Returns what a query for the task would answer now."""
Current: TypeAlias = Callable[[], Task]
"""Returns the task as it is now."""

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
        self._changed: dict[str, asyncio.Event] = {}
        """By the id of a task that is reported on: set when its moments have changed."""
        self._watchers: set[asyncio.Task[None]] = set()

    def watch(self, task: Task, key: str, current: Current, answer: Answer) -> None:
        """Report the task's changes from now on, signed with the key it was created with."""
        if task.order.callback_url:
            self._changed[task.id] = asyncio.Event()
            watcher = asyncio.create_task(self._report(task, key, current, answer))
            self._watchers.add(watcher)
            watcher.add_done_callback(self._watchers.discard)

    def wake(self, task_ids: Iterable[str]) -> None:
        """Look at these tasks now: one was cancelled, and those behind it moved up."""
        for task_id in task_ids:
            if task_id in self._changed:
                self._changed[task_id].set()

    async def close(self) -> None:
        """Cancel what is pending."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)

    async def _report(self, task: Task, key: str, current: Current, answer: Answer) -> None:
        url = task.order.callback_url
        try:
            await self._reach(lambda: min(current().started_ns, current().done_ns), task.id)
            if current().started_ns <= current().done_ns:  # else it was cancelled before
                await self._post(url, key, {**answer(), "state": "processing", "creations": []})
                await self._reach(lambda: current().done_ns, task.id)
            for attempt in range(1, _ATTEMPTS + 1):
                if await self._post(url, key, answer()):
                    return
                await asyncio.sleep(_PAUSE_S * attempt * self._options.time_scale)
        finally:
            del self._changed[task.id]

    async def _reach(self, moment_ns: Callable[[], int], task_id: str) -> None:
        """Wait until the emulator's clock reaches a moment of a task, which may change."""
        changed = self._changed[task_id]
        while (left_ns := moment_ns() - self._options.now_ns()) > 0:
            changed.clear()
            with contextlib.suppress(TimeoutError):
                # No timer is good for years: what never comes is looked for once a day.
                await asyncio.wait_for(changed.wait(), min(left_ns / 1e9, 86_400.0))

    async def _post(self, url: str, key: str, body: Mapping[str, Any]) -> bool:
        """One attempt; whether the receiver accepted it."""
        # The callback's document names the field `status`, the query's `state`. Its sample has no
        # id: which task it is about stands in the URL, if the user wrote it there.
        values = {name: value for name, value in body.items() if name != "id"}
        content = json.dumps({**values, "status": body["state"]}, ensure_ascii=False).encode()
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
