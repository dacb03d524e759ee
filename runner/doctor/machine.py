"""Machine checks: the program, its extras, the terminal, and the room on the disks."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from runner import __version__
from runner.doctor.check import Check, fail, ok, warn
from runner.errors import Exit, plural
from runner.media import streams
from runner.model.operations import MediaKind

BYTES_OF: Mapping[MediaKind, int] = {"image": 8 << 20, "video": 40 << 20, "audio": 2 << 20}
"""What a result may take: the larger ones of each kind, not the mean."""
_LEAST_FREE = 1 << 20
"""With less the ledger cannot be written either."""
_MB, _GB = 10**6, 10**9


def check_version() -> Check:
    """The versions that a report of a problem should name."""
    python = platform.python_version()
    return ok("version", f"vidu-run {__version__}, Python {python}, {platform.platform()}")


def check_media() -> Check:
    """Whether videos and sounds can be looked at."""
    if streams.is_available():
        return ok("media", f"PyAV {_version('av')}: videos and sounds are checked")
    return warn(
        "media",
        "PyAV is not installed: videos and sounds are not checked, and --emulate makes pictures "
        "only",
        hint=streams.EXTRA_HINT,
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # a copy without its metadata
        return "of unknown version"


def check_terminal(output: str | None, file_names: str) -> Check:
    """Whether every character can be shown and used in the name of a file.

    `output`: the encoding of standard output; `file_names`: that of file names.
    """
    wrong = [
        f"{what} {'is' if what == 'the output' else 'are'} {encoding or 'of unknown encoding'}"
        for what, encoding in (("the output", output), ("file names", file_names))
        if (encoding or "").lower().replace("-", "") != "utf8"
    ]
    if not wrong:
        return ok("terminal", "UTF-8")
    text = f"{' and '.join(wrong)}, not UTF-8: other characters are escaped"
    return warn("terminal", text, hint="export LC_ALL=C.UTF-8")


def check_disk(folder: Path, makes: Iterable[MediaKind]) -> Check:
    """Whether the disk of `folder` has room for results of these kinds. Raises OSError."""
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    return disk_check(str(folder), shutil.disk_usage(there).free, Counter(makes))


def disk_check(folder: str, free: int, results: Counter[MediaKind]) -> Check:
    """The same by the bytes that are `free`."""
    needed = sum(BYTES_OF[kind] * count for kind, count in results.items())
    text = f"{_size(free)} free"
    if results:
        count = plural(results.total(), "result")
        text += f", {count} may take up to {_size(needed)}"
    hint = "free some space, or name another folder with --outputs"
    if free < _LEAST_FREE:
        return fail("disk", text, Exit.LEDGER, folder, hint=hint)
    return warn("disk", text, folder, hint=hint) if free < needed else ok("disk", text, folder)


def _size(count: int) -> str:
    unit, name = (_GB, "GB") if count >= _GB else (_MB, "MB")
    return f"{count / unit:.1f} {name}"


def encodings() -> tuple[str | None, str]:
    """The encodings of standard output and of file names."""
    return getattr(sys.stdout, "encoding", None), sys.getfilesystemencoding()


def is_writable(folder: Path) -> bool:
    """Whether files can be made in `folder`, or in the nearest folder above that exists."""
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    return os.access(there, os.W_OK | os.X_OK)
