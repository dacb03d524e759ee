"""YAML events with the place of each in the text."""

from __future__ import annotations

import pytest
import yaml

from runner.documents.events import index_of, open_events


def scalars(text: str) -> dict[str, int]:
    """Every scalar of the text, and where it begins."""
    found: dict[str, int] = {}
    with open_events(text) as next_event:
        while (event := next_event()) is not None:
            if isinstance(event, yaml.ScalarEvent):
                found[event.value] = index_of(event)
    return found


def test_an_event_has_its_index_in_the_text() -> None:
    assert scalars("a: 1\nb: [two]\n") == {"a": 0, "1": 3, "b": 5, "two": 9}


@pytest.mark.parametrize("start", ["猫: ", "é: ", "\U0001f600: "])
def test_an_index_counts_characters_and_not_bytes(start: str) -> None:
    assert scalars(f"{start}x\n")["x"] == len(start)


def test_a_syntax_error_is_raised_where_it_is_reached() -> None:
    with open_events("a: [1\nb: 2\n") as next_event:
        assert isinstance(next_event(), yaml.StreamStartEvent)
        with pytest.raises(yaml.YAMLError):
            list(iter(next_event, None))


def test_after_the_last_event_there_is_none() -> None:
    with open_events("") as next_event:
        events = [type(next_event()) for _ in range(3)]
    assert events == [yaml.StreamStartEvent, yaml.StreamEndEvent, type(None)]
