"""Finished files into their places: nothing is ever overwritten, and what is in place stays.

What stands in the way moves to the archive, under its digest. A link in the way is moved itself,
never what it points to. All functions block.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from runner.errors import OutputError
from runner.fs import flush, flush_folder
from runner.hashing import HashCache


@contextmanager
def unwritable(path: Path) -> Iterator[None]:
    """Tell an OSError of the block as an OutputError about `path`, with what to do."""
    try:
        yield
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, "see to it that it can be written, and run again")
        raise OutputError(f"{path}: {error.strerror or error}", hint=hint) from error


_HINTS = {
    errno.ENOSPC: "free some space and run again: what is paid for is fetched then",
    errno.EDQUOT: "free some of your quota and run again: what is paid for is fetched then",
    errno.ENAMETOOLONG: "give the job a shorter id",
}


def copy(source: Path, part: Path) -> None:
    """Copy a file's content to a new file, durably; raises FileExistsError if there is one."""
    with source.open("rb") as old, part.open("xb") as new:
        shutil.copyfileobj(old, new, 1024 * 1024)
        new.flush()
        flush(new.fileno())


_TRIES = 100
"""How often another process may put a file in our way before we give up."""


def place(part: Path, target: Path, sha256: str, archive: Path, hashes: HashCache) -> None:
    """Give `part`, whose digest is known, the name `target`, durably.

    A file at `target` with another content is first moved to `archive/<its sha256>.<ext>`; one
    with the same content stays, and `part` goes. Folders are made. Raises OutputError; then
    neither file is lost.
    """
    with unwritable(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(_TRIES):
            if hashes.sha256(target) == sha256:
                break
            _displace(target, archive, hashes)
            if _name(part, target):
                break
        else:
            raise OutputError(f"{target}: another program keeps putting files there")
        part.unlink(missing_ok=True)
        flush_folder(target.parent)


def shelve(source: Path, target: Path, sha256: str, archive: Path, hashes: HashCache) -> None:
    """See to it that the content `sha256` lies at `target`, copied from `source` or the archive.

    Raises OutputError, also when neither has it any more.
    """
    if hashes.sha256(target) == sha256:
        return
    found = find(source, sha256, archive, hashes)
    if found is None:
        raise OutputError(
            f"{source}: the file is gone or was changed", hint="fetch it again, or restore it"
        )
    part = target.with_name(f"{target.stem}.part-{secrets.token_hex(6)}")
    with unwritable(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            copy(found, part)
            place(part, target, sha256, archive, hashes)
        finally:
            part.unlink(missing_ok=True)


def find(target: Path, sha256: str, archive: Path, hashes: HashCache) -> Path | None:
    """The regular file with that content: `target`, or one in the archive; None if there is none.

    Every candidate's digest is compared.
    """
    if hashes.sha256(target) == sha256:
        return target
    # The whole archive is gone through for this, so only for what is not in its place.
    kept = sorted(archive.glob(f"{sha256}.*")) if archive.is_dir() else []
    return next((path for path in kept if hashes.sha256(path) == sha256), None)


def relative(path: Path, base: Path) -> str:
    """The path as it is written in a file of the folder `base`: relative, with `/`."""
    return Path(os.path.relpath(path, base)).as_posix()


def folder(root: Path, *names: str) -> Path:
    """The folder `root/names...`, made if absent.

    Below `root` no part of it may be a link: a manifest's own folder may hold links that lead
    its files anywhere. Raises OutputError.
    """
    path = root
    with unwritable(root):
        root.mkdir(parents=True, exist_ok=True)
        for name in names:
            path = path / name
            with suppress(FileExistsError):
                path.mkdir()
            if path.is_symlink() or not path.is_dir():
                raise OutputError(f"{path}: not a folder of its own, so nothing is written there")
    return path


def _name(part: Path, target: Path) -> bool:
    """Give `part` a second name; False when that name was taken meanwhile."""
    try:
        os.link(part, target)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _rename(part, target)
    return True


_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}


def _rename(part: Path, target: Path) -> bool:
    """The same where there are no hard links: take the name with an empty file, then replace it."""
    try:
        target.touch(exist_ok=False)
    except FileExistsError:
        return False
    part.replace(target)
    return True


def _displace(target: Path, archive: Path, hashes: HashCache) -> None:
    """Move whatever is at `target` into the archive; nothing to do when nothing is."""
    try:
        kind = target.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(kind) and not stat.S_ISLNK(kind):
        raise OutputError(f"{target}: not a file, so nothing is put in its place")
    archive.mkdir(parents=True, exist_ok=True)
    # Out of the way in one step: what is hashed below, nobody else can still replace.
    held = target.with_name(f".displaced-{secrets.token_hex(6)}{target.suffix}")
    try:
        target.rename(held)
    except FileNotFoundError:
        return
    try:
        _archive(held, archive, hashes)
    except OSError:
        with suppress(OSError):  # back, unless its place is taken; it is not lost either way
            if _name(held, target):
                held.unlink(missing_ok=True)
        raise


def _archive(held: Path, archive: Path, hashes: HashCache) -> None:
    """Name a displaced file by its digest; a link by that of the path it holds."""
    link = held.is_symlink()
    text = os.fsencode(held.readlink()) if link else b""
    sha256 = hashlib.sha256(text).hexdigest() if link else hashes.sha256(held)
    shelf = archive / f"{sha256}{'.link' if link else held.suffix or '.bin'}"
    if not link and not (sha256 and hashes.sha256(shelf) == sha256):
        _move(held, shelf)
    elif link and not shelf.is_symlink():
        shelf.symlink_to(os.fsdecode(text))
    held.unlink(missing_ok=True)
    flush_folder(archive)


def _move(held: Path, shelf: Path) -> None:
    """Put `held` on the shelf, across file systems too; a damaged file there makes room."""
    part = shelf.with_name(f"{shelf.stem}.part-{secrets.token_hex(6)}")
    try:
        os.link(held, part)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        copy(held, part)
    part.replace(shelf)
