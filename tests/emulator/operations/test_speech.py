from __future__ import annotations

import pytest

from runner.emulator.api.errors import ApiError
from runner.emulator.api.fields import Fields
from runner.emulator.operations.speech import Speech, seconds_of

LIP_SYNC = Speech(least=4, most=2000, counts_wide_twice=True)


def read(text: object) -> str:
    return LIP_SYNC.read(Fields(values={"text": text}), "text")


@pytest.mark.parametrize(
    "text",
    [
        *("word", "猫狗", "x" * 2000, "猫" * 1000, "two\nparagraphs"),
        *("one<#0.01#>two", "one<#99.99#>two", "one<#1#>two<#2.5#>three"),
        "4 < 5 and #1",
    ],
)
def test_texts_with_documented_pauses_are_read(text: str) -> None:
    assert read(text) == text


@pytest.mark.parametrize("text", [None, ""])
def test_a_text_may_be_missing(text: str | None) -> None:
    assert read(text) == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("abc", "text has 3 characters, from 4 to 2000 are allowed"),
        ("猫", "text has 2 characters"),
        ("猫" * 1001, "text has 2002 characters"),
        *(
            (f"one<#{seconds}#>two", f"the pause <#{seconds}#> must have from 0.01 to 99.99 s")
            for seconds in ("0", "0.001", "100", "1.234", "-1", "", "x")
        ),
        ("<#1#>word", "a pause must stand between two spoken texts"),
        ("word<#1#>", "a pause must stand between two spoken texts"),
        ("one<#1#><#2#>two", "a pause must stand between two spoken texts"),
        ("one<#1#> \n<#2#>two", "a pause must stand between two spoken texts"),
        (5, "text must be a string"),
    ],
)
def test_other_texts_are_refused(text: object, message: str) -> None:
    with pytest.raises(ApiError, match=message):
        read(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("word", 1), ("猫" * 40, 10), ("x" * 80, 10), ("x" * 40 + "<#2.5#>" + "x" * 40, 13)],
)
def test_a_longer_text_takes_longer(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds
