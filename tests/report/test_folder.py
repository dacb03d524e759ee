"""Folder: a gallery takes no folder that is somebody else's, and removes nothing of others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.report.folder import MARKER, claim, inside

RESULTS = "spring.results.yaml"


def test_a_new_or_empty_folder_is_taken(tmp_path: Path) -> None:
    assert claim(tmp_path / "new", "copy", RESULTS, flag="--copy").path == tmp_path / "new"
    assert claim(tmp_path, "copy", RESULTS, flag="--copy").path == tmp_path


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("my own page")
    with pytest.raises(UsageError, match="has other files") as error:
        claim(tmp_path, "copy", RESULTS, flag="--copy")
    assert error.value.hint == "name another folder with --copy, or move this one away"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="not a folder"):
        claim(tmp_path / "file", "copy", RESULTS, flag="--copy")


def test_a_folder_that_was_marked_is_taken_again(tmp_path: Path) -> None:
    claim(tmp_path, "copy", RESULTS, flag="--copy").prepare()
    assert claim(tmp_path, "copy", RESULTS, flag="--copy").copied == frozenset()


@pytest.mark.parametrize(("form", "results"), [("folder", RESULTS), ("copy", "x.results.yaml")])
def test_the_folder_of_another_gallery_is_refused(tmp_path: Path, form: str, results: str) -> None:
    claim(tmp_path, "copy", RESULTS, flag="--copy").prepare()
    with pytest.raises(UsageError, match=f"has a copy of the gallery of {RESULTS}"):
        claim(tmp_path, "folder" if form == "folder" else "copy", results, flag="--copy")


@pytest.mark.parametrize("marker", [b"", b"{", b"[]", b'{"version": 9}'])
def test_a_marker_that_is_none_marks_nothing(tmp_path: Path, marker: bytes) -> None:
    (tmp_path / MARKER).write_bytes(marker)
    with pytest.raises(UsageError, match="has other files"):
        claim(tmp_path, "copy", RESULTS, flag="--copy")


def test_originals_of_earlier_copies_are_removed_with_their_folder(tmp_path: Path) -> None:
    folder = claim(tmp_path, "copy", RESULTS, flag="--copy")
    folder.prepare()
    for name in ("outputs/old/a.png", "outputs/new/b.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(b"")
    folder.finish(["outputs/old/a.png", "outputs/new/b.png"])
    claim(tmp_path, "copy", RESULTS, flag="--copy").finish(["outputs/new/b.png"])
    assert [path.name for path in (tmp_path / "outputs").iterdir()] == ["new"]


def test_a_marker_removes_nothing_outside_of_the_folder(tmp_path: Path) -> None:
    secret, copy = tmp_path / "secret", tmp_path / "copy"
    for folder in (secret, copy):
        folder.mkdir()
    (secret / "a.png").write_bytes(b"")
    (copy / "link").symlink_to(secret)
    names = ["../secret/a.png", str(secret / "a.png"), "link/a.png", "", ".", "a\0b"]
    marker = {"version": 1, "results": RESULTS, "form": "copy", "files": names}
    (copy / MARKER).write_text(json.dumps(marker))
    claim(copy, "copy", RESULTS, flag="--copy").finish([])
    assert (secret / "a.png").exists()


def test_a_name_through_a_link_is_not_inside(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/")
    assert inside(tmp_path, "link/etc/hosts") is None
    assert inside(tmp_path, "plain/a.png") == tmp_path / "plain/a.png"
