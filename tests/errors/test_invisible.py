"""Invisible characters: named and escaped, but for those that a script or an emoji needs."""

from __future__ import annotations

import pytest

from runner.errors import name_character, name_invisible
from runner.errors.diagnostics import Diagnostic, Location
from runner.errors.text import visible

HIDDEN = "\u00a0\u00ad\u034f\u115f\u1680\u180e\u2003\u200b\u200c\u200d\u202f\u205f\u2060\u3000"
HIDDEN += "\u3164\ufe0f\ufeff\uffa0\U000e0041\U000e0100\u2800"


@pytest.mark.parametrize("character", HIDDEN, ids=lambda character: f"{ord(character):04x}")
def test_a_character_that_cannot_be_seen_is_escaped(character: str) -> None:
    code = ord(character)
    escape = f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"
    assert visible(f"a{character}b") in {f"a{escape}b", f"a\\x{code:02x}b"}
    assert f"U+{code:04X}" in (name_invisible(f"a{character}b") or "")


@pytest.mark.parametrize(
    "text",
    [
        *("👩‍🚀", "❤️", "❤️‍🔥", "1️⃣", "👍🏽", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "©️", "می‌خواهم", "क्‍ष", "猫 cat é", "ﬁ"),
    ],
)
def test_what_emoji_and_scripts_need_stays(text: str) -> None:
    assert visible(text) == text
    assert name_invisible(text) is None


def test_a_character_is_named_by_number_and_name() -> None:
    assert name_character("\u200b") == "U+200B (zero width space)"
    assert name_character("\x07") == "U+0007"


def test_a_diagnostic_names_what_its_message_hides() -> None:
    problem = Diagnostic(
        message='model "viduq2\u200b" is not offered',
        hint='did you mean "viduq2"?',
        location=Location(path="m.yaml", line=1, column=8, text='model: "viduq2\u200b"'),
    )
    assert str(problem).splitlines() == [
        'm.yaml:1:8: error: model "viduq2\\u200b" is not offered',
        '    model: "viduq2\\u200b"',
        "           ^",
        '  hint: did you mean "viduq2"? remove what cannot be seen: U+200B (zero width space)',
    ]


def test_the_caret_stands_behind_escapes() -> None:
    location = Location(path="m.yaml", line=1, column=4, text="a\u00a0\u200bb")
    _, line, caret = str(Diagnostic(message="x", location=location)).splitlines()
    assert line == "    a\\xa0\\u200bb"
    assert caret.index("^") == line.rindex("b")
