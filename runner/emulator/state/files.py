"""Result files: signs their URLs, renders them when first asked for, and keeps the latest."""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit

from runner.emulator.api.errors import ApiError
from runner.emulator.api.references import DownloadError
from runner.emulator.options import EmulatorOptions
from runner.emulator.render.image import Painter
from runner.emulator.render.text import system_fonts
from runner.emulator.state.store import Store, write_atomically
from runner.emulator.state.tasks import Order, Phase

PICTURE, COVER, WATERMARKED = "creation.png", "cover.png", "watermarked.png"
VIDEO, WATERMARKED_VIDEO = "creation.mp4", "watermarked.mp4"
SOUND = "creation.mp3"
REFERENCES = "references"
"""The owner of copies of reference images, in place of a task's id; they are named by digest."""
ENDINGS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/bmp": "bmp",
    "video/mp4": "mp4",
    "video/x-msvideo": "avi",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/aac": "aac",
    "audio/mp4": "m4a",
}

# Not a secret: nothing here is worth stealing. A fixed one keeps URLs valid across restarts.
_SALT = b"vidu-run emulator"
_PATH = re.compile(
    r"/files/(?P<owner>[A-Za-z0-9-]{1,64})/(?P<name>[a-z0-9]{1,64}\.[a-z0-9]{3,4})\Z"
)
_SHOT = re.compile(r"shot(?P<number>[1-9])\.mp4")
_EXPIRES = re.compile(r"Expires=(\d{1,15})&Credential=")
_MOST_FILES = 64  # rendered ones that are kept; the largest have about 10 MB


def shot(number: int) -> str:
    """The file of one of the shots that a film is cut of, from 0."""
    return f"shot{number + 1}.mp4"


def sign(owner: str, name: str, now_ns: int, lifetime_s: float) -> str:
    """Path and query of file `name` of task `owner`, valid for `lifetime_s` from now."""
    expires = math.ceil(now_ns / 1e9 + lifetime_s)
    head = f"Expires={expires}&Credential=emulator%2F{secrets.token_hex(4)}%2Frequest"
    path = f"/files/{owner}/{name}"
    return f"{path}?{head}&Signature={_signature(path, head)}"


def url_error(target: str, now_ns: int) -> str | None:
    """What is wrong with a requested path and query, byte for byte as it came; None if valid."""
    path, _, query = target.partition("?")
    head, _, signature = query.partition("&Signature=")
    expires = _EXPIRES.match(head)
    expected = _signature(path, head).encode()
    if not expires or not hmac.compare_digest(signature.encode(errors="replace"), expected):
        return "SignatureDoesNotMatch"
    return "AccessDenied: the URL has expired" if now_ns >= int(expires[1]) * 10**9 else None


def _signature(path: str, head: str) -> str:
    text = f"{path}?{head}".encode(errors="replace")
    return quote(base64.b64encode(hmac.digest(_SALT, text, hashlib.sha256)), safe="")


class ResultFiles:
    """Result files by task and name. Its methods may block and may be called by any thread."""

    def __init__(self, folder: Path, store: Store, options: EmulatorOptions):
        self._folder = folder / "rendered"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._store = store
        self._options = options
        self._lock = threading.Lock()
        self._used: OrderedDict[str, None] = OrderedDict()
        """Names of rendered files, the one unused for longest first."""

    def file(self, owner: str, name: str) -> Path | None:
        """The file of a finished task, or a copy of a reference; None if there is no such file."""
        if owner == REFERENCES:
            sha256 = name.partition(".")[0]
            return self._cached(f"{owner}-{name}", lambda: self._store.copy(sha256))
        task = self._store.tasks.get(owner)
        if task is None or task.phase(self._options.now_ns()) is not Phase.SUCCESS:
            return None
        return self._cached(f"{owner}-{name}", lambda: self._render(task.delivered_order, name))

    def fetch(self, url: str, host: str) -> bytes | None:
        """The content of a reference's URL as a provider would fetch it; None if it is not ours.

        `host` is the address at which this emulator was asked. Raises DownloadError for a file of
        ours that has expired, was altered or does not exist.
        """
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}"
        named = _PATH.match(parts.path)
        error = url_error(target, self._options.now_ns())
        # A valid signature is ours at any address: after a restart the port is another.
        if named is None or (parts.netloc != host and error is not None):
            return None
        path = None if error else self.file(named["owner"], named["name"])
        if path is None:
            raise DownloadError(error or "no such file")
        return path.read_bytes()

    def _content(self, key: str) -> bytes | None:
        """The content of a reference by its `content_key`."""
        copy = self._store.copy(key)
        if copy is None and key in self._store.tasks:  # a creation
            film = self.file(key, VIDEO)
            return film.read_bytes() if film else None
        return copy

    def _render(self, order: Order, name: str) -> bytes | None:
        painter = Painter(copies=self._content, fonts=system_fonts())
        if order.is_sound:
            return self._encode(order, painter) if name == SOUND else None
        if name == COVER:
            return painter.cover(order)
        if order.is_video:
            chosen = _shot_of(order, name) if _SHOT.fullmatch(name) else order
            if chosen is None or (chosen is order and name not in {VIDEO, WATERMARKED_VIDEO}):
                return None
            return self._encode(chosen, painter, watermark=name == WATERMARKED_VIDEO)
        if name not in {PICTURE, WATERMARKED}:
            return None
        return painter.picture(order, watermark=name == WATERMARKED)

    def _encode(self, order: Order, painter: Painter, *, watermark: bool = False) -> bytes:
        try:  # late: PyAV is an extra, and pictures do without it
            from runner.emulator.render.sound import recording
            from runner.emulator.render.video import film
        except ImportError as error:  # the state folder comes from where PyAV was installed
            raise ApiError("ModelUnavailable", "PyAV is not installed") from error
        if order.is_sound:
            return recording(order, self._content)
        return film(order, painter, watermark=watermark)

    def _cached(self, key: str, render: Callable[[], bytes | None]) -> Path | None:
        """The file called `key`, rendered if need be; the one unused for longest may make room."""
        path = self._folder / key
        if not path.exists():  # two callers at once render the same bytes
            content = render()
            if content is None:
                return None
            write_atomically(path, content)
        with self._lock:
            self._used[key] = None
            self._used.move_to_end(key)
            if len(self._used) > _MOST_FILES:
                oldest, _ = self._used.popitem(last=False)
                (self._folder / oldest).unlink(missing_ok=True)
        return path


def _shot_of(order: Order, name: str) -> Order | None:
    """The order of one shot of a film: one of its images, for its share of the time."""
    named = _SHOT.fullmatch(name)
    number = int(named["number"]) if named else 0
    if not 1 <= number <= len(order.images):
        return None
    seconds = max(1, order.duration_s // len(order.images))
    return replace(order, images=order.images[number - 1 : number], duration_s=seconds)
