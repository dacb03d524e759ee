"""The files of finished tasks: made when first asked for, kept for a while, told by their names."""

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
from pathlib import Path
from urllib.parse import quote

from runner.emulator.api.errors import ApiError
from runner.emulator.options import Options
from runner.emulator.render.fonts import FontSet, system_faces
from runner.emulator.render.image import cover, picture
from runner.emulator.state.store import Store
from runner.emulator.state.tasks import Phase, Task

_SALT = b"vidu-run emulator"
"""No secret: nothing here is worth stealing. URLs hold across restarts on the same folder."""
_PATH = re.compile(
    r"/files/(?P<owner>[A-Za-z0-9-]{1,64})/(?P<name>[a-z0-9]{1,64}\.[a-z0-9]{3,4})\Z"
)
_EXPIRES = re.compile(r"Expires=(\d{1,15})&Credential=")


def sign(owner: str, name: str, now_ns: int, lifetime_s: float) -> str:
    """Path and query of file `name` of task `owner`, valid for `lifetime_s` from now."""
    expires = math.ceil(now_ns / 1e9 + lifetime_s)
    head = f"Expires={expires}&Credential=emulator%2F{secrets.token_hex(4)}%2Frequest"
    path = f"/files/{owner}/{name}"
    return f"{path}?{head}&Signature={_signature(path, head)}"


def split(target: str) -> tuple[str, str] | None:
    """Owner and name in a path with or without query; None if it is no path of a file."""
    found = _PATH.match(target.partition("?")[0])
    return (found["owner"], found["name"]) if found else None


def fault(target: str, now_ns: int) -> str | None:
    """What is wrong with a requested path and query, byte for byte as it came; None if nothing."""
    path, _, query = target.partition("?")
    head, _, signature = query.partition("&Signature=")
    expires = _EXPIRES.match(head)
    good = _signature(path, head).encode()
    if not expires or not hmac.compare_digest(signature.encode(errors="replace"), good):
        return "SignatureDoesNotMatch"
    return "AccessDenied: the URL has expired" if now_ns >= int(expires[1]) * 10**9 else None


def _signature(path: str, head: str) -> str:
    text = f"{path}?{head}".encode(errors="replace")
    return quote(base64.b64encode(hmac.digest(_SALT, text, hashlib.sha256)), safe="")


PICTURE, COVER, WATERMARKED, VIDEO = "creation.png", "cover.png", "watermarked.png", "creation.mp4"
REFERENCES = "references"
"""The owner of copies of reference images, in place of a task's id."""
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
_KEPT_BYTES = 256 * 1024 * 1024


class ResultFiles:
    """Result files by task and name. Its methods may block and may be called by any thread."""

    def __init__(self, folder: Path, store: Store, options: Options, faces: FontSet | None = None):
        self._folder = folder / "rendered"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._store = store
        self._options = options
        self._faces = faces
        self._lock = threading.Lock()
        self._making: dict[str, threading.Lock] = {}
        self._kept: OrderedDict[str, int] = OrderedDict()

    def file(self, owner: str, name: str) -> Path | None:
        """The file of a finished task (or a copy of a reference); None for all else."""
        if owner == REFERENCES:
            sha256 = name.partition(".")[0]
            return self._once(f"{REFERENCES}-{name}", lambda: self._store.copy(sha256))
        task = self._store.any_task(owner)
        if task is None or task.phase(self._options.now_ns()) is not Phase.SUCCESS:
            return None
        make = self._maker(task, name)
        return make and self._once(f"{task.id}-{name}", make)

    def fetch(self, target: str) -> bytes:
        """What a URL of this emulator (path and query) shows, as a provider would fetch it.

        Raises ApiError when it has expired, was altered or is of nothing.
        """
        trouble = fault(target, self._options.now_ns())
        found = None if trouble else split(target)
        path = self.file(*found) if found else None
        if path is None:
            raise ApiError(
                "ImageDownloadFailure", f"cannot fetch the image: {trouble or 'no such file'}"
            )
        return path.read_bytes()

    def _maker(self, task: Task, name: str) -> Callable[[], bytes] | None:
        order, copies = task.order, self._store.copy
        faces = self._faces or system_faces()
        if order.is_video:
            return (lambda: _film(task, self._store, faces)) if name == VIDEO else None
        makers: dict[str, Callable[[], bytes]] = {
            PICTURE: lambda: picture(order, copies, faces),
            COVER: lambda: cover(order, copies, faces),
            WATERMARKED: lambda: picture(order, copies, faces, watermark=True),
        }
        return makers.get(name)

    def _once(self, key: str, make: Callable[[], bytes | None]) -> Path | None:
        """The file called `key`, made by one caller while the others wait for it."""
        with self._lock:
            lock = self._making.setdefault(key, threading.Lock())
        with lock:
            path = self._folder / key
            if not path.exists():
                content = make()
                if content is None:
                    return None
                part = path.with_name(f".{key}.{secrets.token_hex(4)}")
                part.write_bytes(content)
                part.replace(path)
            self._touch(key, path.stat().st_size)
            return path

    def _touch(self, key: str, size: int) -> None:
        """Note the use of a file and drop those unused for longest when there are too many."""
        with self._lock:
            self._kept[key] = size
            self._kept.move_to_end(key)
            while sum(self._kept.values()) > _KEPT_BYTES and len(self._kept) > 8:
                oldest, _ = self._kept.popitem(last=False)
                (self._folder / oldest).unlink(missing_ok=True)


def reference_name(sha256: str, media_type: str) -> str:
    """The name of a copy of a reference image."""
    return f"{sha256}.{_ENDINGS[media_type]}"


def _film(task: Task, store: Store, faces: FontSet) -> bytes:
    try:
        from runner.emulator.render.video import film
    except ImportError as error:  # a state folder made where it was installed
        raise ApiError("ModelUnavailable", "PyAV is not installed") from error
    return film(task.order, store.copy, faces)
