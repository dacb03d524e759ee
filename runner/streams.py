"""Standard streams: makes them open, able to take any text, and harmless once nobody reads them."""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import os
import sys
from typing import Any, TextIO

_ESCAPING = "vidu-run-escaping"


def open_descriptors() -> None:
    """Open /dev/null in the place of standard streams that the caller has closed (`2>&-`).

    To be called before any file is opened: it would get the number of the closed stream, and
    whatever writes messages there would write into that file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one


def open_streams() -> None:
    """Replace streams that are closed (Python sets them to None), and let none refuse a text.

    What the encoding of a stream does not have (an ASCII or Latin-1 locale) is escaped.
    """
    codecs.register_error(_ESCAPING, _escape)
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ESCAPING)


def abandon(stream: TextIO) -> None:
    """Redirect a stream that cannot be written to /dev/null: the flush at exit would fail again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Lasting:
    """A text stream that takes what is written to it also when nobody reads it any longer.

    For tqdm, which keeps its lock when a stream raises: at the end of the program, its own thread
    would wait for that lock for ever.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write if that is possible."""
        with contextlib.suppress(OSError, ValueError):  # ValueError: it is closed on our side
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush if that is possible."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def json_text(value: object, stream: TextIO, *, indent: int | None = None) -> str:
    """The value as JSON; in ASCII where the encoding of `stream` is not UTF-8.

    Programs read JSON as UTF-8 (RFC 8259), whatever the locale is.
    """
    encoding = getattr(stream, "encoding", None) or "utf-8"
    is_utf8 = codecs.lookup(encoding).name == "utf-8"
    return json.dumps(value, ensure_ascii=not is_utf8, indent=indent)


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - open as long as we run


def _escape(error: UnicodeError) -> tuple[str, int]:
    """Replace what cannot be encoded by JSON's escapes: right in JSON, and readable elsewhere."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end
