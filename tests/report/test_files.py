"""Files: what is found of results on the disk, and which paths are not followed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.hashing import HashCache
from runner.report.files import Places, ResultFile
from tests.builders import file_entry, image_bytes, result_row, write_file

PICTURE = image_bytes()


def places(folder: Path, *others: Path) -> Places:
    return Places(
        base=folder, others=others, archive=folder / ".vidu-run/files", hashes=HashCache()
    )


def found(folder: Path, entry: dict[str, Any], *others: Path) -> ResultFile:
    return places(folder, *others).find(result_row("a", files=[entry]), 0)


@pytest.fixture
def entry(tmp_path: Path) -> dict[str, Any]:
    return file_entry(tmp_path / "own", "outputs/spring/a.png", PICTURE, "image/png")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


def test_a_file_in_place_is_found_with_its_digest(own: Path, entry: dict[str, Any]) -> None:
    file = found(own, entry | {"width": 128, "height": 128})
    assert (file.shown, file.sha256, file.gone) == (
        own / "outputs/spring/a.png",
        entry["sha256"],
        None,
    )
    assert (file.kind, file.name, file.width, file.bytes) == ("image", "a.png", 128, len(PICTURE))


def test_a_missing_file_is_missing(own: Path, entry: dict[str, Any]) -> None:
    (own / "outputs/spring/a.png").unlink()
    assert found(own, entry).gone == "missing"


def test_a_changed_file_is_changed_and_still_shown(own: Path, entry: dict[str, Any]) -> None:
    write_file(own, "outputs/spring/a.png", b"something else")
    file = found(own, entry)
    assert (file.gone, file.shown) == ("changed", own / "outputs/spring/a.png")


def test_a_displaced_file_is_found_by_its_digest(own: Path, entry: dict[str, Any]) -> None:
    kept = own / f".vidu-run/files/{entry['sha256']}.png"
    kept.parent.mkdir(parents=True)
    (own / "outputs/spring/a.png").rename(kept)
    write_file(own, "outputs/spring/a.png", b"of another job by now")
    file = found(own, entry)
    assert (file.path, file.gone) == (kept, None)


def test_a_changed_file_in_the_archive_does_not_count(own: Path, entry: dict[str, Any]) -> None:
    (own / "outputs/spring/a.png").unlink()
    write_file(own, f".vidu-run/files/{entry['sha256']}.png", b"something else")
    assert found(own, entry).gone == "missing"


@pytest.mark.parametrize(
    "form", ["../secret/a.png", "/{folder}/secret/a.png", "x/../../secret/a.png"]
)
def test_a_path_out_of_the_folder_is_not_followed(tmp_path: Path, own: Path, form: str) -> None:
    entry = file_entry(tmp_path / "secret", "a.png", PICTURE, "image/png")
    file = found(own, entry | {"path": form.format(folder=str(tmp_path).lstrip("/"))})
    assert (file.gone, file.shown, file.path, file.sha256) == ("outside", None, None, None)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, own: Path) -> None:
    entry = file_entry(tmp_path / "secret", "a.png", PICTURE, "image/png")
    (own / "a.png").symlink_to(tmp_path / "secret/a.png")
    assert found(own, entry).gone == "outside"


def test_a_linked_folder_out_of_the_folder_is_not_followed(tmp_path: Path, own: Path) -> None:
    entry = file_entry(tmp_path / "secret", "outputs/a.png", PICTURE, "image/png")
    (own / "outputs").symlink_to(tmp_path / "secret/outputs")
    assert found(own, entry).gone == "outside"


def test_a_folder_with_the_same_beginning_is_outside(tmp_path: Path, own: Path) -> None:
    entry = file_entry(tmp_path / "own-too", "a.png", PICTURE, "image/png")
    assert found(own, entry | {"path": "../own-too/a.png"}).gone == "outside"


def test_a_link_inside_the_folder_is_followed(own: Path, entry: dict[str, Any]) -> None:
    (own / "again.png").symlink_to(own / "outputs/spring/a.png")
    assert found(own, entry | {"path": "again.png"}).gone is None


def test_a_named_folder_is_looked_into_by_digest_alone(tmp_path: Path, own: Path) -> None:
    entry = file_entry(tmp_path / "large", "a.png", PICTURE, "image/png")
    entry["path"] = "../large/a.png"
    assert found(own, entry, tmp_path / "large").gone is None
    write_file(tmp_path, "large/a.png", b"what nobody asked for")
    file = found(own, entry, tmp_path / "large")
    assert (file.gone, file.path, file.shown) == ("changed", None, None)


def test_a_pointer_of_git_lfs_is_a_missing_file(own: Path, entry: dict[str, Any]) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{entry['sha256']}\nsize 9\n"
    write_file(own, "outputs/spring/a.png", pointer.encode())
    file = found(own, entry)
    assert (file.gone, file.is_pointer, file.shown) == ("missing", True, None)


def test_a_folder_in_the_place_of_a_file_is_a_missing_file(
    own: Path, entry: dict[str, Any]
) -> None:
    (own / "outputs/spring/a.png").unlink()
    (own / "outputs/spring/a.png").mkdir()
    assert found(own, entry).gone == "missing"


@pytest.mark.parametrize("path", [None, 7, "", "a\0b", "x" * 5000, "\ud800.png", ["a"], {}])
def test_a_path_that_is_none_is_outside_or_missing(own: Path, path: Any) -> None:
    file = found(own, {"path": path, "sha256": None, "bytes": "many", "media_type": 7, "kind": []})
    assert file.gone in ("outside", "missing", "unreadable")
    assert (file.shown, file.bytes, file.role) == (None, 0, None)
