"""Text that is safe for a terminal: escapes, redaction, width, excerpts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors.text import (
    Secret,
    excerpt,
    looks_secret,
    one_line,
    plural,
    printable,
    redact,
    width,
)


@pytest.mark.parametrize(
    ("text", "column", "columns_before"),
    [
        ("prompt: cat", 9, 8),
        ("提示: 猫", 5, 6),
        ("cafe\u0301: x", 8, 6),
        ("❤\ufe0f: x", 5, 3),
        ("\ta: x", 5, 4),
        ("a: \x1b: x", 7, 9),
        ("a", 2, 1),
    ],
)
def test_the_caret_is_under_its_character(text: str, column: int, columns_before: int) -> None:
    _, caret = excerpt(text, column)
    assert caret == "    " + " " * columns_before + "^"


@pytest.mark.parametrize("column", [1, 51, 60, 150, 300, 301])
def test_a_long_line_is_shown_around_the_caret(column: int) -> None:
    text = "".join(chr(0x4E00 + index) for index in range(300))
    line, caret = excerpt(text, column)
    before = caret[:-1].removeprefix("    ")
    shown = line.removeprefix("    ")
    assert width(line) <= 80
    under = next((c for i, c in enumerate(shown) if width(shown[:i]) == width(before)), None)
    assert under == (text[column - 1] if column <= len(text) else None)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\rb", "a\\x0db"),
        ("a\u202eb", "a\\u202eb"),
        ("a\x9bb", "a\\x9bb"),
        ("a\u2028b\x85c", "a\\u2028b\\x85c"),
        ("a\udc80b", "a\\udc80b"),
        ("line\n\ttab", "line\n\ttab"),
        ("猫 cat é", "猫 cat é"),
    ],
)
def test_control_characters_are_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_printable_text_is_unchanged(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@given(st.text())
def test_one_line_escapes_line_breaks(text: str) -> None:
    assert len(f"{one_line(text)}.".splitlines()) == 1
    assert one_line(one_line(text)) == one_line(text)


def test_a_secret_shows_only_when_revealed() -> None:
    secret = Secret("vda_hush")
    assert f"{secret} {secret!r} {[secret]}" == "Secret(***) Secret(***) [Secret(***)]"
    assert secret.reveal() == "vda_hush"


@pytest.mark.parametrize(
    ("name", "at_end", "anywhere"),
    [
        ("VIDU_API_KEY", True, True),
        ("github_token", True, True),
        ("DB_PASSWORD", True, True),
        ("TEAM_KEY_2", False, True),
        ("KEY_VISUAL", False, True),
        ("HOME", False, False),
    ],
)
def test_the_name_of_a_variable_shows_whether_it_holds_a_secret(
    name: str, *, at_end: bool, anywhere: bool
) -> None:
    assert looks_secret(name) is at_end
    assert looks_secret(name, anywhere=True) is anywhere


def test_secrets_are_redacted_the_longest_first() -> None:
    secrets = [Secret("vda"), Secret("vda_hush"), Secret("")]
    assert redact("key vda_hush, prefix vda", secrets) == "key ***, prefix ***"


@pytest.mark.parametrize(
    ("text", "columns"), [("cat", 3), ("猫", 2), ("e\u0301", 1), ("\u200bx", 1), ("", 0), ("Ａ", 2)]
)
def test_a_wide_character_takes_two_columns_and_a_mark_none(text: str, columns: int) -> None:
    assert width(text) == columns


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 jobs"), (1, "1 job"), (2, "2 jobs"), (12_000, "12,000 jobs")]
)
def test_a_count_has_its_noun(count: int, words: str) -> None:
    assert plural(count, "job") == words


def test_a_short_line_is_shown_whole() -> None:
    assert excerpt("a: [1", 4) == ["    a: [1", "       ^"]


def test_what_is_left_out_of_a_line_is_marked() -> None:
    line, caret = excerpt("x" * 200, 100)
    assert line.strip().startswith("…")
    assert line.endswith("…")
    assert line[len(caret) - 1] == "x"
