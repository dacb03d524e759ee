"""YAML events with the place of each in the text."""

from __future__ import annotations

import pytest
import yaml

from runner.documents.events import index_of, open_events
from runner.documents.files import load


def scalars(text: str) -> dict[str, int]:
    """Every scalar of the text, and where it begins."""
    with open_events(text) as events:
        return {
            event.value: index_of(event) for event in events if isinstance(event, yaml.ScalarEvent)
        }


def test_an_event_has_its_index_in_the_text() -> None:
    assert scalars("a: 1\nb: [two]\n") == {"a": 0, "1": 3, "b": 5, "two": 9}


@pytest.mark.parametrize("start", ["猫: ", "é: ", "\U0001f600: "])
def test_an_index_counts_characters_and_not_bytes(start: str) -> None:
    assert scalars(f"{start}x\n")["x"] == len(start)


def test_a_syntax_error_is_raised_where_it_is_reached() -> None:
    with open_events("a: [1\nb: 2\n") as events:
        assert isinstance(next(events), yaml.StreamStartEvent)
        with pytest.raises(yaml.YAMLError):
            list(events)


def test_the_events_of_an_empty_text_are_those_of_its_stream() -> None:
    with open_events("") as events:
        assert [type(event) for event in events] == [yaml.StreamStartEvent, yaml.StreamEndEvent]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: |-\n  \tname:\tMochi\n  \tfur:\twhite\n", "\tname:\tMochi\n\tfur:\twhite"),
        ("a: |\r\n  \tx\r\n", "\tx\n"),
        ("a: >  # folded\n\n   \tx\n", "\n\tx\n"),
        ("a: |2\n  \tx\n", "\tx\n"),
        ("- |\n \tx\n", "\tx\n"),
    ],
)
def test_a_tab_behind_the_indentation_of_a_block_is_text(text: str, value: str) -> None:
    assert value in scalars(text)


def test_a_surrogate_pair_in_double_quotes_is_one_character() -> None:
    text = '"\\ud83d\\ude00": ["\\uD83D\\uDE00 cat", \'\\ud83d\\ude00\']\n'
    assert list(scalars(text)) == ["😀", "😀 cat", "\\ud83d\\ude00"]


def test_yaml_written_as_json_keeps_the_values_of_yaml() -> None:
    text = '{"\\ud83d\\ude00": 1e-2, "b": ["no"]}'
    assert load(text) == {"😀": "1e-2", "b": ["no"]}
    assert scalars(text)["1e-2"] == text.index("1e-2")
