"""Files in their places: nothing overwritten, nothing lost."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from runner.engine.download import place
from runner.engine.download import place as files
from runner.errors import Exit, OutputError
from runner.hashing import HashCache


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Desk:
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
        files.place(self.part(text), self.target, digest(text), self.archive, HashCache())

    def archived(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in self.archive.iterdir()}

    def left(self) -> set[str]:
        """Every file but the archive's."""
        return {path.name for path in self.root.rglob("*") if path.is_file()} - {
            path.name for path in self.archive.glob("*")
        }


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(params=["links", "no links"])
def any_desk(desk: Desk, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """On a file system with hard links, and on one without."""
    if request.param == "no links":

        def refuse(*_: object, **__: object) -> None:
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
    return desk


def test_a_file_gets_its_name_and_its_part_goes(any_desk: Desk) -> None:
    any_desk.place("new")
    assert any_desk.target.read_text() == "new"
    assert any_desk.left() == {"a.png"}


def test_another_file_in_the_way_moves_to_the_archive_under_its_digest(any_desk: Desk) -> None:
    any_desk.place("old")
    any_desk.place("new")
    assert any_desk.target.read_text() == "new"
    assert any_desk.archived() == {f"{digest('old')}.png": "old"}
    assert any_desk.left() == {"a.png"}


def test_the_same_file_stays_as_it_is(desk: Desk) -> None:
    desk.place("same")
    before = desk.target.stat().st_ino
    desk.place("same")
    assert desk.target.stat().st_ino == before
    assert not desk.archive.exists()
    assert desk.left() == {"a.png"}


def test_what_is_already_archived_is_kept_once(any_desk: Desk) -> None:
    for text in ("one", "two", "one", "two"):
        any_desk.place(text)
    assert any_desk.archived() == {f"{digest(t)}.png": t for t in ("one", "two")}


def test_a_damaged_file_in_the_archive_makes_room(any_desk: Desk) -> None:
    any_desk.archive.mkdir()
    (any_desk.archive / f"{digest('old')}.png").write_text("dam")
    any_desk.place("old")
    any_desk.place("new")
    assert any_desk.archived() == {f"{digest('old')}.png": "old"}


def test_a_link_in_the_way_is_moved_itself_and_its_goal_left_alone(desk: Desk) -> None:
    precious = desk.root / "precious"
    precious.write_text("mine")
    desk.target.parent.mkdir()
    desk.target.symlink_to(precious)
    desk.place("new")
    assert precious.read_text() == "mine"
    assert (desk.target.is_symlink(), desk.target.read_text()) == (False, "new")
    (kept,) = desk.archive.iterdir()
    assert (kept.suffix, kept.readlink()) == (".link", precious)


def test_a_link_to_the_very_content_is_no_file_of_ours(desk: Desk) -> None:
    elsewhere = desk.root / "elsewhere"
    elsewhere.write_text("new")
    desk.target.parent.mkdir()
    desk.target.symlink_to(elsewhere)
    desk.place("new")
    assert not desk.target.is_symlink()


def test_a_dangling_link_in_the_way_is_moved_too(desk: Desk) -> None:
    desk.target.parent.mkdir()
    desk.target.symlink_to("nowhere")
    desk.place("new")
    desk.target.unlink()
    desk.target.symlink_to("nowhere")
    desk.place("new")
    assert len(list(desk.archive.iterdir())) == 1


def test_a_folder_in_the_way_is_an_error_and_the_part_stays(desk: Desk) -> None:
    desk.target.mkdir(parents=True)
    part = desk.part("new")
    with pytest.raises(OutputError, match="not a file"):
        files.place(part, desk.target, digest("new"), desk.archive, HashCache())
    assert part.exists()


def test_a_pipe_in_the_way_is_an_error_and_nothing_waits_for_it(desk: Desk) -> None:
    desk.target.parent.mkdir()
    os.mkfifo(desk.target)
    with pytest.raises(OutputError, match="not a file"):
        desk.place("new")


def test_a_file_that_appears_meanwhile_is_displaced_as_well(
    any_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    displace, rivals = files._displace, ["first", "second"]

    def then_a_rival_writes(target: Path, archive: Path, hashes: HashCache) -> None:
        displace(target, archive, hashes)
        if rivals:
            target.write_text(rivals.pop(0))

    monkeypatch.setattr(files, "_displace", then_a_rival_writes)
    any_desk.place("new")
    assert any_desk.target.read_text() == "new"
    assert sorted(any_desk.archived().values()) == ["first", "second"]


def test_a_rival_without_end_is_an_error(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_name", lambda _part, _target: False)
    with pytest.raises(OutputError, match="another program"):
        desk.place("new")


def test_a_displaced_file_goes_back_when_the_archive_cannot_take_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.place("old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "_move", full)
    with pytest.raises(OutputError, match="No space left") as caught:
        desk.place("new")
    assert desk.target.read_text() == "old"
    assert caught.value.exit is Exit.INCOMPLETE
    assert "free some space" in str(caught.value)


def test_a_refusal_that_is_no_lack_of_links_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.place("old")

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(OutputError, match="Read-only"):
        desk.place("new")
    desk.target.unlink(missing_ok=True)
    with pytest.raises(OutputError, match="Read-only"):
        desk.place("new")


def test_a_file_that_vanishes_before_it_is_displaced_is_no_matter(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.place("old")
    rename = Path.rename

    def too_late(self: Path, target: Path) -> Path:
        self.unlink()
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", too_late)
    desk.place("new")
    assert desk.target.read_text() == "new"


def test_a_file_is_found_in_its_place_or_in_the_archive(desk: Desk) -> None:
    desk.place("old")
    assert files.find(desk.target, digest("old"), desk.archive, HashCache()) == desk.target
    desk.place("new")
    shelf = desk.archive / f"{digest('old')}.png"
    assert files.find(desk.target, digest("old"), desk.archive, HashCache()) == shelf


def test_a_damaged_file_is_not_found(desk: Desk) -> None:
    desk.place("old")
    desk.place("new")
    (desk.archive / f"{digest('old')}.png").write_text("dam")
    assert files.find(desk.target, digest("old"), desk.archive, HashCache()) is None


def test_shelving_copies_a_file_and_leaves_the_first(desk: Desk) -> None:
    desk.place("x")
    other = desk.root / "outputs" / "b.png"
    files.shelve(desk.target, other, digest("x"), desk.archive, HashCache())
    assert other.read_text() == desk.target.read_text() == "x"
    assert other.stat().st_ino != desk.target.stat().st_ino


def test_shelving_takes_from_the_archive_what_is_not_in_its_place(desk: Desk) -> None:
    desk.place("old")
    desk.place("new")
    files.shelve(desk.target, desk.target, digest("old"), desk.archive, HashCache())
    assert desk.target.read_text() == "old"
    assert f"{digest('new')}.png" in desk.archived()


def test_shelving_what_is_there_already_does_nothing(desk: Desk) -> None:
    desk.place("x")
    files.shelve(desk.root / "gone", desk.target, digest("x"), desk.archive, HashCache())
    assert desk.left() == {"a.png"}


def test_shelving_what_is_nowhere_is_an_error(desk: Desk) -> None:
    with pytest.raises(OutputError, match="gone or was changed"):
        files.shelve(desk.root / "gone", desk.target, digest("x"), desk.archive, HashCache())


def test_an_output_folder_is_made_below_its_root(desk: Desk) -> None:
    made = files.folder(desk.root / "outputs", "emulated", "spring")
    assert made.is_dir()
    assert files.folder(desk.root / "outputs", "emulated", "spring") == made


@pytest.mark.parametrize("kind", ["link", "file"])
def test_an_output_folder_that_is_none_is_refused(desk: Desk, kind: str) -> None:
    (desk.root / "elsewhere").mkdir()
    (desk.root / "outputs").mkdir()
    spring = desk.root / "outputs" / "spring"
    if kind == "link":
        spring.symlink_to(desk.root / "elsewhere")
    else:
        spring.touch()
    with pytest.raises(OutputError, match="not a folder of its own"):
        files.folder(desk.root / "outputs", "spring")


def test_a_root_that_is_a_link_is_the_users_own_choice(desk: Desk) -> None:
    (desk.root / "elsewhere").mkdir()
    (desk.root / "outputs").symlink_to(desk.root / "elsewhere")
    files.folder(desk.root / "outputs", "spring")
    assert (desk.root / "elsewhere" / "spring").is_dir()


def test_an_os_error_says_where_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught, place.unwritable(tmp_path):
        raise OSError(errno.ENAMETOOLONG, "File name too long")
    assert str(tmp_path) in str(caught.value)
    assert "shorter id" in str(caught.value)
