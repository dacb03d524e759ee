"""Downloads: streams a result to disk, and checks its size, type and completeness."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

import aiohttp

from runner.engine.download.place import output_errors
from runner.engine.net.bodies import unpacked
from runner.engine.net.client import MIB, HttpClient
from runner.engine.net.errors import NETWORK_ERRORS, NetworkFailure, describe
from runner.engine.net.upload import PIECE, IdleTimeout
from runner.fs import flush
from runner.media.endings import is_truncated
from runner.media.types import describe_type, sniff, with_article
from runner.model.operations import MediaKind

FIRST_S, IDLE_S = 120.0, 60.0
"""A file host gets so long to begin, and so long between two pieces."""

_ACCEPTED = {
    "image": frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "image/avif"}),
    "video": frozenset({"video/mp4", "video/webm", "video/quicktime"}),
    "audio": frozenset(
        {"audio/mpeg", "audio/mp4", "audio/wav", "audio/aac", "audio/ogg", "audio/flac"}
    ),
}
_WITH_FILE = frozenset({200, 203})
"""203: a proxy on the way has changed the headers."""
_RETRIED = frozenset({408, 425, 429})


class DownloadError(Exception):
    """A file was not fetched, and nothing of it is left on disk.

    `transient`: another try may help; otherwise the URL has expired or leads to something else.
    """

    def __init__(self, message: str, *, transient: bool = False):
        super().__init__(message)
        self.transient = transient


async def fetch(
    http: HttpClient,
    url: str,
    folder: Path,
    stem: str,
    *,
    expected: MediaKind,
    max_bytes: int = 2048 * MIB,
    private: bool = True,
    idle: Callable[[], IdleTimeout] = lambda: IdleTimeout(FIRST_S, IDLE_S),
) -> PartFile:
    """Stream a result to `<stem>.part-<random>` in `folder`, which exists, and flush it to disk.

    `private`: whether addresses of this machine and its network are allowed. `idle` makes the
    limit on the time without progress. The type is that of the first bytes, not the server's.
    Where the server sends no length, the file's format has to show that it is complete. Raises
    DownloadError, or OutputError where the disk refuses the file; then, and when cancelled, the
    part is removed.
    """
    with PartFile(folder / f"{stem}.part-{secrets.token_hex(6)}") as part:
        try:
            async with idle() as limit, http.get(url, private=private) as response:
                _check_answer(response, max_bytes)
                await _stream(response, part, limit, expected, max_bytes)
                chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
                # Otherwise the end of the connection is all that marks the end of the file.
                is_complete = chunked or response.content_length is not None
        except NETWORK_ERRORS as error:
            transient = not isinstance(error, NetworkFailure | ValueError)  # ValueError: no URL
            text = f"the file was not fetched: {describe(error)}"
            raise DownloadError(text, transient=transient) from error
        await asyncio.to_thread(part.finish)
        if not is_complete and await asyncio.to_thread(part.is_cut):
            raise DownloadError("the file was not fetched: it is cut short", transient=True)
        return part


def _check_answer(response: aiohttp.ClientResponse, max_bytes: int) -> None:
    status = response.status
    if status in _RETRIED or status >= 500:
        raise DownloadError(f"the file host answered HTTP {status}", transient=True)
    if status >= 400:  # signed URLs are refused with 403, sometimes 404, once they have expired
        raise DownloadError(f"the file host refused the file (HTTP {status})")
    if status not in _WITH_FILE:
        raise DownloadError(f"the file host answered HTTP {status} instead of a file")
    if (response.content_length or 0) > max_bytes:
        raise DownloadError(f"the file is larger than {max_bytes} bytes")


async def _stream(
    response: aiohttp.ClientResponse,
    part: PartFile,
    idle: IdleTimeout,
    expected: MediaKind,
    max_bytes: int,
) -> None:
    """Write the response in pieces of a MiB or more; less than 64 KiB is no progress."""
    buffer, unreported = bytearray(), 0
    async for size, pieces in unpacked(response, is_media):
        unreported += size
        if unreported >= PIECE:
            unreported = 0
            idle.progress()
        for piece in pieces:
            buffer += piece
            if part.size + len(buffer) > max_bytes:
                raise DownloadError(f"the file is larger than {max_bytes} bytes")
            # Large pieces: each costs a switch to a thread.
            if len(buffer) >= MIB:
                _check_type(part, buffer, expected)
                await asyncio.to_thread(part.write, bytes(buffer))
                buffer.clear()
    _check_type(part, buffer, expected)
    await asyncio.to_thread(part.write, bytes(buffer))


def is_media(head: bytes) -> bool:
    """Whether a file begins with these bytes as an image, a video or a sound does."""
    return sniff(head) is not None


def _check_type(part: PartFile, head: bytearray, expected: MediaKind) -> None:
    if part.size:
        return  # checked with the first piece
    if not head:
        raise DownloadError("the file is empty")
    found = sniff(bytes(head[:4096]))
    if found not in _ACCEPTED[expected]:
        what = describe_type(found) if found else "of an unknown type"
        raise DownloadError(f"the file is {what}, not {with_article(expected)}")
    part.media_type = found or ""


class PartFile:
    """A file under a temporary name, removed unless the block ends without an exception.

    Its methods block; they run in threads, one at a time.
    """

    def __init__(self, path: Path):
        self.path = path
        self.size = 0
        self.media_type = ""
        self._digest = hashlib.sha256()
        with output_errors(path):
            self._file = path.open("xb")  # follows no link of that name

    def write(self, piece: bytes) -> None:
        """Append to the file."""
        self._digest.update(piece)
        self.size += len(piece)
        with output_errors(self.path):
            self._file.write(piece)

    def finish(self) -> None:
        """Flush the file to disk and close it."""
        with output_errors(self.path):
            self._file.flush()
            flush(self._file.fileno())
            self._file.close()

    def is_cut(self) -> bool:
        """Whether the end that its format demands is missing."""
        with output_errors(self.path):
            return is_truncated(self.path, self.media_type)

    @property
    def sha256(self) -> str:
        """Of what has been written, in hex."""
        return self._digest.hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            return
        # Closing flushes, which fails again on a full disk.
        with suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)
