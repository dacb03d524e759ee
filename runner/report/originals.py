"""Originals: names the files that a copy of a gallery contains, and puts them there."""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from runner.errors import UsageError
from runner.report.files import ResultFile
from runner.report.folder import THUMBS, inside

_ORIGINALS = "files"
"""Where originals go that have no folder of their own."""


def url_of(path: str) -> str:
    """A relative path as a URL: every part of it percent-encoded."""
    return "/".join(quote(os.fsencode(part), safe="") for part in path.split("/"))


@dataclass(slots=True, kw_only=True)
class Originals:
    """The originals of a copy."""

    by_name: dict[str, ResultFile] = field(default_factory=dict)
    """By their names in the copy."""

    def name(self, file: ResultFile) -> str | None:
        """The name of a file in the copy: as in the results, without ways out of the folder."""
        if file.path is None or file.sha256 is None:
            return None
        parts = [part for part in PurePosixPath(file.written).parts if part not in ("..", "/")]
        if len(parts) < 2 or parts[0] == THUMBS:
            parts = [_ORIGINALS, *parts]
        name = "/".join(parts)
        if self.by_name.setdefault(name, file).sha256 != file.sha256:  # another one of that name
            stem, dot, suffix = name.rpartition(".")
            name = f"{stem}~{file.sha256[:8]}{dot}{suffix}"
            self.by_name.setdefault(name, file)
        return name


def put(source: Path, folder: Path, name: str) -> None:
    """Have the file, or a copy of it, in the folder under that name. Raises OSError."""
    target = inside(folder, name)
    if target is None:
        hint = "remove the link, or name another folder with --copy"
        raise UsageError(f"{folder / name}: a link leads out of the folder", hint=hint)
    target.parent.mkdir(parents=True, exist_ok=True)
    if _is_same_file(source, target):
        return
    part = target.with_name(f".{secrets.token_hex(6)}.part")
    try:
        try:
            os.link(source, part)
        except OSError:  # another file system, or one without links
            shutil.copy2(source, part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _is_same_file(source: Path, target: Path) -> bool:
    try:
        there = target.lstat()
    except FileNotFoundError:
        return False
    here = source.stat()
    is_copy = (there.st_size, there.st_mtime_ns) == (here.st_size, here.st_mtime_ns)
    return os.path.samestat(there, here) or is_copy
