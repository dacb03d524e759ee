"""Service: takes a submission of either API from its body to a journaled task."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from aiohttp import web

from runner.emulator.api import fields
from runner.emulator.api.errors import ApiError, bad_request
from runner.emulator.api.references import Fetch, Received
from runner.emulator.api.vidu import Link
from runner.emulator.callbacks import Callbacks
from runner.emulator.options import Options
from runner.emulator.request_log import REQUEST_CONTEXT, RequestLog, of_task
from runner.emulator.state import files
from runner.emulator.state.files import ResultFiles
from runner.emulator.state.store import Store
from runner.emulator.state.tasks import Order, Task

Read: TypeAlias = Callable[[Mapping[str, Any], Fetch], tuple[Order, list[Received]]]
"""An API's way from a body to an order."""

_UNASKED = {"payload", "callback_url"}
_SMALL = 32_768
"""Bytes of a body that is looked through on the event loop; a larger one holds images."""
_LARGEST_DRAWN_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """All that handlers share."""

    options: Options
    store: Store
    files: ResultFiles
    callbacks: Callbacks
    log: RequestLog

    def admit(self, key: str) -> None:
        """Raises ApiError for a key that is not known."""
        if self.options.keys is not None and key not in self.options.keys:
            raise ApiError("Unauthorized", "the key is not valid")

    def link(self, request: web.Request) -> Link:
        """Fresh URLs at the address by which this request came."""
        origin = f"{request.scheme}://{request.host}"
        options = self.options

        def fresh(owner: str, name: str) -> str:
            target = files.sign(owner, name, options.now_ns(), options.url_lifetime_s)
            return f"{origin}{target}"

        return fresh

    def fetch(self, request: web.Request) -> Fetch:
        """Images at our own address come from the gallery, all others are not looked at."""
        host, now = request.host, self.options.now_ns

        def fetched(url: str) -> bytes | None:
            parts = urlsplit(url)
            target = f"{parts.path}?{parts.query}"
            ours = files.split(target) is not None
            if ours and (parts.netloc == host or files.fault(target, now()) is None):
                return self.files.fetch(target)
            return None

        return fetched

    async def order(self, request: web.Request, read: Read, limit: int) -> Task:
        """The task made of a submission; raises ApiError."""
        context = REQUEST_CONTEXT.get()
        raw = await body_of(request, limit)
        self.store.refresh()  # a reference may be what another process on this folder made

        def prepared() -> Order:
            order, images = read(fields.parse(raw), self.fetch(request))
            for image in images:
                if image.content is not None:
                    self.store.keep(image.reference.sha256, image.content)
            return order

        small = len(raw) < _SMALL and b"/files/" not in raw
        order = prepared() if small else await asyncio.to_thread(prepared)
        seed = order.seed or 1 + secrets.randbelow(_LARGEST_DRAWN_SEED)
        task = self.store.place(
            replace(order, seed=seed),
            context.digest,
            untagged=context.untagged,
            doom=context.script,
        )
        context.task = task
        context.logged = of_task(task, status=0, fault=context.fault)
        self.log.add(context.logged)
        return task


SERVICE = web.AppKey("service", Service)


async def body_of(request: web.Request, limit: int) -> bytes:
    """The body of a submission, read once and noted with its digests; raises ApiError."""
    context = REQUEST_CONTEXT.get()
    if context.body is None:
        raw = await read_body(request, limit)
        context.digest = hashlib.sha256(raw).hexdigest()
        small = len(raw) < _SMALL
        context.untagged = untagged(raw) if small else await asyncio.to_thread(untagged, raw)
        context.body = raw
    if len(context.body) > limit:  # it was read by one who minds less
        raise _too_large(limit)
    return context.body


def untagged(raw: bytes) -> str:
    """Digest of what a body asks for; of the bytes as they are when it is no JSON object.

    Tags and callback addresses change nothing about the task, nor does the order of keys.
    """
    try:
        value = fields.parse(raw)
    except ApiError:
        return hashlib.sha256(raw).hexdigest()
    asked = {name: part for name, part in value.items() if name not in _UNASKED}
    text = json.dumps(asked, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


async def read_body(request: web.Request, limit: int) -> bytes:
    """The whole body; ApiError when it is larger than `limit` bytes or cannot be unpacked."""
    pieces, size = [], 0
    try:
        async for piece in request.content.iter_chunked(65_536):
            size += len(piece)
            if size > limit:
                raise _too_large(limit)
            pieces.append(piece)
    except web.RequestPayloadError as error:
        raise bad_request("the body cannot be read") from error
    return b"".join(pieces)


def _too_large(limit: int) -> ApiError:
    return bad_request(f"the body is larger than {limit} bytes")
