"""Filters: converted values, and values they do not accept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.expressions.evaluate import Template, compile_text
from runner.expressions.syntax import ExpressionError


def filtered(value: Any, filters: str) -> Any:
    compiled = compile_text("${{ v.x | " + filters + " }}")
    assert isinstance(compiled, Template)
    return compiled.evaluate({"v": {"x": value}})


@pytest.mark.parametrize(
    ("value", "filters", "expected"),
    [
        ("5", "int", 5),
        (" -5 ", "int", -5),
        (5.0, "int", 5),
        (7, "int", 7),
        (10**400, "int", 10**400),
        ("1.5", "float", 1.5),
        ("1e3", "float", 1000.0),
        (2, "float", 2.0),
        ("Yes", "bool", True),
        ("off", "bool", False),
        (1, "bool", True),
        (0, "bool", False),
        (False, "bool", False),
        (5, "str", "5"),
        (5.5, "str", "5.5"),
        (True, "str", "true"),
        ("x", "str", "x"),
        ("NOIR", "lower", "noir"),
        ("noir", "upper", "NOIR"),
        (" a b \n", "trim", "a b"),
        ("Film Noir!", "slug", "film-noir"),
        ("水墨 风格", "slug", "水墨-风格"),
        ("e\u0301té_2", "slug", "été-2"),
        (3, "slug", "3"),
        ("A peaceful cow grazing", "slug(11)", "a-peaceful"),
        ("水墨风格", "slug(10)", "水墨风"),
        ("short", "slug(40)", "short"),
        ("猫", "digest", "a810bf84"),
        (12, "digest", "6b51d431"),
        ({"a": [1]}, "digest", "2147dbdb"),
        (None, "default('x')", "x"),
        ("", 'default("x")', "x"),
        ("y", "default('x')", "y"),
        (0, "default(1)", 0),
        (False, "default(true)", False),
        (None, "default(true)", True),
        (None, "default(false)", False),
        (None, "default(null)", None),
        (None, "default(-1.5)", -1.5),
        (None, "default(1e2)", 100.0),
        (None, "default(7)", 7),
        (None, "default('it\\'s \\\\ \\n\\t')", "it's \\ \n\t"),
        ({"a": ["猫", None]}, "json", '{"a": ["猫", null]}'),
        (" NOIR ", "trim | lower | default('x')", "noir"),
        ("", "default(' 5 ') | trim() | int", 5),
    ],
)
def test_a_filter_converts_a_value(value: Any, filters: str, expected: Any) -> None:
    found = filtered(value, filters)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "filters", "message"),
    [
        ("5s", "int", 'int does not accept v.x: "5s" is not a whole number'),
        ("", "int", 'int does not accept v.x: "" is not a whole number'),
        (1.5, "int", "int does not accept v.x: 1.5 is not a whole number"),
        (True, "int", "int does not accept v.x: true is not a whole number"),
        (float("inf"), "int", "int does not accept v.x: Infinity is not a whole number"),
        ("٣", "int", 'int does not accept v.x: "٣" is not a whole number'),
        ("inf", "float", 'float does not accept v.x: "inf" is not a number'),
        ("1e999", "float", 'float does not accept v.x: "1e999" is not a number'),
        (10**400, "float", "float does not accept v.x"),
        (None, "float", "float does not accept v.x: null is not a number"),
        ("maybe", "bool", 'bool does not accept v.x: "maybe" is neither true nor false'),
        (2, "bool", "bool does not accept v.x: 2 is neither true nor false"),
        (None, "str", "str does not accept v.x: null is not text"),
        ([1], "lower", "lower does not accept v.x: [1] is not text"),
        ("!?", "slug", 'slug does not accept v.x: "!?" contains no letter or digit'),
        ("x", "slug(3)", "slug does not accept v.x: its length must be a whole number of bytes"),
        ("x", "slug('a')", "slug does not accept v.x: its length must be a whole number of bytes"),
        ({"a": object()}, "json", "json does not accept v.x"),
        (
            "x" * 99,
            "int",
            'int does not accept v.x: "' + "x" * 38 + "… is not a whole number",
        ),
    ],
)
def test_a_value_that_a_filter_does_not_accept_is_an_error(
    value: Any, filters: str, message: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        filtered(value, filters)
    assert caught.value.message.startswith(message)
    assert caught.value.offset == 10


def evaluate_missing(text: str) -> Any:
    compiled = compile_text(text)
    assert isinstance(compiled, Template)
    return compiled.evaluate({"row": {"a": {}}, "list": []})


def test_a_default_catches_a_missing_last_name() -> None:
    assert evaluate_missing("${{ row.b | default('x') }}") == "x"
    assert evaluate_missing("${{ row.a.b | default('x') | upper }}") == "X"
    assert evaluate_missing("${{ list[0] | default(1) }}") == 1
    assert evaluate_missing("style: ${{ row.b | default('x') }}") == "style: x"


@pytest.mark.parametrize(
    "text",
    [
        "${{ row.b.c | default('x') }}",
        "${{ rwo.b | default('x') }}",
        "${{ rwo | default('x') }}",
        "${{ row.b | lower | default('x') }}",
    ],
)
def test_a_default_catches_nothing_else(text: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate_missing(text)


@given(st.text())
def test_a_slug_of_a_slug_is_the_same(text: str) -> None:
    try:
        slug = filtered(text, "slug")
    except ExpressionError:
        return
    assert filtered(slug, "slug") == slug


@given(st.integers(-(10**20), 10**20))
def test_a_number_survives_conversion_to_text(number: int) -> None:
    assert filtered(number, "str | int") == number
