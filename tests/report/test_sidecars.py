"""Sidecars: ratings, labels and texts in XMP, and the files of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from runner.report.files import ResultFile
from runner.report.sidecars import GENERATED, Sidecars, is_ours, sidecar
from tests.builders import result_row, write_file

NAMES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}


def described(row: dict[str, Any], **mark: Any) -> ET.Element:
    root = ET.fromstring(sidecar(row, mark))  # noqa: S314 - our own
    found = root.find("rdf:RDF/rdf:Description", NAMES)
    assert found is not None
    return found


def attribute(element: ET.Element, name: str) -> str | None:
    prefix, _, local = name.partition(":")
    return element.get(f"{{{NAMES[prefix]}}}{local}")


def texts(element: ET.Element, path: str) -> list[str | None]:
    return [each.text for each in element.findall(path, NAMES)]


def shown(path: Path, **changes: Any) -> ResultFile:
    facts: dict[str, Any] = {"kind": "image", "role": None, "width": None, "height": None}
    facts |= {"bytes": 1, "seconds": None, "written": path.name, "shown": path, "path": path}
    return ResultFile(**facts | changes)


@pytest.mark.parametrize(
    ("mark", "rating", "label"),
    [
        ({}, "0", "0"),
        ({"mark": None, "stars": 3}, "3", "0"),
        ({"mark": "picked", "stars": 5}, "5", "3"),
        ({"mark": "picked", "stars": 0}, "0", "3"),
        ({"mark": "rejected", "stars": 2}, "-1", "1"),
    ],
)
def test_a_mark_is_a_rating_and_a_pick_label(mark: dict[str, Any], rating: str, label: str) -> None:
    found = described(result_row("a"), **mark)
    assert attribute(found, "xmp:Rating") == rating
    assert attribute(found, "digiKam:PickLabel") == label


def test_tags_prompt_and_source_are_described() -> None:
    found = described(result_row("a", tags=["hero", "猫"], prompt="一只小猫\n& <b>"))
    assert texts(found, "dc:subject/rdf:Bag/rdf:li") == ["hero", "猫"]
    assert texts(found, "dc:description/rdf:Alt/rdf:li") == ["一只小猫\n& <b>"]
    assert attribute(found, "Iptc4xmpExt:DigitalSourceType") == GENERATED


def test_what_there_is_not_is_left_out() -> None:
    found = described(result_row("a", tags=[], prompt=None))
    assert list(found) == []


def test_texts_that_xml_cannot_contain_are_replaced() -> None:
    found = described(result_row("a", prompt="]]> \x00 \x1b \ud800 \ufffe 😀", tags=["{digest}"]))
    assert texts(found, ".//dc:description//rdf:li") == ["]]> \\x00 \\x1b \\ud800 \ufffd 😀"]
    assert texts(found, ".//dc:subject//rdf:li") == ["{digest}"]


def test_a_sidecar_is_written_beside_the_file_and_once(tmp_path: Path) -> None:
    picture = write_file(tmp_path, "a.png", b"x")
    sidecars = Sidecars()
    for _ in range(2):
        sidecars.write(result_row("a"), {}, [shown(picture)])
    assert (sidecars.written, sidecars.kept) == (1, [])
    assert (tmp_path / "a.png.xmp").read_bytes() == sidecar(result_row("a"), {})
    sidecars.write(result_row("a"), {"mark": "picked"}, [shown(picture)])
    assert sidecars.written == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.replace(b'Rating="0"', b'Rating="4"'),
        lambda content: content.replace(b"vidu-run", b"XMP Core 4.4.0-Exiv2"),
        lambda _content: b"",
        lambda _content: b"<x:xmpmeta/>",
        lambda content: content + b" ",
    ],
    ids=["edited", "darktable", "empty", "other", "longer"],
)
def test_a_sidecar_of_somebody_else_is_never_overwritten(tmp_path: Path, change: Any) -> None:
    picture = write_file(tmp_path, "a.png", b"x")
    content = change(sidecar(result_row("a"), {}))
    other = write_file(tmp_path, "a.png.xmp", content)
    sidecars = Sidecars()
    sidecars.write(result_row("a"), {"mark": "picked"}, [shown(picture)])
    assert (sidecars.written, sidecars.kept) == (0, [other])
    assert other.read_bytes() == content


def test_a_link_in_its_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.png.xmp").symlink_to(tmp_path / "elsewhere")
    assert not is_ours(tmp_path / "a.png.xmp")


def test_covers_and_files_that_are_not_the_result_get_no_sidecar(tmp_path: Path) -> None:
    picture = write_file(tmp_path, "a.png", b"x")
    archived = write_file(tmp_path, f"{'0' * 64}.png", b"x")
    sidecars = Sidecars()
    files = [
        shown(picture, role="cover"),
        shown(picture, gone="changed"),
        shown(picture, shown=None),
        shown(archived, written="a.png"),
    ]
    sidecars.write(result_row("a"), {}, files)
    assert sidecars.written == 0
    assert list(tmp_path.glob("*.xmp")) == []
