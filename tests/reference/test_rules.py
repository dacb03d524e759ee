"""Rules of schemas in words: what each condition and each limit reads like."""

from __future__ import annotations

from typing import Any

import pytest

from runner.operations import load_operations
from runner.reference.page import page_of
from runner.reference.rules import condition_words, rule_words

IMAGES = {"contains": {"required": ["image_url"]}}
ROLE = {"contains": {"properties": {"role": {"const": "last"}}, "required": ["role"]}}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (IMAGES, "has image_url in an item"),
        ({**IMAGES, "minContains": 2}, "has image_url in at least 2 items"),
        ({"not": IMAGES}, "has image_url in no item"),
        ({"not": {**IMAGES, "minContains": 2}}, "has image_url in less than 2 items"),
        (ROLE, "has role last in an item"),
        ({**ROLE, "maxContains": 1, "minContains": 0, "x-expected": "lasts"}, "lasts: at most 1"),
        ({**ROLE, "maxContains": 3, "minContains": 0, "x-expected": "lasts"}, "at most 3 lasts"),
        ({"not": {"const": "last"}}, "not last"),
    ],
)
def test_what_a_list_contains_is_in_words(rule: dict[str, Any], words: str) -> None:
    assert rule_words(rule) == words


def test_a_condition_inside_a_parameter_has_its_whole_name() -> None:
    condition = {"properties": {"type": {"const": "text"}}, "required": ["type"]}
    assert condition_words(condition, "content[].") == "content[].type text"


def test_a_rule_about_parts_names_them_by_their_place() -> None:
    page = page_of(load_operations()["modelverse/seedance-1.5-pro"])
    assert "content[].text required with content[].type text" in page.rules


@pytest.mark.parametrize(
    ("operation", "price"),
    [
        (
            "vidu/upscale-new",
            "10 to 160 credits a second of video_url (unknown with video_creation_id)",
        ),
        ("vidu/lip-sync", "20 credits for each 5 s of video_url"),
    ],
)
def test_a_price_by_length_says_where_it_is_unknown(operation: str, price: str) -> None:
    assert [str(each) for each in page_of(load_operations()[operation]).prices] == [price]
