"""The files of finished tasks: made when first asked for, kept for a while, told by their names."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from runner.emulator import links
from runner.emulator.draw import cover, picture
from runner.emulator.options import Options
from runner.emulator.refusals import image_download, no_encoder
from runner.emulator.store import Store
from runner.emulator.tasks import Phase, Task
from runner.emulator.typefaces import Typefaces, system_faces

PICTURE, COVER, WATERMARKED, VIDEO = "creation.png", "cover.png", "watermarked.png", "creation.mp4"
REFERENCES = "references"
"""The owner of copies of reference images, in place of a task's id."""
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
_KEPT_BYTES = 256 * 1024 * 1024


class Gallery:
    """Result files by task and name. Its methods may block and may be called by any thread."""

    def __init__(
        self, folder: Path, store: Store, options: Options, faces: Typefaces | None = None
    ):
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

        Raises RefusedError when it has expired, was altered or is of nothing.
        """
        trouble = links.fault(target, self._options.now_ns())
        found = None if trouble else links.split(target)
        path = self.file(*found) if found else None
        if path is None:
            raise image_download(f"cannot fetch the image: {trouble or 'no such file'}")
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


def _film(task: Task, store: Store, faces: Typefaces) -> bytes:
    try:
        from runner.emulator.film import film
    except ImportError as error:  # a state folder made where it was installed
        raise no_encoder("PyAV is not installed") from error
    return film(task.order, store.copy, faces)
