"""Reads files and texts as documents: plain values whose locations can be looked up."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from runner.documents.builder import Parsed
from runner.documents.events import is_json
from runner.documents.parser import parse
from runner.documents.positions import Positions
from runner.documents.text_errors import TextError, find_conflict
from runner.errors import Diagnostic, Location, ManifestError, did_you_mean
from runner.file_names import locale_hint, similar_name, unexpanded_hint
from runner.lfs import pointer_kind
from runner.model.values import ValuePath

MAX_BYTES = 1 << 30  # far more than any manifest: the whole file is held in memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a file is meant to be, for the messages about one that is not."""

    name: str
    """With its article."""
    start: str
    """The hint that describes how such a file starts."""


MANIFEST = Kind(name="a manifest", start="a manifest starts with `version: 1`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file as written. Aliased parts of the value are shared: treat it as read-only."""

    path: Path
    """As the user wrote it."""
    value: dict[str, Any]
    text: str = field(repr=False)
    sha256: str
    """Hex digest of the file's bytes."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """In file order. With an error among them, the value is only good for further checks."""
    positions: Positions = field(repr=False, compare=False)

    def locate(self, path: ValuePath, *, key: bool = False) -> Location:
        """Where the value at `path`, or its key, is written; the nearest parent if it is absent.

        For aliases and merge keys this is the location of what they stand for.
        """
        return self.positions.at(self.positions.index(path, key=key))


def read_document(
    path: Path, on_progress: Callable[[int, int], None] | None = None, kind: Kind = MANIFEST
) -> Document:
    """The file at `path`, JSON by its name or else YAML; blocks on the disk only.

    `on_progress` is called now and then with the characters read so far and their total. Raises
    ManifestError with every error found, if the text does not become a mapping.
    """
    text, content = read_text(path)
    return _document(path, text, content, on_progress, kind)


def document_of(path: Path, text: str) -> Document:
    """The document that a text is, as if it stood in the file at `path`; nothing is read there.

    Raises ManifestError as `read_document` does.
    """
    check_conflict(text, str(path))
    content = text.encode("utf-8", "replace")  # what cannot be encoded is reported by the parser
    return _document(path, text, content, None, MANIFEST)


def _document(
    path: Path,
    text: str,
    content: bytes,
    on_progress: Callable[[int, int], None] | None,
    kind: Kind,
) -> Document:
    parsed = parse(text, as_json=is_json(path.name), on_progress=on_progress)
    positions = Positions(str(path), text)
    diagnostics = _diagnostics(parsed, positions)
    if not parsed.complete:
        raise ManifestError(diagnostics)
    if not isinstance(parsed.value, dict):
        raise ManifestError([*diagnostics, _not_a_mapping(parsed, positions, kind)])
    return Document(
        path=path,
        value=parsed.value,
        text=text,
        sha256=hashlib.sha256(content).hexdigest(),
        diagnostics=tuple(diagnostics),
        positions=positions,
    )


def load(text: str, *, path: str = "<text>", text_keys: frozenset[str] = frozenset()) -> Any:
    """The plain value of a YAML text (None for an empty one); raises ManifestError.

    `path` names the text in errors; where it ends in `.json`, the text is JSON. `text_keys` are
    keys that stay text although YAML reads them as something else, such as an unquoted `on`.
    """
    check_conflict(text, path)
    parsed = parse(text, text_keys, as_json=is_json(path))
    diagnostics = _diagnostics(parsed, Positions(path, text))
    if any(not diagnostic.warning for diagnostic in diagnostics):
        raise ManifestError(diagnostics)
    return parsed.value


def _not_a_mapping(parsed: Parsed, positions: Positions, kind: Kind) -> Diagnostic:
    if parsed.value is None:
        location = Location(path=positions.path)
        message = f"the {kind.name.partition(' ')[2]} is empty"
        return Diagnostic(message=message, hint=kind.start, location=location)
    found = "a list" if isinstance(parsed.value, list) else "a single value"
    message = f"{kind.name} is a mapping of keys to values, not {found}"
    return Diagnostic(message=message, hint=kind.start, location=positions.at(parsed.root or 0))


def _diagnostics(parsed: Parsed, positions: Positions) -> list[Diagnostic]:
    """The errors of a text, located, in file order."""
    errors = sorted(parsed.errors, key=lambda error: error.index)
    return [_diagnostic(error, positions) for error in errors]


def _diagnostic(error: TextError, positions: Positions) -> Diagnostic:
    message = error.message
    if error.first_key is not None:
        first = positions.at(positions.index(error.first_key, key=True))
        message += f" (first at line {first.line}, column {first.column})"
    location = positions.at(error.index)
    return Diagnostic(message=message, hint=error.hint, warning=error.warning, location=location)


# ---------------------------------------------------------------------------------- bytes and text


def read_text(path: Path) -> tuple[str, bytes]:
    """The text of a file (without a byte order mark) and its bytes; blocks on the disk only.

    Raises ManifestError for what `read_content` rejects, is not UTF-8, or has an open merge
    conflict.
    """
    content = read_content(path)
    try:
        text = content.decode("utf-8-sig")  # Windows editors write a byte order mark
    except UnicodeDecodeError as error:
        raise _encoding_error(path, error) from None
    check_conflict(text, str(path))
    return text, content


def read_content(path: Path) -> bytes:
    """The bytes of a file; blocks on the disk only.

    Raises ManifestError for what is missing, unreadable, not a regular file, larger than 1 GiB, or
    a Git LFS pointer.
    """
    try:
        _check_regular(path)  # before it is opened: opening a pipe would wait for a writer
        content = path.read_bytes()
    except FileNotFoundError:
        near = similar_name(path, lambda entry: entry.is_file())
        hint = unexpanded_hint(path) or (did_you_mean(path.name, near) if near else None)
        raise _file_error(path, "there is no such file", hint) from None
    except OSError as error:
        raise _file_error(path, f"the file cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise _file_error(path, "it is not a valid file name", locale_hint(path)) from None
    if pointer := pointer_kind(content):
        kind, hint = pointer
        raise _file_error(path, f"it is {kind}, not the file itself", hint)
    return content


def check_conflict(text: str, path: str) -> None:
    """Raise ManifestError at the first marker of a merge conflict in the text of a file."""
    error = find_conflict(text)
    if error is not None:
        raise ManifestError([_diagnostic(error, Positions(path, text))])


def _check_regular(path: Path) -> None:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise _file_error(path, "it is a directory, not a file", "name a file in it")
    if not stat.S_ISREG(status.st_mode):
        raise _file_error(path, "it is not a regular file", "write it to a file first")
    if status.st_size > MAX_BYTES:
        raise _file_error(path, f"it is larger than {MAX_BYTES >> 30} GiB")


def _file_error(path: Path, message: str, hint: str | None = None) -> ManifestError:
    location = Location(path=str(path))
    return ManifestError([Diagnostic(message=message, hint=hint, location=location)])


def _encoding_error(path: Path, error: UnicodeDecodeError) -> ManifestError:
    """The first byte that is not UTF-8, and the likely encoding of the file."""
    content = error.object  # without the byte order mark, from which `start` does not count
    before = content[: error.start].decode()
    is_table = path.suffix.lower() == ".csv"
    diagnostic = Diagnostic(
        message=describe_encoding_error(error, likely_encoding(content)),
        hint="save it as UTF-8 " + ('(in Excel: "CSV UTF-8")' if is_table else "in your editor"),
        # Without the line: the rest of it could not be shown.
        location=replace(Positions(str(path), before).at(len(before)), text=None),
    )
    return ManifestError([diagnostic])


def describe_encoding_error(error: UnicodeDecodeError, likely: str | None) -> str:
    """The message for a file that is not UTF-8, but `likely` in another encoding."""
    guess = f" (it seems to be {likely})" if likely else ""
    byte = error.object[error.start]
    return f"the file is not UTF-8{guess}: byte 0x{byte:02X} is not valid"


def likely_encoding(content: bytes) -> str | None:
    """The name of the encoding that `content`, which is not UTF-8, is probably in."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    # GB 2312 first: it leaves so many pairs of bytes unused that other text hardly ever fits.
    for name, codec in (("GBK", "gb2312"), ("Big5", "big5")):
        with suppress(UnicodeDecodeError):
            content.decode(codec)
            return name
    return None
