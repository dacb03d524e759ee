from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model.names import leaves_at, name_of, rule_at, steps, values_at

CAST = {
    "start_image": "a.png",
    "subjects": [{"name": "girl", "images": ["b.png", "c.png"]}, {"name": "boat"}, "not a mapping"],
    "content": [{"image_url": {"url": "d.png"}}],
}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("start_image", [(("start_image",), "a.png")]),
        ("subjects[].name", [(("subjects", 0, "name"), "girl"), (("subjects", 1, "name"), "boat")]),
        ("subjects[].images", [(("subjects", 0, "images"), ["b.png", "c.png"])]),
        ("content[].image_url.url", [(("content", 0, "image_url", "url"), "d.png")]),
        ("images", []),
        ("start_image[].url", []),
        ("subjects.name", []),
    ],
)
def test_a_name_leads_to_every_value_that_is_there(name: str, found: list[Any]) -> None:
    assert list(values_at(CAST, name)) == found


def test_each_item_of_a_last_list_is_a_leaf() -> None:
    assert list(leaves_at(CAST, "subjects[].images")) == [
        (("subjects", 0, "images", 0), "b.png"),
        (("subjects", 0, "images", 1), "c.png"),
    ]
    assert list(leaves_at(CAST, "start_image")) == [(("start_image",), "a.png")]


KEYS = st.text("abc_-", min_size=1)
PATHS = st.builds(
    lambda first, inner: (first, *inner),
    KEYS,
    st.lists(st.tuples(KEYS) | st.tuples(st.integers(0, 9), KEYS), max_size=4).map(
        lambda parts: [key for part in parts for key in part]
    ),
)


@given(PATHS, st.none() | st.integers(0, 3))
def test_the_name_of_a_path_leads_back_to_it(path: tuple[str | int, ...], last: int | None) -> None:
    leaf: Any = "x" if last is None else ["x"] * (last + 1)
    tree: Any = leaf
    for key in reversed(path):
        tree = {key: tree} if isinstance(key, str) else [None] * key + [tree]
    whole = path if last is None else (*path, last)
    assert (whole, "x") in list(leaves_at(tree, name_of(whole)))


def test_a_list_steps_into_each_of_its_items() -> None:
    assert steps("subjects[].images") == ("subjects", "[]", "images")


def test_a_rule_is_found_inside_lists_and_objects() -> None:
    text = {"type": "string"}
    item = {"properties": {"images": {"items": text}, "any": True}}
    schema = {"properties": {"subjects": {"items": item}}}
    assert rule_at(schema, "subjects[].images") == {"items": text}
    assert rule_at(schema, "subjects[].any") == {}
    assert rule_at(schema, "subjects[].image") is None
    assert rule_at(schema, "subjects.images") is None
