from __future__ import annotations

from typing import Any

import pytest

from runner.emulator.api.errors import ApiError
from runner.emulator.operations.rules import CountOf, Given, Needs, OnlyWith, Rule, Together, Values

ONE = Given(among=("url", "id"), least=1, most=1)
SLOTS = Together(among=("images", "videos"), most=3)
FILMED = CountOf(name="cats", having=("videos",), lacking=("id",), most=1, when={"model": ("a",)})
PHOTO = Needs(name="lip_sync", other="photo")
AREA = OnlyWith(name="area", when={"template": ("princess", "queen")})


def cats(count: int, **fields: Any) -> dict[str, Any]:
    return {"model": "a", "cats": [{"videos": ["x"], **fields}] * count}


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        (ONE, {"url": "x", "id": ""}),
        (ONE, {"id": "x"}),
        (PHOTO, {"lip_sync": False, "photo": ""}),
        (PHOTO, {"lip_sync": True, "photo": "x"}),
        (SLOTS, {"images": ["x"] * 2, "videos": ["x"]}),
        (FILMED, cats(1)),
        (FILMED, cats(2, id="stored")),
        (FILMED, cats(2, videos=[])),
        (FILMED, {**cats(2), "model": "b"}),
        (AREA, {"area": "x", "template": "queen"}),
        (AREA, {"area": "", "template": "hug"}),
    ],
)
def test_values_that_keep_a_rule_pass(rule: Rule, values: Values) -> None:
    rule.check(values, "")


@pytest.mark.parametrize(
    ("rule", "values", "reason", "message"),
    [
        (ONE, {"url": ""}, "FieldLacking", "x.url or x.id is missing or empty"),
        (
            PHOTO,
            {"lip_sync": True, "photo": ""},
            "FieldLacking",
            "x.photo is missing or empty, x.lip_sync needs it",
        ),
        (
            ONE,
            {"url": "x", "id": "y"},
            "FieldUnwanted",
            "x.url and x.id: at most 1 of them is allowed",
        ),
        (
            SLOTS,
            {"images": ["x"] * 3, "videos": ["x"]},
            "FieldItemCountOutOfRange",
            "x.images and x.videos must have at most 3 items together, not 4",
        ),
        (
            FILMED,
            cats(2),
            "FieldItemCountOutOfRange",
            "x.cats has 2 items with videos and without id, at most 1 are allowed",
        ),
        (
            AREA,
            {"area": "x", "template": "hug"},
            "FieldUnwanted",
            "x.area is allowed with template: princess, queen only",
        ),
    ],
)
def test_a_broken_rule_names_its_fields(
    rule: Rule, values: Values, reason: str, message: str
) -> None:
    with pytest.raises(ApiError) as caught:
        rule.check(values, "x.")
    assert (caught.value.reason, caught.value.message) == (reason, message)


def test_a_count_without_conditions_is_that_of_all_items() -> None:
    with pytest.raises(ApiError) as caught:
        CountOf(name="cats", most=6).check({"cats": [{}] * 7}, "")
    assert caught.value.message == "cats has 7 items, at most 6 are allowed"
