"""Matrix combinations, by the examples of GitHub's documentation and by their algebra."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.expansion import matrix as matrix_module
from runner.expansion.interpolate import EvaluationError
from runner.expansion.matrix import Combination
from runner.model.values import same


def combinations(matrix: dict[str, Any]) -> list[Combination]:
    found, errors = matrix_module.combinations(matrix)
    assert errors == []
    return found


def errors_in(matrix: dict[str, Any]) -> list[EvaluationError]:
    found, errors = matrix_module.combinations(matrix)
    assert found == []
    return errors


def test_lists_are_cross_multiplied_the_first_varying_slowest() -> None:
    assert combinations({"a": [1, 2], "b": ["x", "y"]}) == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
    ]


def test_include_extends_and_adds_as_in_github_s_example() -> None:
    matrix = {
        "fruit": ["apple", "pear"],
        "animal": ["cat", "dog"],
        "include": [
            {"color": "green"},
            {"color": "pink", "animal": "cat"},
            {"fruit": "apple", "shape": "circle"},
            {"fruit": "banana"},
            {"fruit": "banana", "animal": "cat"},
        ],
    }
    assert combinations(matrix) == [
        {"fruit": "apple", "animal": "cat", "color": "pink", "shape": "circle"},
        {"fruit": "apple", "animal": "dog", "color": "green", "shape": "circle"},
        {"fruit": "pear", "animal": "cat", "color": "pink"},
        {"fruit": "pear", "animal": "dog", "color": "green"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    ]


def test_exclude_removes_partial_matches_as_in_github_s_example() -> None:
    matrix = {
        "os": ["macos", "windows"],
        "version": [12, 14, 16],
        "environment": ["staging", "production"],
        "exclude": [
            {"os": "macos", "version": 12, "environment": "production"},
            {"os": "windows", "version": 16},
        ],
    }
    left = combinations(matrix)
    assert len(left) == 9
    assert {"os": "macos", "version": 12, "environment": "production"} not in left
    assert not [one for one in left if one["os"] == "windows" and one["version"] == 16]


def test_include_adds_back_what_exclude_removed() -> None:
    matrix = {"a": [1, 2], "exclude": [{"a": 1}], "include": [{"a": 1, "b": 3}]}
    assert combinations(matrix) == [{"a": 2}, {"a": 1, "b": 3}]


def test_include_alone_gives_one_combination_an_entry() -> None:
    assert combinations({"include": [{"a": 1}, {"a": 2, "b": 3}]}) == [{"a": 1}, {"a": 2, "b": 3}]


def test_one_equals_one_point_nought_and_not_true() -> None:
    assert combinations({"a": [1, True], "exclude": [{"a": 1.0}]}) == [{"a": True}]


@pytest.mark.parametrize(
    ("matrix", "path", "message"),
    [
        ({"a": []}, ("a",), "matrix.a is empty, so there would be no job"),
        ({"a": "x"}, ("a",), "matrix.a must be a list"),
        ({"a": [1], "include": {"a": 1}}, ("include",), "matrix.include must be a list"),
        ({"a": [1], "exclude": [3]}, ("exclude", 0), "an entry of matrix.exclude must be"),
        ({"a": [1], "exclude": [{"b": 1}]}, ("exclude", 0, "b"), 'matrix.exclude names "b"'),
        ({"a": [1], "exclude": [{"a": 1}]}, (), "exclude leaves no combination"),
        ({}, (), "the matrix is empty, so there would be no job"),
        ({"include": []}, (), "the matrix is empty, so there would be no job"),
        ({f"a{n}": list(range(100)) for n in range(9)}, (), "the matrix has more than 1,000,000"),
    ],
)
def test_an_invalid_matrix_is_rejected_with_the_path(
    matrix: dict[str, Any], path: tuple[str | int, ...], message: str
) -> None:
    (error,) = errors_in(matrix)
    assert error.path == path
    assert (error.message or "").startswith(message)


def test_all_errors_in_a_matrix_are_reported_at_once() -> None:
    matrix = {"s": "a", "t": [], "exclude": 5, "include": {"s": "b"}}
    assert [error.path for error in errors_in(matrix)] == [
        ("s",),
        ("t",),
        ("exclude",),
        ("include",),
    ]


def test_a_misspelt_exclude_key_suggests_the_nearest() -> None:
    (error,) = errors_in({"style": [1], "exclude": [{"styel": 1}]})
    assert error.hint == 'did you mean "style"?'


scalars = st.integers(0, 3) | st.booleans() | st.sampled_from(["x", "y"])
axes = st.dictionaries(
    st.sampled_from("abc"), st.lists(scalars, min_size=1, max_size=3), min_size=1
)
entries = st.lists(st.dictionaries(st.sampled_from("abcde"), scalars, min_size=1), max_size=4)


@given(axes)
def test_the_number_of_combinations_is_the_product_of_lengths(
    matrix: dict[str, list[Any]],
) -> None:
    found = combinations(matrix)
    assert len(found) == math.prod(map(len, matrix.values()))
    assert all(one.keys() == matrix.keys() for one in found)


@given(axes, entries)
def test_include_never_changes_an_original_value(
    matrix: dict[str, Any], included: list[dict[str, Any]]
) -> None:
    original = combinations(matrix)
    found = combinations({**matrix, "include": included})
    assert len(found) >= len(original)
    for before, after in zip(original, found, strict=False):
        assert all(same(after[key], value) for key, value in before.items())


@given(axes, entries)
def test_no_remaining_combination_agrees_with_an_exclude(
    matrix: dict[str, Any], excluded: list[dict[str, Any]]
) -> None:
    known = [{k: v for k, v in entry.items() if k in matrix} for entry in excluded]
    known = [entry for entry in known if entry]
    found, _ = matrix_module.combinations({**matrix, "exclude": known})
    left = [
        one
        for one in combinations(matrix)
        if not any(all(same(one[k], v) for k, v in entry.items()) for entry in known)
    ]
    assert found == left
