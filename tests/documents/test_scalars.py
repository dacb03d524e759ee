"""Plain scalars: their values agree with PyYAML, and surprises are reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from runner.documents.files import load
from runner.documents.scalars import read_plain

if TYPE_CHECKING:
    from tests.documents.conftest import Read

PLAIN = {
    "cat": "cat",
    "一只猫": "一只猫",
    "12": 12,
    "-3": -3,
    "+4": 4,
    "0": 0,
    "1.5": 1.5,
    ".5": 0.5,
    "1.": 1.0,
    "1.0e+3": 1000.0,
    "0x1F": 31,
    "0b11": 3,
    "123456789012345678901234567890": 123456789012345678901234567890,
    "true": True,
    "False": False,
    "null": None,
    "~": None,
    "": None,
    "2026-01-01": "2026-01-01",
    "2026-01-01T10:00:00Z": "2026-01-01T10:00:00Z",
    "1e3": "1e3",
    "08": "08",
    "0o17": "0o17",
    "0:30": "0:30",
    "16:90": "16:90",
    "y": "y",
    "=": "=",
    "<<": "<<",
    ".": ".",
    "0x_": "0x_",
    "1２": "1２",
    "n1": "n1",
    "1080p": "1080p",
}


@pytest.mark.parametrize(("text", "value"), PLAIN.items())
def test_a_plain_scalar_has_its_value_of_yaml_1_1(text: str, value: Any) -> None:
    read = load(f"a: {text}\n")["a"]
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!!str 12", "12"),
        ("!!int '12'", 12),
        ("!!float 3", 3.0),
        ("!!bool true", True),
        ("!!null ''", None),
        ("!!timestamp 2026-01-01", "2026-01-01"),
        ("!!seq [1]", [1]),
        ("!!map {a: 1}", {"a": 1}),
        ('"12"', "12"),
        ("'no'", "no"),
        ('"\\u732b\\x41"', "猫A"),
    ],
)
def test_quotes_and_known_tags_decide_the_type(text: str, value: Any) -> None:
    assert load(f"a: {text}\n")["a"] == value


@given(st.text(alphabet="0123456789_+-.:eExXbBafnoyYNtT~", max_size=12))
def test_plain_scalars_agree_with_pyyaml_or_are_errors(text: str) -> None:
    theirs = _pyyaml(text)
    if theirs is None:
        return
    ours = read_plain(text)
    if ours.error is None:
        assert ours.value == theirs[0]
        assert type(ours.value) is type(theirs[0])


def _pyyaml(text: str) -> tuple[Any] | None:
    """PyYAML's value of a plain scalar; None where it has none that JSON knows."""
    loader: Any = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))
    if tag.endswith(("timestamp", "merge", "value")):
        return (text,)
    try:
        return (loader.construct_object(yaml.ScalarNode(tag, text)),)
    except ValueError:
        return None
    finally:
        loader.dispose()


def test_words_and_underscores_in_numbers_are_warnings(read: Read) -> None:
    document = read("a: no\nb: [Yes, true, n]\nid: 2024_01\n")
    assert document.value == {"a": False, "b": [True, True, "n"], "id": 202401}
    messages = [str(problem).split(": ", 1)[1].splitlines()[0] for problem in document.diagnostics]
    assert messages == [
        "warning: YAML reads an unquoted no as false: quote it, or write false",
        "warning: YAML reads an unquoted Yes as true: quote it, or write true",
        'warning: YAML reads 2024_01 as the number 202401; if it is text, quote it: "2024_01"',
    ]
    assert [(w.location.line, w.location.column) for w in document.diagnostics if w.location] == [
        (1, 4),
        (2, 5),
        (3, 5),
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("1e-2", "1.0e-2"), ("2E3", "2.0E+3"), ("-1.5e3", "-1.5e+3"), ("1.e5", "1.0e+5")),
        *(("-.5", "-0.5"), (".5e1", "0.5e+1"), ("+1e1", "+1.0e+1")),
    ],
)
def test_a_number_of_json_that_yaml_reads_as_text_is_a_warning(text: str, number: str) -> None:
    reading = read_plain(text)
    assert reading.value == text
    assert reading.warning == f'{text} is read as text: write {number}, or quote it: "{text}"'
    assert read_plain(number).value == float(text)


@pytest.mark.parametrize("text", ["08", "0o17", "1080p", "v1e3", "1e", "-", ".", "+", "5e1f"])
def test_a_text_that_is_no_number_anywhere_is_no_warning(text: str) -> None:
    assert read_plain(text).warning is None


@pytest.mark.parametrize("text", ["3.1", "0.5", "5", "1.0", "1.0e-2", "-3"])
def test_a_number_that_reads_as_written_loses_nothing(text: str) -> None:
    assert read_plain(text).as_text is None
