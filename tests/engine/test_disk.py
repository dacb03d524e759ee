"""The disk's refusals, told or borne."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from runner.engine import disk


def refusing(code: int) -> Callable[..., NoReturn]:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise OSError(code, os.strerror(code))

    return refuse


def test_a_file_that_may_not_be_read_is_no_file_without_a_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "open", refusing(errno.EACCES))
    with pytest.raises(PermissionError):
        disk.digest_of(tmp_path / "x")


def test_a_socket_has_no_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "open", refusing(errno.ENXIO))
    assert disk.digest_of(tmp_path / "x") is None


def test_a_copy_never_takes_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    (tmp_path / "new").write_text("new")
    with pytest.raises(FileExistsError):
        disk.copy(tmp_path / "old", tmp_path / "new")
    assert (tmp_path / "new").read_text() == "new"


def test_a_file_system_that_cannot_flush_a_folder_is_borne(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "flush", refusing(errno.EINVAL))
    disk.flush_folder(tmp_path)


def test_a_folder_that_fails_to_be_flushed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "flush", refusing(errno.EIO))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        disk.flush_folder(tmp_path)


def test_a_file_that_has_not_changed_for_a_while_is_read_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, read, pieces = Path(os.__file__), os.read, []

    def counting(descriptor: int, size: int) -> bytes:
        pieces.append(size)
        return read(descriptor, size)

    monkeypatch.setattr(os, "read", counting)
    first = disk.digest_of(path)
    pieces.clear()
    assert disk.digest_of(path) == first == hashlib.sha256(path.read_bytes()).hexdigest()
    assert not pieces


def test_a_change_of_the_same_size_and_time_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    os.utime(path, (1, 1))
    assert disk.digest_of(path) == hashlib.sha256(b"one").hexdigest()
    path.write_bytes(b"two")
    os.utime(path, (1, 1))
    assert disk.digest_of(path) == hashlib.sha256(b"two").hexdigest()


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024 - 1, 1024 * 1024, 3 * 1024 * 1024 + 1])
def test_a_digest_is_that_of_the_whole_file(tmp_path: Path, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    path = tmp_path / "a"
    path.write_bytes(content[:size])
    assert disk.digest_of(path) == hashlib.sha256(content[:size]).hexdigest()
