"""JSON texts: the values of any JSON reader, and errors with their places."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.documents.files import load, read_document
from runner.documents.positions import Positions
from runner.errors import Diagnostic, ManifestError

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
).filter(lambda value: not _is_beyond(value))


def _is_beyond(value: Any) -> bool:
    return "Infinity" in json.dumps(value)


def error_of(text: str) -> Diagnostic:
    with pytest.raises(ManifestError) as caught:
        load(text, path="m.json")
    return caught.value.diagnostics[-1]


@given(value=VALUES, indent=st.sampled_from([None, 1, "\t"]), escaped=st.booleans())
def test_what_json_writes_is_read_as_it_was(value: Any, indent: Any, escaped: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=escaped)
    assert json.dumps(load(text, path="m.json")) == json.dumps(value)


@given(value=VALUES, indent=st.sampled_from([None, 1, "\t"]), escaped=st.booleans())
def test_events_give_the_same_values(value: Any, indent: Any, escaped: bool) -> None:
    # The number is perhaps too large, so the text is not left to the standard library.
    text = json.dumps([value, 1e100], indent=indent, ensure_ascii=escaped)
    assert json.dumps(load(text, path="m.json")[0]) == json.dumps(value)


@pytest.mark.parametrize(
    "text",
    [
        *("1e-2", "2E3", "-0", "0e+1", "1.5E+3", "12345678901234567890", "-0.0", "1E22"),
        *(
            '"\\ud83d\\ude00"',
            '"\x7f"',
            '"\uffff"',
            '"\\/"',
            '"\\u0000"',
            '"\u2028\x85"',
            '"&a #7"',
        ),
        *("[]", " [ ] ", "\t{}\r\n", '{"":[{}]}', '{"<<": {"a": 1}}', '{"a b": null}', '"yes"'),
        *('{"a":1,"b" :2 , "c": true}', '["16:9","010","~"]', '{"' + "k" * 3000 + '": false}'),
    ],
)
def test_a_json_text_has_its_value(text: str) -> None:
    assert repr(load(text, path="m.json")) == repr(json.loads(text))
    by_events = load(f"[{text},1e100]", path="m.json")
    assert repr(by_events[0]) == repr(json.loads(text))


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("[1,]", 4, "a comma before the ]"),
        ('{"a": 1,}', 9, "a comma before the }"),
        ("[1 2]", 4, "a comma or ] is expected here, not 2"),
        ('{"a": 1]', 8, "a comma or } is expected here, not ]"),
        ("[1,,2]", 4, "a value is expected here, not ,"),
        ("[", 1, "the [ opened here is not closed"),
        ('[{"a": [1, 2', 8, "the [ opened here is not closed"),
        ('{"a" 1}', 6, "a colon is expected here, not 1"),
        ("{a: 1}", 2, 'a key in "double quotes" is expected here, not a'),
        ("['a']", 2, "a text needs double quotes"),
        ("[1] // x", 5, "the document has ended before this"),
        ("[// x\n1]", 2, "a comment"),
        ("{} {}", 4, "the document has ended before this"),
        ("[NaN]", 2, "a value is expected here, not NaN"),
        ("[01]", 2, "a value is expected here, not 01"),
        ("[1.]", 2, "a value is expected here, not 1."),
        ("[tru]", 2, "a value is expected here, not tru"),
        ('["a]', 2, "the quote opened here is never closed"),
        ('["a\n"]', 4, "a line break inside a text"),
        ('["\t"]', 3, "a tab inside a text"),
        ('["\x01"]', 3, "U+0001 inside a text"),
        ('["\\a"]', 3, "unknown escape in a text"),
        ('["\\u12"]', 3, "unknown escape in a text"),
        ("[\u00a01]", 2, "U+00A0 (no-break space) cannot stand here"),
        ("[\x0c]", 2, "U+000C cannot stand here"),
    ],
)
def test_an_error_is_where_the_text_is_not_json(text: str, column: int, message: str) -> None:
    error = error_of(text)
    assert error.message == f"this is not JSON: {message}"
    assert error.location is not None
    assert (error.location.line, error.location.column) == (1, column)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("[True]", "write true"),
        ("[None]", "write null"),
        ("[+1]", "a number has no leading zero or plus, and digits around its point"),
        ("[cat]", "quote it, or name the file .yaml, if YAML is meant"),
        ("[1 true]", None),
    ],
)
def test_an_error_has_what_to_write_as_its_hint(text: str, hint: str | None) -> None:
    assert error_of(text).hint == hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "a": 2}', 'duplicate key "a" (first at line 1, column 2)'),
        ('["\\ud83d"]', "half of a surrogate pair is not a character, and UTF-8 cannot encode it"),
        ("[1e999]", "the number 1e999 is too large; quote it if it is text"),
        (f"[{'9' * 400}]", "a number of 400 digits is too long; quote it if it is text"),
        ("[" * 101 + "]" * 101, "lists and mappings are nested more than 100 deep"),
        ("[" * 100_000, "lists and mappings are nested more than 100 deep"),
    ],
)
def test_json_that_cannot_be_kept_is_an_error(text: str, message: str) -> None:
    assert error_of(text).message == message


def test_json_may_be_nested_a_hundred_deep() -> None:
    assert str(load("[" * 100 + "]" * 100, path="m.json")) == "[" * 100 + "]" * 100


def test_a_blank_json_text_has_no_value() -> None:
    assert load(" \n", path="m.json") is None


def test_values_of_json_are_found_by_their_paths() -> None:
    text = '{\n\t"a": ["\\ud83d\\ude00", {"b": 1e-2}]\n}'
    positions = Positions("m.json", text)
    assert text[positions.index(("a", 1, "b")) :].startswith("1e-2")
    assert text[positions.index(("a", 1, "b"), key=True) :].startswith('"b"')
    assert text[positions.index(("a", 0)) :].startswith('"\\ud83d')


def test_a_json_manifest_is_read_by_its_name(tmp_path: Path) -> None:
    for name, value in (("m.JSON", 0.01), ("m.yaml", "1e-2")):
        (tmp_path / name).write_text('{"a": 1e-2}')
        assert read_document(tmp_path / name).value == {"a": value}
