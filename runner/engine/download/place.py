"""Placing files: renames finished downloads into place, without ever overwriting a file.

A file in the way moves to the archive, named by its digest. A link in the way is moved itself,
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
from runner.lfs import is_lfs_head

_MAX_TRIES = 100
"""How often another process may put a file in the way."""
_MAX_POINTER_BYTES = 1024
"""By its specification a pointer is shorter."""
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}
_NO_FOLDER = "the outputs folder is a file: move it, or name another folder with --outputs"
_HINTS = {
    errno.EEXIST: _NO_FOLDER,
    errno.ENOTDIR: _NO_FOLDER,
    errno.ENOSPC: "free some space and run again: what is paid for is fetched then",
    errno.EDQUOT: "free some of your quota and run again: what is paid for is fetched then",
    errno.EMFILE: "allow more open files (`ulimit -n`), then run again",
    errno.ENAMETOOLONG: "give the job a shorter id",
}


@contextmanager
def output_errors(path: Path, hint: str = "make it writable, then run again") -> Iterator[None]:
    """Turn an OSError of the block into an OutputError about `path`, with what to do."""
    try:
        yield
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, hint)
        raise OutputError(f"{path}: {error.strerror or error}", hint=hint) from error


def rename_into_place(
    part: Path, target: Path, sha256: str, archive: Path, hashes: HashCache
) -> None:
    """Give `part`, whose digest is known, the name `target`, durably.

    A file at `target` with other content is first moved to `archive/<its sha256>.<ext>`; one with
    the same content stays, and `part` is removed. Creates folders. Raises OutputError; then
    neither file is lost.
    """
    with output_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(_MAX_TRIES):
            if hashes.sha256(target) == sha256:  # an earlier run has put it there
                break
            _displace(target, archive, hashes)
            if _take_name(part, target):
                break
        else:
            raise OutputError(f"{target}: another program keeps putting files there")
        part.unlink(missing_ok=True)  # the content has its other name by now
        flush_folder(target.parent)


def copy_into_place(
    source: Path, target: Path, sha256: str, archive: Path, hashes: HashCache
) -> None:
    """Make `target` a file with the digest `sha256`, copied from `source` or the archive.

    Raises OutputError, also when neither has that content any more.
    """
    if hashes.sha256(target) == sha256:
        return
    found = find_file(source, sha256, archive, hashes)
    if found is None:
        hint = "fetch it again, or restore it"
        raise OutputError(f"{source}: the file is gone or was changed", hint=hint)
    part = target.with_name(f"{target.stem}.part-{secrets.token_hex(6)}")
    with output_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            _copy(found, part)
            rename_into_place(part, target, sha256, archive, hashes)
        finally:
            part.unlink(missing_ok=True)


def find_file(path: Path, sha256: str, archive: Path, hashes: HashCache) -> Path | None:
    """The regular file with that digest: `path`, or one in the archive; None where neither is.

    Compares the digest of every candidate.
    """
    if hashes.sha256(path) == sha256:
        return path
    # Listing the whole archive is slow, so it is done only for what is not in place.
    archived = sorted(archive.glob(f"{sha256}.*")) if archive.is_dir() else []
    return next((each for each in archived if hashes.sha256(each) == sha256), None)


def is_lfs_pointer(path: Path, sha256: str) -> bool:
    """Whether `path` is the Git LFS pointer to a file with that digest."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_POINTER_BYTES)
    except (OSError, UnicodeEncodeError):  # the latter: the locale has no such name
        return False
    oid = f"\noid sha256:{sha256}".encode()
    return is_lfs_head(content) and oid in content


def keep_copy(path: Path, archive: Path, hashes: HashCache) -> Path | None:
    """Copy a regular file into the archive, named by its digest; None where there is no file.

    Raises OutputError.
    """
    with output_errors(path):
        sha256 = hashes.sha256(path)
        if sha256 is None:
            return None
        kept = archive / f"{sha256}{path.suffix or '.bin'}"
        if hashes.sha256(kept) != sha256:
            archive.mkdir(parents=True, exist_ok=True)
            part = archive / f"{sha256}.part-{secrets.token_hex(6)}"
            _copy(path, part)
            part.replace(kept)
    return kept


def output_folder(root: Path, *names: str) -> Path:
    """Create the folder `root/names...` where it is missing, and return it.

    Below `root` no part of it may be a link: a manifest's own folder may contain links that lead
    its files anywhere. Raises OutputError.
    """
    path = root
    with output_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        for name in names:
            path = path / name
            with suppress(FileExistsError):
                path.mkdir()
            if path.is_symlink() or not path.is_dir():
                raise OutputError(f"{path}: is a link or a file; results go to real folders only")
    return path


def _copy(source: Path, part: Path) -> None:
    """Copy a file to a new one, durably; raises FileExistsError where `part` exists."""
    with source.open("rb") as old, part.open("xb") as new:
        shutil.copyfileobj(old, new, 1024 * 1024)
        new.flush()
        flush(new.fileno())


def _take_name(part: Path, target: Path) -> bool:
    """Give `part` the name `target` as well; False if another file has that name by now."""
    try:
        os.link(part, target)  # unlike a rename, never overwrites
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        try:
            target.touch(exist_ok=False)  # the empty file claims the name
        except FileExistsError:
            return False
        part.replace(target)
    return True


def _displace(target: Path, archive: Path, hashes: HashCache) -> None:
    """Move the file or link at `target`, if there is one, into the archive."""
    try:
        kind = target.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(kind) and not stat.S_ISLNK(kind):
        raise OutputError(f"{target}: not a file, so it is not replaced")
    archive.mkdir(parents=True, exist_ok=True)
    # Out of the way in one step: nobody can replace the file between its hashing and its move.
    held = target.with_name(f".displaced-{secrets.token_hex(6)}{target.suffix}")
    try:
        target.rename(held)
    except FileNotFoundError:
        return
    try:
        _archive(held, archive, hashes)
    except OSError:
        with suppress(OSError):  # back, unless its name is taken; it is not lost either way
            if _take_name(held, target):
                held.unlink(missing_ok=True)
        raise


def _archive(held: Path, archive: Path, hashes: HashCache) -> None:
    """Name a displaced file by its digest; a link by that of the path it holds."""
    is_link = held.is_symlink()
    link = os.fsencode(held.readlink()) if is_link else b""
    sha256 = hashlib.sha256(link).hexdigest() if is_link else hashes.sha256(held)
    archived = archive / f"{sha256}{'.link' if is_link else held.suffix or '.bin'}"
    if not is_link and not (sha256 and hashes.sha256(archived) == sha256):
        _move(held, archived)
    elif is_link and not archived.is_symlink():
        archived.symlink_to(os.fsdecode(link))
    held.unlink(missing_ok=True)
    flush_folder(archive)


def _move(held: Path, archived: Path) -> None:
    """Move a file into the archive, also across file systems, over a damaged copy there."""
    part = archived.with_name(f"{archived.stem}.part-{secrets.token_hex(6)}")
    try:
        os.link(held, part)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _copy(held, part)
    part.replace(archived)
