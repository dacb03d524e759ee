"""Service: takes a submission of either API from its body to a journaled task."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from aiohttp import web

from runner.emulator.api.errors import ApiError, bad_request
from runner.emulator.api.fields import Fields, parse
from runner.emulator.api.references import Fetch, receive
from runner.emulator.api.vidu import Link
from runner.emulator.callbacks import Callbacks
from runner.emulator.options import Options
from runner.emulator.request_log import RequestLog, context_of
from runner.emulator.state import files
from runner.emulator.state.files import ResultFiles
from runner.emulator.state.store import Store
from runner.emulator.state.tasks import Order, Task

Read: TypeAlias = Callable[[Fields], tuple[Order, list[str]]]
"""How an API reads a body: the order without its images, and their sources."""

# Bytes. Vidu: "post body not above 20MB". ModelVerse states no limit; seven images of 50 MB as
# base64 fit.
_BODY_LIMITS = {"vidu": 20 * 1024 * 1024, "modelverse": 512 * 1024 * 1024}
_TAGS = {"payload", "callback_url"}
_SMALL_BODY = 32_768  # bytes; a larger one contains images and is parsed in a thread
_LARGEST_DRAWN_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What all handlers share."""

    options: Options
    store: Store
    files: ResultFiles
    callbacks: Callbacks
    log: RequestLog

    def admit(self, key: str) -> None:
        """Raise ApiError for a key that the options do not list."""
        if self.options.keys is not None and key not in self.options.keys:
            raise ApiError("Unauthorized", "the key is not valid")

    def link(self, request: web.Request) -> Link:
        """Makes fresh URLs at the address that this request was sent to."""
        origin = f"{request.scheme}://{request.host}"

        def fresh_url(owner: str, name: str) -> str:
            now_ns, lifetime_s = self.options.now_ns(), self.options.url_lifetime_s
            return f"{origin}{files.sign(owner, name, now_ns, lifetime_s)}"

        return fresh_url

    async def submit(self, request: web.Request, read: Read) -> Task:
        """Make the task of a submission; raises ApiError."""
        context = context_of(request)
        raw, submission = await body_of(request), context.submission
        order = partial(self._order, raw, read, partial(self.files.fetch, host=request.host))
        # A file of ours that is a reference may have to be rendered first.
        may_block = len(raw) >= _SMALL_BODY or b"/files/" in raw
        task = self.store.create(
            await asyncio.to_thread(order) if may_block else order(),
            submission.digest,
            untagged=submission.untagged,
            change=context.change,
        )
        self.log.accept(task, submission)
        return task

    def _order(self, raw: bytes, read: Read, fetch: Fetch) -> Order:
        """The whole order, its images kept; may block."""
        order, sources = read(Fields(values=parse(raw)))
        images = receive(sources, fetch)
        for reference, content in images:
            if content is not None:
                self.store.keep(reference.sha256, content)
        # 0 asks for a random seed, in both documents.
        seed = order.seed or 1 + secrets.randbelow(_LARGEST_DRAWN_SEED)
        return replace(order, seed=seed, images=tuple(reference for reference, _ in images))


SERVICE = web.AppKey("service", Service)


async def body_of(request: web.Request) -> bytes:
    """The body of a submission, read once; its digests go to the log. Raises ApiError."""
    context = context_of(request)
    if context.body is None:
        submission = context.submission
        raw = await _read_body(request, _BODY_LIMITS[submission.api])
        submission.digest = hashlib.sha256(raw).hexdigest()
        is_small = len(raw) < _SMALL_BODY
        submission.untagged = untagged(raw) if is_small else await asyncio.to_thread(untagged, raw)
        context.body = raw
    return context.body


def untagged(raw: bytes) -> str:
    """Digest of what a body asks for; of the bytes as they are unless they are a JSON object.

    Tags, callback addresses and the order of keys change nothing about the task.
    """
    try:
        body = parse(raw)
    except ApiError:
        return hashlib.sha256(raw).hexdigest()
    body = {name: value for name, value in body.items() if name not in _TAGS}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


async def _read_body(request: web.Request, limit: int) -> bytes:
    body = bytearray()
    try:
        async for piece in request.content.iter_any():
            body += piece
            if len(body) > limit:  # the rest is not read, so that it takes no memory
                raise bad_request(f"the body is larger than {limit} bytes")
    except web.RequestPayloadError as error:  # for example no gzip, though announced
        raise bad_request("the body cannot be read") from error
    return bytes(body)
