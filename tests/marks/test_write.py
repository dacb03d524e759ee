"""Marks are written in one form, which every reader reads as what was written."""

from __future__ import annotations

import tempfile
import unicodedata
from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import strategies as st

from runner.marks.document import read_marks
from runner.marks.write import format_marks
from runner.model.marks import Choice, Mark

A = "3f" * 32
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
MARKS = st.lists(
    st.builds(
        Mark,
        id=TEXT.filter(bool).map(lambda text: unicodedata.normalize("NFC", text)),
        fingerprint=st.text("0123456789abcdef", min_size=64, max_size=64)
        | st.text("0123456789e", min_size=64, max_size=64),
        choice=st.sampled_from(Choice),
        stars=st.integers(0, 5),
        note=TEXT | st.sampled_from(["no", "手指", "six fingers", "a: b", "a, b", "2", "- a"]),
    ),
    unique_by=lambda mark: mark.id,
    max_size=5,
)


def test_marks_are_one_line_a_job() -> None:
    marks = [
        Mark(id="look-noir.2", fingerprint=A, choice=Choice.REJECTED, stars=2, note="手指"),
        Mark(id="look-水墨.1", fingerprint=A, choice=Choice.PICKED),
        Mark(id="2", fingerprint="1" * 64, note="six fingers, left"),
    ]
    assert format_marks(marks, manifest="spring.yaml") == (
        "version: 1\n"
        "manifest: spring.yaml\n"
        "marks:\n"
        f"  - {{id: look-noir.2, fingerprint: {A}, mark: rejected, stars: 2, note: 手指}}\n"
        f"  - {{id: look-水墨.1, fingerprint: {A}, mark: picked}}\n"
        f'  - {{id: "2", fingerprint: "{"1" * 64}", note: "six fingers, left"}}\n'
    )


def test_what_is_not_marked_is_left_out() -> None:
    assert format_marks([Mark(id="window", fingerprint=A)]) == "version: 1\nmarks: []\n"


@given(MARKS, TEXT)
def test_what_is_written_is_read_again(marks: list[Mark], manifest: str) -> None:
    text = format_marks(marks, manifest=manifest)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "m.marks.yaml")
        path.write_bytes(text.encode())
        file = read_marks(path)
    assert file.marks == tuple(marks)
    assert (file.manifest or "") == manifest
    assert format_marks(file.marks, manifest=file.manifest) == text


@given(MARKS)
def test_readers_of_yaml_1_1_read_the_same(marks: list[Mark]) -> None:
    read = yaml.safe_load(format_marks(marks))["marks"]
    assert [(row["id"], row["fingerprint"], row.get("note", "")) for row in read] == [
        (mark.id, mark.fingerprint, mark.note) for mark in marks
    ]
