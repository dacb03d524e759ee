"""The canonical text against rfc8785 itself, which is the slower truth."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from runner.expansion.fingerprints import MOST_EXACT, canonical

text = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-MOST_EXACT, MOST_EXACT) | st.floats(allow_nan=False, allow_infinity=False)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(text, inner, max_size=5),
    max_leaves=20,
)


@given(values)
def test_it_writes_what_rfc8785_writes(value: Any) -> None:
    assert canonical(value).encode() == rfc8785.dumps(value)


@given(st.dictionaries(text, values, min_size=2, max_size=5))
def test_the_order_of_keys_has_no_effect(value: dict[str, Any]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@given(values)
def test_it_is_json_for_the_same_value(value: Any) -> None:
    assert json.loads(canonical(value), parse_int=float) == value


def test_a_whole_float_is_its_integer() -> None:
    assert canonical([5.0, -0.0, 1e20]) == "[5,0,100000000000000000000]"


def test_an_integer_beyond_a_double_is_the_text_of_its_digits() -> None:
    assert canonical([2**53 - 1, 2**53, -(2**53)]) == (
        '[9007199254740991,"9007199254740992","-9007199254740992"]'
    )


def test_infinity_has_no_text() -> None:
    with pytest.raises(rfc8785.FloatDomainError):
        canonical(float("inf"))
