"""File names: writes them relative to a folder, and finds what a wrong one may have meant."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from runner.errors import nearest


def relative(path: Path, base: Path) -> str:
    """The path as it is written in a file of the folder `base`: relative, with `/`."""
    return Path(os.path.relpath(path, base)).as_posix()


def located(path: str, base: Path) -> Path:
    """The path that `relative` has written so; `base` need not exist yet, and may be a link."""
    # By the text, as it was made: the system would look for `..` in the folder that a link names.
    return Path(os.path.normpath(base / path))


def locale_hint(name: str | Path) -> str | None:
    """What to do about a file name that the locale cannot express; None if it can."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        encoding = sys.getfilesystemencoding()
        return f"file names are in {encoding} in this locale: set LC_ALL=C.UTF-8 and run again"
    return None


_MAX_NAMES = 300
"""Names that are compared with a missing one: comparing is slow."""


def similar_name(
    path: Path, accepts: Callable[[os.DirEntry[str]], object] = lambda _entry: True
) -> str | None:
    """The name in the folder of `path` that is most like its own, of those that `accepts` takes.

    Names are compared without their suffix, of the same with the same suffix first: all names of
    a folder may end in `.png`, which makes none of them alike.
    """
    try:
        with os.scandir(path.parent) as entries:
            names = [entry.name for entry in islice(filter(accepts, entries), _MAX_NAMES)]
    except (OSError, ValueError):
        return None
    wanted = Path(path.name.strip())
    # Those with the same suffix last, for the last of several names with one stem is kept.
    names.sort(key=lambda name: Path(name).suffix == wanted.suffix)
    by_stem = {Path(name).stem: name for name in names}
    stem = nearest(wanted.stem, list(by_stem))
    return None if stem is None else by_stem[stem]


def other_spellings(path: Path) -> list[Path]:
    """The paths whose names differ from those of the missing `path` in Unicode's form only, sorted.

    macOS and some archives decompose accents (NFD), keyboards compose them (NFC). Empty for plain
    names, and where nothing is alike.
    """
    if str(path).isascii():
        return []
    found = [Path(path.anchor)]
    for part in path.parts[1 if path.anchor else 0 :]:
        found = [each for parent in found for each in _spelled(parent, part)]
    return sorted(found)


def _spelled(folder: Path, name: str) -> list[Path]:
    """The entries of a folder with that name in any form; the very name where it exists."""
    if name.isascii() or os.path.lexists(folder / name):
        return [folder / name] if os.path.lexists(folder / name) else []
    wanted = _composed(name)
    try:
        return [each for each in folder.iterdir() if _composed(each.name) == wanted]
    except OSError:
        return []


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def unexpanded(path: Path) -> str | None:
    """The part of `path` that only a shell expands, such as `~` or `$HOME`; None without one.

    A name may also start with a tilde (`~lock`): here it is that of a user.
    """
    first = path.parts[0] if path.parts else ""
    if os.path.expanduser(first) != first:  # noqa: PTH111 - pathlib's raises for what is no user
        return first
    return next((part for part in path.parts if _VARIABLE.fullmatch(part)), None)


_VARIABLE = re.compile(r"\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*\})", re.ASCII)


def unexpanded_hint(path: Path) -> str | None:
    """What to write instead of a missing file's path, where a part of it is not expanded."""
    part = next(filter(None, (unexpanded(Path(part)) for part in path.parts)), None)
    return None if part is None else f'"{part}" is not expanded: write the whole path'
