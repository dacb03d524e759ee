"""Plain values written as YAML."""

from __future__ import annotations

import enum
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from runner.documents.dump import dump, dump_item, flow_text
from runner.documents.files import load

TRICKY = st.sampled_from(
    [
        "16:9", "1:30:00", "no", "Yes", "on", "y", "N", "1e3", "1.5e3", "0x1F", "0o17", "010", "~",
        "null", "2026-01-01", "=", "<<", "", " ", " a", "a ", "a  b", "a: b", "a:", "a #b", "#a",
        "- a", "-", "---", "...", "? a", "!a", "&a", "*a", "%a", "@a", "`a`", "|", ">", "[a]",
        "{a}", "${{ vars.x }}", "'", '"', "\\", "a\\b", "a\nb", "a\n", "\na", "a\n\nb\n", "a\n\n",
        "a\nb\n\n", "a\n b", "a\n\tb", "a \nb", "a\r\nb", "\t", "a\tb", "\x00", "\x1b[31m", "\x7f",
        "\x85", "\xa0", "\u2028", "\u2029", "\ufeff", "\ufeffa", "\ufffe", "\uffff", "\u202e", "猫",
        "一只可爱的小猫坐在窗台上,阳光洒在它的身上", "😀", "a😀: b", "é", "e\u0301", "\u3000", "+1",
        "k" * 2000, ".inf", ".nan", "-.inf", "NaN", "true", "TRUE", "0", "1_000", "12", "-1",
    ]
)  # fmt: skip
TEXT = TRICKY | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=15,
)


@given(JSON)
@example({"a": [[], {}, [[]], [{}], {"b": "x\ny"}, "x\ny"]})
@example({"k" * 900: [1], "k" * 901: "x\ny", "k" * 902: {"a": 1}, "k" * 903: 1})
@example([1e16, 1e-7, 1.5e300, -0.0, 5e-324])
def test_a_dumped_value_loads_as_the_same_value(value: Any) -> None:
    assert load(dump(value)) == value


@given(JSON)
def test_pyyaml_reads_the_same_value(value: Any) -> None:
    assert yaml.safe_load(dump(value)) == value


@given(st.lists(JSON, min_size=1, max_size=4), st.integers(0, 4))
def test_items_one_by_one_make_a_list(values: list[Any], indent: int) -> None:
    rows = "".join(dump_item(value, indent=indent) for value in values)
    assert load("jobs:\n" + rows) == {"jobs": values}


@given(JSON)
def test_the_text_can_be_encoded_and_shown_on_a_terminal(value: Any) -> None:
    text = dump(value)
    text.encode()
    assert not any((c < " " and c != "\n") or "\x7f" <= c <= "\x9f" for c in text)
    assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\ufeff\u2028")


def test_a_row_looks_like_the_one_of_the_documentation() -> None:
    row = {
        "id": "window",
        "prompt": "一只可爱的小猫坐在窗台上, 阳光洒在它的身上",
        "parameters": {"aspect_ratio": "16:9"},
        "tags": [],
        "task_id": "911092490931552256",
        "seed": 616519648,
        "credits": None,
        "urls": ["https://host/a.png?x=1"],
        "reused": False,
    }
    assert dump_item(row, indent=2) == (
        "  - id: window\n"
        "    prompt: 一只可爱的小猫坐在窗台上, 阳光洒在它的身上\n"
        "    parameters:\n"
        '      aspect_ratio: "16:9"\n'
        "    tags: []\n"
        '    task_id: "911092490931552256"\n'
        "    seed: 616519648\n"
        "    credits: null\n"
        "    urls:\n"
        "      - https://host/a.png?x=1\n"
        "    reused: false\n"
    )


def test_a_text_of_several_lines_stays_readable() -> None:
    assert dump({"p": "one\n\ntwo: # 3", "q": "one\ntwo\n"}) == (
        "p: |-\n  one\n\n  two: # 3\nq: |\n  one\n  two\n"
    )


@pytest.mark.parametrize("word", ["yes", "No", "ON", "off", "y", "null", "True", "1e3", "12:30"])
def test_words_that_a_yaml_reader_may_misread_are_quoted(word: str) -> None:
    assert dump(word) == f'"{word}"\n'


def test_enums_tuples_and_mappings_become_plain_values() -> None:
    class Color(enum.StrEnum):
        RED = "red"

    value = MappingProxyType({"c": Color.RED, "t": (1, (2,)), "e": ()})
    assert load(dump(value)) == {"c": "red", "t": [1, [2]], "e": []}


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    assert load(dump("a\ud83d")) == "a\ufffd"


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_infinities_are_rejected(value: float) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        dump([value])


@pytest.mark.parametrize("value", [b"bytes", {1: 2}, {"a": {1, 2}}, [object()]])
def test_a_value_that_is_not_json_is_rejected(value: Any) -> None:
    with pytest.raises(TypeError):
        dump(value)


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_a_flow_text_is_read_as_itself_inside_braces(texts: list[str]) -> None:
    line = ", ".join(f"k{index}: {flow_text(text)}" for index, text in enumerate(texts))
    expected = {f"k{index}": text for index, text in enumerate(texts)}
    assert load(f"{{{line}}}") == expected
    assert yaml.safe_load(f"{{{line}}}") == expected
    assert "\n" not in line
