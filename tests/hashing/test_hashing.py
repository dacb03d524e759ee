"""Digests of files, and when a file is not read for its digest."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from runner.hashing import WORTH_BYTES, CachedHash, StatKey, backed_by, digest_of

WHOLE = b"x" * WORTH_BYTES


class Kept(dict[tuple[Path, StatKey], CachedHash]):
    """A store that is a mapping."""

    def find(self, path: Path, marks: StatKey) -> CachedHash | None:
        return self.get((path, marks))

    def keep(self, path: Path, marks: StatKey, known: CachedHash) -> None:
        self[path, marks] = known


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def refusing(code: int) -> Callable[..., NoReturn]:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise OSError(code, os.strerror(code))

    return refuse


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How much was read, piece by piece."""
    pieces: list[int] = []
    readv = os.readv

    def counting(descriptor: int, buffers: list[bytearray]) -> int:
        pieces.append(readv(descriptor, buffers))
        return pieces[-1]

    monkeypatch.setattr(os, "readv", counting)
    return pieces


@pytest.mark.parametrize("size", [0, 1, WORTH_BYTES - 1, WORTH_BYTES, 256 * 1024, 1024 * 1024 + 1])
def test_a_digest_is_that_of_the_whole_file(tmp_path: Path, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    path = tmp_path / "a"
    path.write_bytes(content[:size])
    assert digest_of(path) == digest(content[:size])


def test_a_file_that_may_not_be_read_is_no_file_without_a_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "open", refusing(errno.EACCES))
    with pytest.raises(PermissionError):
        digest_of(tmp_path / "x")


def test_a_socket_has_no_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "open", refusing(errno.ENXIO))
    assert digest_of(tmp_path / "x") is None


@pytest.mark.usefixtures("later")
def test_a_file_that_has_not_changed_for_a_while_is_read_once(
    tmp_path: Path, read: list[int]
) -> None:
    path = tmp_path / "a"
    path.write_bytes(WHOLE)
    assert digest_of(path) == digest(WHOLE)
    read.clear()
    assert digest_of(path) == digest(WHOLE)
    assert not read


def test_a_file_that_was_just_written_is_read_again(tmp_path: Path, read: list[int]) -> None:
    path = tmp_path / "a"
    path.write_bytes(WHOLE)
    os.utime(path, (1, 1))
    store = Kept()
    with backed_by(store):
        for _ in range(2):
            digest_of(path)
    assert sum(read) == 2 * len(WHOLE)
    assert not store


@pytest.mark.usefixtures("later")
def test_a_small_file_is_read_each_time(tmp_path: Path, read: list[int]) -> None:
    path = tmp_path / "a"
    path.write_bytes(WHOLE[1:])
    store = Kept()
    with backed_by(store):
        for _ in range(2):
            digest_of(path)
    assert sum(read) == 2 * len(WHOLE[1:])
    assert not store


def test_a_change_of_the_same_size_and_time_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for content in (WHOLE, WHOLE[::-1].replace(b"x", b"y")):
        path.write_bytes(content)
        os.utime(path, (1, 1))
        assert digest_of(path) == digest(content)


@pytest.mark.usefixtures("later")
def test_what_a_store_knows_is_not_read(tmp_path: Path, read: list[int]) -> None:
    path = tmp_path / "a"
    path.write_bytes(WHOLE)
    known = CachedHash("5" * 64)
    with backed_by(Kept({(path, StatKey.of(path.stat())): known})):
        assert digest_of(path) == known.sha256
    assert not read


@pytest.mark.usefixtures("later")
def test_a_copy_is_read_though_its_original_is_known(tmp_path: Path, read: list[int]) -> None:
    path, copied = tmp_path / "a", tmp_path / "b"
    path.write_bytes(WHOLE)
    with backed_by(Kept()):
        digest_of(path)
        shutil.copy2(path, copied)
        read.clear()
        assert digest_of(copied) == digest(WHOLE)
    assert sum(read) == len(WHOLE)


@pytest.mark.usefixtures("later")
def test_a_file_that_is_written_while_it_is_read_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, readv = tmp_path / "a", os.readv
    path.write_bytes(WHOLE)
    os.utime(path, (1, 1))

    def disturbed(*arguments: Any) -> int:
        path.write_bytes(WHOLE + b"more")
        return readv(*arguments)

    monkeypatch.setattr(os, "readv", disturbed)
    store = Kept()
    with backed_by(store):
        digest_of(path)
    assert not store


@pytest.mark.usefixtures("later")
def test_a_store_is_asked_within_its_block_only(tmp_path: Path) -> None:
    store = Kept()
    with backed_by(store):
        pass
    (tmp_path / "a").write_bytes(WHOLE)
    digest_of(tmp_path / "a")
    assert not store
