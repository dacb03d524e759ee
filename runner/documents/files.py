"""A path in, the text of a regular UTF-8 file out, or what is wrong with the file."""

from __future__ import annotations

import difflib
import stat
from pathlib import Path

from runner.errors import Diagnostic, Location, ManifestError

MAX_BYTES = 1 << 30


def read_text(path: Path) -> tuple[str, bytes]:
    """The text of a file (a byte order mark left out) and its bytes; blocks on the disk only.

    Raises ManifestError for what is missing, unreadable, no regular file (nothing is opened that
    might wait for a writer), larger than 1 GiB, or not UTF-8.
    """
    try:
        _refuse_irregular(path)
        content = path.read_bytes()
    except FileNotFoundError:
        raise _refusal(path, "there is no such file", _nearest(path)) from None
    except OSError as error:
        raise _refusal(path, f"cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise _refusal(path, "this is no file name") from None
    try:
        return content.decode("utf-8-sig"), content
    except UnicodeDecodeError as error:
        raise _not_utf8(path, content, error.start) from None


def _refuse_irregular(path: Path) -> None:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise _refusal(path, "is a directory, not a file", "name a file in it")
    if not stat.S_ISREG(status.st_mode):
        raise _refusal(path, "is not a regular file", "write it to a file first")
    if status.st_size > MAX_BYTES:
        raise _refusal(path, f"is larger than {MAX_BYTES >> 30} GiB")


def _refusal(path: Path, message: str, hint: str | None = None) -> ManifestError:
    return ManifestError(
        [Diagnostic(message=message, hint=hint, location=Location(path=str(path)))]
    )


def _nearest(path: Path) -> str | None:
    """A hint that names the file beside it that was probably meant."""
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    except OSError:
        return None
    found = difflib.get_close_matches(path.name, names, n=1)
    return f'did you mean "{path.parent / found[0]}"?' if found else None


def likely_encoding(content: bytes) -> str | None:
    """The name of the encoding that `content`, which is no UTF-8, seems to be in."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    if _reads_as(content, "gb2312"):  # two bytes a character, hardly ever so by chance
        return "GBK"
    return "Big5" if _reads_as(content, "big5") else None


def _reads_as(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _not_utf8(path: Path, content: bytes, at: int) -> ManifestError:
    """Tells the first byte that is no UTF-8, and what the file may be instead."""
    before = content[:at].decode("utf-8-sig", errors="replace")
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    place = Location(path=str(path), line=len(lines), column=len(lines[-1]) + 1)
    encoding = likely_encoding(content)
    seems = f" (it seems to be {encoding})" if encoding else ""
    message = f"the file is not UTF-8{seems}: byte 0x{content[at]:02X} cannot stand here"
    hint = "save it as UTF-8 in your editor"
    return ManifestError([Diagnostic(message=message, hint=hint, location=place)])
