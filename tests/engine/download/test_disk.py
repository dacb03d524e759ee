"""The disk's refusals, told or borne."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from runner.engine.download import place


def refusing(code: int) -> Callable[..., NoReturn]:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise OSError(code, os.strerror(code))

    return refuse


def test_a_copy_never_takes_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    (tmp_path / "new").write_text("new")
    with pytest.raises(FileExistsError):
        place.copy(tmp_path / "old", tmp_path / "new")
    assert (tmp_path / "new").read_text() == "new"


def test_a_file_system_that_cannot_flush_a_folder_is_borne(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "flush", refusing(errno.EINVAL))
    place.flush_folder(tmp_path)


def test_a_folder_that_fails_to_be_flushed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "flush", refusing(errno.EIO))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        place.flush_folder(tmp_path)
