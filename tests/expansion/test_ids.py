"""Ids that can serve as file names."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.expansion.ids import IdError, fold, normalize


@pytest.mark.parametrize(
    "id_", ["a", "look-1.2_x", "猫", "窗台-2", "9", "ñandú", "हिन्दी", "กิ", "a." * 50]
)
def test_letters_and_digits_of_any_script_are_kept(id_: str) -> None:
    assert normalize(id_) == unicodedata.normalize("NFC", id_)


def test_an_id_is_composed() -> None:
    assert normalize("cafe\u0301") == "caf\u00e9"


@pytest.mark.parametrize(
    ("id_", "message"),
    [
        ("", "the id is empty"),
        ("-a", 'id "-a" starts with "-"'),
        (".a", 'id ".a" starts with "."'),
        ("_a", 'id "_a" starts with "_"'),
        ("a/b", 'id "a/b" contains "/"'),
        ("a b", 'id "a b" contains " "'),
        ("a~2", 'id "a~2" contains "~"'),
        ("a\n", 'id "a\n" contains "\n"'),
        ("\u0301a", 'id "\u0301a" contains "\u0301"'),
        ("x" * 101, "the id has 101 bytes in UTF-8, at most 100 are allowed"),
        ("猫" * 34, "the id has 102 bytes in UTF-8, at most 100 are allowed"),
    ],
)
def test_an_id_unfit_as_a_file_name_is_rejected(id_: str, message: str) -> None:
    with pytest.raises(IdError) as caught:
        normalize(id_)
    assert caught.value.message.startswith(message)


@given(st.text())
def test_an_accepted_id_is_accepted_again_and_unchanged(id_: str) -> None:
    try:
        once = normalize(id_)
    except IdError:
        return
    assert normalize(once) == once
    assert len(once.encode()) <= 100
    assert "/" not in once


def test_ids_that_differ_in_case_only_are_equal() -> None:
    assert fold("Look") == fold("lOOK")
    assert fold("Straße") == fold("STRASSE")
