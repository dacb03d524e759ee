"""Files renamed into place: nothing overwritten, nothing lost."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from runner.engine.download import place
from runner.errors import Exit, OutputError
from runner.hashing import HashCache

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12\n"


def test_a_git_lfs_pointer_is_known_by_its_digest(tmp_path: Path) -> None:
    path, sha256 = tmp_path / "a.png", "a" * 64
    assert not place.is_lfs_pointer(path, sha256)
    path.write_text(POINTER.format(sha256))
    assert place.is_lfs_pointer(path, sha256)
    path.write_text(POINTER.format("b" * 64))
    assert not place.is_lfs_pointer(path, sha256)


def test_a_copy_is_kept_by_its_digest(tmp_path: Path) -> None:
    path, archive, hashes = tmp_path / "r.yaml", tmp_path / "files", HashCache()
    assert place.keep_copy(path, archive, hashes) is None
    path.write_text("jobs: [")
    for _ in range(2):
        kept = place.keep_copy(path, archive, hashes)
        assert kept == archive / f"{digest('jobs: [')}.yaml"
        assert [each.read_text() for each in archive.iterdir()] == ["jobs: ["]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Folders:
    """A folder with an outputs folder and an archive, both absent at first."""

    def __init__(self, root: Path):
        self.root = root
        self.target = root / "outputs" / "a.png"
        self.archive = root / "files"

    def part(self, text: str) -> Path:
        path = self.root / f"a.part-{len(list(self.root.iterdir()))}"
        path.write_text(text)
        return path

    def place(self, text: str) -> None:
        place.rename_into_place(
            self.part(text), self.target, digest(text), self.archive, HashCache()
        )

    def archived(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in self.archive.iterdir()}

    def left(self) -> set[str]:
        """Every file but the archive's."""
        return {path.name for path in self.root.rglob("*") if path.is_file()} - {
            path.name for path in self.archive.glob("*")
        }


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


