"""Outlets: how a page names what it shows."""

from __future__ import annotations

from pathlib import Path

from runner.report.files import ResultFile
from runner.report.originals import Originals, url_of
from runner.report.outlets import Embed, embed_in, in_place


def found(path: Path, written: str, sha256: str = "a" * 64) -> ResultFile:
    return ResultFile(
        kind="image", written=written, role=None, bytes=1, width=None, height=None, seconds=None,
        shown=path, path=path, sha256=sha256,
    )  # fmt: skip


def test_every_part_of_a_path_is_percent_encoded() -> None:
    assert url_of("../outputs/a#b?c%d e:f/水.png") == (
        "../outputs/a%23b%3Fc%25d%20e%3Af/%E6%B0%B4.png"
    )


def test_a_page_in_place_names_the_way_to_a_file(tmp_path: Path) -> None:
    outlet = in_place(tmp_path / "spring.report", "spring.results.yaml")
    assert outlet.source(found(tmp_path / "outputs/a b.png", "")) == "../outputs/a%20b.png"
    assert outlet.picture(tmp_path / "anywhere/x.webp") == "thumbs/x.webp"


def test_one_file_names_no_original(tmp_path: Path) -> None:
    (tmp_path / "x.webp").write_bytes(b"RIFF")
    outlet = embed_in(tmp_path / "x.html")
    assert isinstance(outlet, Embed)
    assert outlet.source(found(tmp_path / "a.png", "a.png")) is None
    assert outlet.picture(tmp_path / "x.webp") == "data:image/webp;base64,UklGRg=="


def test_names_in_a_copy_stay_inside_and_apart(tmp_path: Path) -> None:
    originals = Originals()
    names = [
        originals.name(found(tmp_path, written, sha256 * 64))
        for written, sha256 in (
            ("outputs/spring/a.png", "a"),
            ("../../outputs/spring/a.png", "b"),
            ("outputs/spring/a.png", "a"),
            ("/etc/a.png", "c"),
            ("index.html", "d"),
            ("thumbs/x.webp", "e"),
        )
    ]
    assert names == [
        "outputs/spring/a.png",
        "outputs/spring/a~bbbbbbbb.png",
        "outputs/spring/a.png",
        "etc/a.png",
        "files/index.html",
        "files/thumbs/x.webp",
    ]


def test_a_file_that_is_not_there_has_no_name(tmp_path: Path) -> None:
    gone = ResultFile(
        kind="image", written="a.png", role=None, bytes=1, width=None, height=None, seconds=None,
        gone="missing",
    )  # fmt: skip
    assert Originals().name(gone) is None
    assert in_place(tmp_path / "s.report", "s.results.yaml").source(gone) is None
