"""File names: other spellings of a missing one, and what only a shell expands."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.file_names import located, other_spellings, relative, unexpanded

NFC, NFD = "caf\u00e9", "cafe\u0301"


@pytest.mark.parametrize(("written", "stored"), [(NFC, NFD), (NFD, NFC)])
def test_a_name_is_found_in_another_unicode_form(tmp_path: Path, written: str, stored: str) -> None:
    (tmp_path / stored).mkdir()
    (tmp_path / stored / f"{stored}.png").touch()
    found = other_spellings(tmp_path / written / f"{written}.png")
    assert found == [tmp_path / stored / f"{stored}.png"]


def test_a_name_that_exists_comes_before_other_forms_of_it(tmp_path: Path) -> None:
    for name in (NFC, NFD):
        (tmp_path / name).touch()
    assert other_spellings(tmp_path / NFC) == [tmp_path / NFC]
    assert other_spellings(tmp_path / "caf\u00e8") == []
    assert other_spellings(tmp_path / "plain") == []


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("~", "~"),
        ("~/made", "~"),
        ("~root/made", "~root"),
        ("$HOME/made", "$HOME"),
        ("made/${STEM}", "${STEM}"),
        ("~lock", None),
        ("a/~/b", None),
        ("cash$", None),
        ("$5", None),
        ("", None),
    ],
)
def test_what_only_a_shell_expands_is_found(path: str, part: str | None) -> None:
    assert unexpanded(Path(path)) == part


def test_a_relative_path_leads_back_to_its_file(tmp_path: Path) -> None:
    written = relative(tmp_path / "outputs" / "a.png", tmp_path / "new" / "deep")
    assert written == "../../outputs/a.png"
    assert located(written, tmp_path / "new" / "deep") == tmp_path / "outputs" / "a.png"


def test_a_folder_that_is_a_link_is_taken_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "far" / "away").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "far" / "away")
    written = relative(tmp_path / "a.png", tmp_path / "link")
    assert located(written, tmp_path / "link") == tmp_path / "a.png"