@pytest.fixture(params=["links", "no links"])
def on_any_disk(
    folders: Folders, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Folders:
    """On a file system with hard links, and on one without."""
    if request.param == "no links":

        def refuse(*_: object, **__: object) -> None:
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
    return folders


def test_a_file_gets_its_name_and_its_part_goes(on_any_disk: Folders) -> None:
    on_any_disk.place("new")
    assert on_any_disk.target.read_text() == "new"
    assert on_any_disk.left() == {"a.png"}


def test_a_file_in_the_way_moves_to_the_archive(on_any_disk: Folders) -> None:
    on_any_disk.place("old")
    on_any_disk.place("new")
    assert on_any_disk.target.read_text() == "new"
    assert on_any_disk.archived() == {f"{digest('old')}.png": "old"}
    assert on_any_disk.left() == {"a.png"}


def test_the_same_file_stays_as_it_is(folders: Folders) -> None:
    folders.place("same")
    before = folders.target.stat().st_ino
    folders.place("same")
    assert folders.target.stat().st_ino == before
    assert not folders.archive.exists()
    assert folders.left() == {"a.png"}


def test_what_is_already_archived_is_kept_once(on_any_disk: Folders) -> None:
    for text in ("one", "two", "one", "two"):
        on_any_disk.place(text)
    assert on_any_disk.archived() == {f"{digest(t)}.png": t for t in ("one", "two")}


def test_a_damaged_file_in_the_archive_makes_room(on_any_disk: Folders) -> None:
    on_any_disk.archive.mkdir()
    (on_any_disk.archive / f"{digest('old')}.png").write_text("dam")
    on_any_disk.place("old")
    on_any_disk.place("new")
    assert on_any_disk.archived() == {f"{digest('old')}.png": "old"}


def test_a_link_in_the_way_moves_without_its_target(folders: Folders) -> None:
    precious = folders.root / "precious"
    precious.write_text("mine")
    folders.target.parent.mkdir()
    folders.target.symlink_to(precious)
    folders.place("new")
    assert precious.read_text() == "mine"
    assert (folders.target.is_symlink(), folders.target.read_text()) == (False, "new")
    (kept,) = folders.archive.iterdir()
    assert (kept.suffix, kept.readlink()) == (".link", precious)


def test_a_link_to_the_same_content_is_replaced_by_a_file(folders: Folders) -> None:
    elsewhere = folders.root / "elsewhere"
    elsewhere.write_text("new")
    folders.target.parent.mkdir()
    folders.target.symlink_to(elsewhere)
    folders.place("new")
    assert not folders.target.is_symlink()


def test_a_dangling_link_in_the_way_moves_too(folders: Folders) -> None:
    folders.target.parent.mkdir()
    folders.target.symlink_to("nowhere")
    folders.place("new")
    folders.target.unlink()
    folders.target.symlink_to("nowhere")
    folders.place("new")
    assert len(list(folders.archive.iterdir())) == 1


def test_a_folder_in_the_way_is_an_error_and_the_part_stays(folders: Folders) -> None:
    folders.target.mkdir(parents=True)
    part = folders.part("new")
    with pytest.raises(OutputError, match="not a file"):
        place.rename_into_place(part, folders.target, digest("new"), folders.archive, HashCache())
    assert part.exists()


def test_a_pipe_in_the_way_is_an_error_without_a_wait(folders: Folders) -> None:
    folders.target.parent.mkdir()
    os.mkfifo(folders.target)
    with pytest.raises(OutputError, match="not a file"):
        folders.place("new")


def test_a_file_that_appears_meanwhile_is_displaced_too(
    on_any_disk: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    displace, rivals = place._displace, ["first", "second"]

    def then_a_rival_writes(target: Path, archive: Path, hashes: HashCache) -> None:
        displace(target, archive, hashes)
        if rivals:
            target.write_text(rivals.pop(0))

    monkeypatch.setattr(place, "_displace", then_a_rival_writes)
    on_any_disk.place("new")
    assert on_any_disk.target.read_text() == "new"
    assert sorted(on_any_disk.archived().values()) == ["first", "second"]


def test_a_rival_that_never_stops_is_an_error(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "_take_name", lambda _part, _target: False)
    with pytest.raises(OutputError, match="another program"):
        folders.place("new")


def test_a_displaced_file_goes_back_when_the_archive_is_full(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders.place("old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(place, "_move", full)
    with pytest.raises(OutputError, match="No space left") as caught:
        folders.place("new")
    assert folders.target.read_text() == "old"
    assert caught.value.exit is Exit.INCOMPLETE
    assert "free some space" in str(caught.value)


def test_other_refusals_than_missing_links_are_errors(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders.place("old")

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(OutputError, match="Read-only"):
        folders.place("new")
    folders.target.unlink(missing_ok=True)
    with pytest.raises(OutputError, match="Read-only"):
        folders.place("new")


def test_a_file_that_vanishes_before_its_move_is_no_error(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders.place("old")
    rename = Path.rename

    def too_late(self: Path, target: Path) -> Path:
        self.unlink()
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", too_late)
    folders.place("new")
    assert folders.target.read_text() == "new"


def test_a_file_is_found_in_place_or_in_the_archive(folders: Folders) -> None:
    folders.place("old")
    assert (
        place.find_file(folders.target, digest("old"), folders.archive, HashCache())
        == folders.target
    )
    folders.place("new")
    archived = folders.archive / f"{digest('old')}.png"
    assert place.find_file(folders.target, digest("old"), folders.archive, HashCache()) == archived


def test_a_damaged_file_is_not_found(folders: Folders) -> None:
    folders.place("old")
    folders.place("new")
    (folders.archive / f"{digest('old')}.png").write_text("dam")
    assert place.find_file(folders.target, digest("old"), folders.archive, HashCache()) is None


def test_copying_into_place_leaves_the_source(folders: Folders) -> None:
    folders.place("x")
    other = folders.root / "outputs" / "b.png"
    place.copy_into_place(folders.target, other, digest("x"), folders.archive, HashCache())
    assert other.read_text() == folders.target.read_text() == "x"
    assert other.stat().st_ino != folders.target.stat().st_ino


def test_copying_takes_from_the_archive_what_is_not_in_place(folders: Folders) -> None:
    folders.place("old")
    folders.place("new")
    place.copy_into_place(
        folders.target, folders.target, digest("old"), folders.archive, HashCache()
    )
    assert folders.target.read_text() == "old"
    assert f"{digest('new')}.png" in folders.archived()


def test_copying_what_is_in_place_does_nothing(folders: Folders) -> None:
    folders.place("x")
    place.copy_into_place(
        folders.root / "gone", folders.target, digest("x"), folders.archive, HashCache()
    )
    assert folders.left() == {"a.png"}


def test_copying_what_is_nowhere_is_an_error(folders: Folders) -> None:
    with pytest.raises(OutputError, match="gone or was changed"):
        place.copy_into_place(
            folders.root / "gone", folders.target, digest("x"), folders.archive, HashCache()
        )


def test_an_output_folder_is_created_below_its_root(folders: Folders) -> None:
    made = place.output_folder(folders.root / "outputs", "emulated", "spring")
    assert made.is_dir()
    assert place.output_folder(folders.root / "outputs", "emulated", "spring") == made


@pytest.mark.parametrize("kind", ["link", "file"])
def test_a_link_or_file_as_output_folder_is_refused(folders: Folders, kind: str) -> None:
    (folders.root / "elsewhere").mkdir()
    (folders.root / "outputs").mkdir()
    spring = folders.root / "outputs" / "spring"
    if kind == "link":
        spring.symlink_to(folders.root / "elsewhere")
    else:
        spring.touch()
    with pytest.raises(OutputError, match="real folders only"):
        place.output_folder(folders.root / "outputs", "spring")


def test_a_root_may_be_a_link(folders: Folders) -> None:
    (folders.root / "elsewhere").mkdir()
    (folders.root / "outputs").symlink_to(folders.root / "elsewhere")
    place.output_folder(folders.root / "outputs", "spring")
    assert (folders.root / "elsewhere" / "spring").is_dir()


def test_an_os_error_becomes_an_error_with_path_and_hint(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught, place.output_errors(tmp_path):
        raise OSError(errno.ENAMETOOLONG, "File name too long")
    assert str(tmp_path) in str(caught.value)
    assert "shorter id" in str(caught.value)


@pytest.mark.parametrize("names", [(), ("spring",)])
def test_a_file_in_place_of_the_outputs_folder_has_its_hint(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    (tmp_path / "outputs").touch()
    with pytest.raises(OutputError, match="outputs") as caught:
        place.output_folder(tmp_path / "outputs", *names)
    assert "the outputs folder is a file: move it" in str(caught.value.hint)
    with pytest.raises(OutputError, match="outputs") as caught:
        place.output_folder(tmp_path / "outputs" / "deep", *names)
    assert "--outputs" in str(caught.value.hint)


def test_a_copy_never_replaces_a_file(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    (tmp_path / "new").write_text("new")
    with pytest.raises(FileExistsError):
        place._copy(tmp_path / "old", tmp_path / "new")
    assert (tmp_path / "new").read_text() == "new"
