"""Row text: reads a file of rows as text, whatever encoding and line breaks it was saved with."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from runner.documents.files import describe_encoding_error, likely_encoding, read_content
from runner.documents.text_errors import SURROGATE, find_conflict, join_surrogates
from runner.errors import HintedError, ManifestError
from runner.file_names import other_spellings


class RowError(HintedError):
    """Something that is wrong with a file of rows, or with one of its lines."""

    def __init__(self, message: str, hint: str | None = None, *, line: int = 0, column: int = 1):
        """`line` and `column` count from 1; line 0 is the file as a whole."""
        super().__init__(message, hint)
        self.line = line
        self.column = column


# The longer marks first: that of UTF-32 begins like that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# What a manifest would name for what `likely_encoding` finds: GB 18030 contains GBK.
_CODECS = {"GBK": "gb18030", "Big5": "big5", "UTF-16": "utf-16-le"}

_FOREIGN = (
    (b"PK\x03\x04", "an Excel workbook or another zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "a gzip archive"),
)
EXPORT_HINT = 'export the rows as CSV (in Excel: "CSV UTF-8")'
_HTML = re.compile(r"\s*<(?:!doctype html|html)\b", re.IGNORECASE)


def read_row_text(path: Path, encoding: str | None, warnings: list[RowError]) -> str:
    """The text of the file, with LF for every line break; raises RowError. Blocks on the disk.

    Without `encoding` it is UTF-8, unless a byte order mark names UTF-16 or UTF-32. Adds to the
    `warnings`.
    """
    try:
        content = read_content(_existing(path))
    except ManifestError as error:
        found = error.diagnostics[0]
        raise RowError(found.message, found.hint) from None
    for head, kind in _FOREIGN:
        if content.startswith(head):
            raise RowError(f"the file is {kind}, not text", EXPORT_HINT)
    text = _with_whole_characters(_decode(path, content, encoding)).removeprefix("\ufeff")
    if encoding and _is_utf_8(content, encoding):
        message = f"the file is UTF-8, but read as {encoding}: its text may come out wrong"
        warnings.append(RowError(message, "leave the encoding out if the text is wrong", line=1))
    # Git and editors change line breaks without anybody's intent: a prompt must not change with
    # them, or it would be paid for again.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    _reject_foreign_text(path, text)
    return text


def _existing(path: Path) -> Path:
    """The path, or the only one whose name differs from it in Unicode's form alone."""
    try:
        found = [] if path.exists() else other_spellings(path)
    except (OSError, ValueError):  # reported when it is read
        return path
    return found[0] if len(found) == 1 else path


def _decode(path: Path, content: bytes, encoding: str | None) -> str:
    codec = encoding or next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    # Without a mark, Python would take the byte order of the machine.
    if codec.lower().replace("_", "-") in {"utf-16", "utf16"} and content[:2] not in _UTF_16_MARKS:
        codec = "utf-16-le"
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(codec, "replace")
        raise _encoding_error(path, error, encoding, before.count("\n") + 1) from None
    except (LookupError, ValueError):  # the second one for a name that cannot be one
        hint = "Python's names are known: utf-8, gb18030, utf-16, big5, shift_jis, cp1252, ..."
        raise RowError(f'the encoding "{encoding}" is not known', hint) from None


def _with_whole_characters(text: str) -> str:
    """The text with the halves of surrogate pairs joined, as escapes of some encodings spell them.

    Raises RowError for half a pair, which UTF-8 cannot send.
    """
    if text.isascii() or not SURROGATE.search(text):
        return text
    text = join_surrogates(text)
    if half := SURROGATE.search(text):
        line = text.count("\n", 0, half.start()) + 1
        raise RowError("the line has half a surrogate pair, which is not a character", line=line)
    return text


# Two letters of another encoding may happen to be one of UTF-8, but hardly ever so many.
_MIN_CHARACTERS = 4


def _is_utf_8(content: bytes, encoding: str) -> bool:
    """Whether the named `encoding` was given up, as when a spreadsheet saves the file again."""
    if content.isascii() or codecs.lookup(encoding).name.startswith("utf"):
        return False
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return False
    return sum(not character.isascii() for character in text) >= _MIN_CHARACTERS


_UTF_16_MARKS = {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}


def _encoding_error(
    path: Path, error: UnicodeDecodeError, encoding: str | None, line: int
) -> RowError:
    """The line of the first byte that is invalid, and how to name the file's encoding."""
    if encoding:
        byte = f"byte 0x{error.object[error.start]:02X} is not valid"
        hint = "it is UTF-8: leave encoding out" if _is_utf_8(error.object, encoding) else None
        return RowError(f"the file is not {encoding}: {byte}", hint, line=line)
    likely = likely_encoding(error.object)
    named = _encoding_hint(path, _CODECS.get(likely or "", "NAME"))
    hint = f'save it as UTF-8 (in Excel: "CSV UTF-8"), or {named}'
    return RowError(describe_encoding_error(error, likely), hint, line=line)


def _encoding_hint(path: Path, codec: str) -> str:
    return f"name its encoding: foreach: {{file: {path.name}, encoding: {codec}}}"


def _reject_foreign_text(path: Path, text: str) -> None:
    """Raise RowError for text that is no list of rows, and would be paid for as one."""
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        # Each second byte of Latin letters in UTF-16, and the first or the second of a pair.
        if text.count("\0") * 3 > len(text):
            codec = "utf-16-be" if text.startswith("\0") else "utf-16-le"
            raise RowError("the file seems to be UTF-16", _encoding_hint(path, codec), line=line)
        raise RowError("the line has a NUL character", line=line)
    if _HTML.match(text):
        hint = "download the file itself (GitHub: Raw), not the page that shows it"
        raise RowError("the file is an HTML page, not rows", hint)
    if conflict := find_conflict(text):
        line = text.count("\n", 0, conflict.index) + 1
        raise RowError(conflict.message, conflict.hint, line=line)
