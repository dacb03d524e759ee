from __future__ import annotations

from pathlib import Path

import pytest

from runner.emulator.render.text import FontSet, fit, system_fonts

PLAIN = FontSet()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A cat, café", "A cat, cafe"),
        ("quiet — naïve", "quiet - naive"),
        ("猫, noir", "[1 character without a font], noir"),
        ("水墨🐈 style", "[3 characters without a font] style"),
        ("one\ntwo\tthree\x1b[0m\u202e", "one two three[0m"),
        ("cafe\u0301", "cafe"),
    ],
)
def test_characters_without_a_font_are_counted(text: str, shown: str) -> None:
    assert PLAIN.readable(text) == shown


def test_latin_text_takes_the_built_in_font() -> None:
    assert {system_fonts().number_of(character) for character in "A cat, 1080p"} == {0}


def test_chinese_is_kept_where_a_font_has_it() -> None:
    fonts = system_fonts()
    if fonts.number_of("猫") is None:
        pytest.skip("no font here has Chinese")
    assert fonts.readable("一只猫, noir") == "一只猫, noir"
    assert [text for text, _ in fonts.runs("一只猫, noir", 20)] == ["一只猫", ", noir"]


def test_a_file_without_a_font_is_left_out(tmp_path: Path) -> None:
    wrong = tmp_path / "vidu-run-without-a-font.ttc"
    wrong.write_bytes(b"no font")
    assert FontSet([(str(wrong), 0), ("vidu-run-missing", 0)]).number_of("猫") is None


@pytest.mark.parametrize("text", ["a few words here and there " * 20, "x" * 500, "1,2;3. " * 50])
def test_lines_stay_inside_their_box(text: str) -> None:
    block = fit(text, (400, 2000), (30, 20, 12), PLAIN)
    assert max(PLAIN.width_of(line, block.size) for line in block.lines) <= 400 * 1.05
    assert block.height <= 2000
    assert "".join(block.lines).replace(" ", "") == text.replace(" ", "")


def test_a_text_that_is_too_long_ends_in_dots() -> None:
    block = fit("words and words " * 100, (200, 60), (20, 12), PLAIN)
    assert block.lines[-1].endswith("...")
    assert block.height <= 60


def test_a_short_text_is_set_large() -> None:
    assert fit("cat", (400, 200), (30, 20), PLAIN).size == 30
