"""Folding: where long lines are broken for a terminal."""

from __future__ import annotations

import fcntl
import io
import os
import struct
import termios

from hypothesis import given
from hypothesis import strategies as st

from runner.errors import fold, hang, table_row, terminal_columns, width


def test_lines_break_between_words() -> None:
    assert fold("the list of tasks cannot be used", 14) == [
        "the list of",
        "tasks cannot",
        "be used",
    ]


def test_ideographs_break_anywhere_and_count_as_two_columns() -> None:
    assert fold("一只可爱的小猫坐在窗台上", 10) == ["一只可爱的", "小猫坐在窗", "台上"]


def test_punctuation_stays_with_the_ideograph_before_it() -> None:
    assert fold("一只可爱的,小猫「坐」", 10) == ["一只可爱", "的,小猫", "「坐」"]


def test_a_latin_word_among_ideographs_stays_whole() -> None:
    assert fold("使用viduq2模型", 9) == ["使用", "viduq2模", "型"]


def test_only_a_word_longer_than_a_line_is_broken() -> None:
    assert fold("see https://example.com/abc", 10) == ["see", "https://ex", "ample.com/", "abc"]


def test_a_mark_stays_with_its_letter() -> None:
    assert fold("猫猫e\u0301猫", 5) == ["猫猫e\u0301", "猫"]


def test_without_a_terminal_nothing_is_folded() -> None:
    assert fold("word " * 100, None) == ["word " * 100]
    assert terminal_columns(io.StringIO()) is None


def test_the_columns_are_those_of_the_stream_itself() -> None:
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 57, 0, 0))
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        assert terminal_columns(terminal) == 57
    os.close(ours)


def test_a_folded_text_hangs_below_its_beginning() -> None:
    text = "not submitted: nothing accepted for 3.0 s"
    assert hang("  pending  a  ", text, 40) == [
        "  pending  a  not submitted: nothing",
        "              accepted for 3.0 s",
    ]


def test_where_little_room_is_left_a_text_begins_on_the_next_line() -> None:
    assert hang("  pending  a-very-long-id  ", "not submitted yet: new", 40) == [
        "  pending  a-very-long-id",
        "      not submitted yet: new",
    ]


def test_a_wide_row_is_folded_between_its_cells() -> None:
    cells = ["  ", "succeeded  ", "小船-01  ", "6 credits  ", "21 days ago  "]
    assert table_row(cells, "", 30) == ["  succeeded  小船-01", "      6 credits  21 days ago"]
    assert table_row(cells, "", None) == ["  succeeded  小船-01  6 credits  21 days ago"]


@given(st.text(max_size=200), st.integers(2, 40))
def test_a_folded_text_fits_and_loses_only_blanks(text: str, columns: int) -> None:
    lines = fold(text, columns)
    # A letter may carry any number of marks, which take no room.
    assert max(map(width, lines)) <= columns
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
