from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from runner.emulator.api.errors import ApiError
from runner.emulator.api.fields import Fields
from runner.emulator.operations.kinds import Choice, Flag, Media, Text, Whole
from runner.emulator.operations.language import (
    ASecond,
    Case,
    Operation,
    Steps,
    half,
)
from runner.emulator.operations.reading import read
from runner.emulator.operations.rules import Refusal, holds
from runner.emulator.operations.vidu import OPERATIONS
from tests.emulator.media import received

MADE_UP = Operation(
    path="made-up",
    makes="video",
    row_type="made-up",
    fields={
        "model": Choice(among=("a", "b")),
        "images": Media(least=0, most=2),
        "duration": Whole(among=(2, 5, 9), default=5),
        "resolution": Choice(among=("540p", "1080p"), default="540p"),
        "title": Text(default="none", most=5),
        "loud": Flag(),
    },
    cases=(
        Case(
            when={"model": ("b",), "duration": (9,)},
            fields={"resolution": Choice(among=("1080p",), default="1080p")},
        ),
    ),
    rules=(Refusal(when={"images": (2,), "loud": (True,)}, why="two images are silent"),),
    no_effect={"loud": ({"model": ("a",)},)},
    prices={},
    answer=("model",),
    constants={},
)


def test_an_operation_is_no_more_than_a_table() -> None:
    order = read(MADE_UP, Fields(values={"model": "b", "images": ["https://a/b.png"]}), received)
    assert (order.operation, order.duration_s, order.resolution) == ("made-up", 5, "540p")
    [image] = order.images
    assert (image.name, image.url) == ("images[0]", "https://a/b.png")
    assert order.details == {
        "images": ["images[0]"],
        "duration": 5,
        "title": "none",
        "loud": False,
    }


def test_a_case_changes_what_a_field_may_be() -> None:
    body = {"model": "b", "duration": 9}
    assert read(MADE_UP, Fields(values=body), received).resolution == "1080p"
    with pytest.raises(ApiError, match="resolution must be one of 1080p"):
        read(MADE_UP, Fields(values={**body, "resolution": "540p"}), received)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"model": "a", "duration": 3}, "duration must be one of 2, 5, 9"),
        ({"model": "a", "duration": 1}, "duration must be from 2 to 9"),
        ({"model": "a", "images": ["x", "y"], "loud": True}, "two images are silent"),
        ({"model": "a", "title": "123456"}, "title has 6 characters"),
    ],
)
def test_a_message_names_the_rule(body: dict[str, Any], message: str) -> None:
    with pytest.raises(ApiError, match=message):
        read(MADE_UP, Fields(values=body), received)


def test_a_list_counts_by_its_length() -> None:
    assert holds({"images": range(1, 4)}, {"images": ["x", "y"]})
    assert not holds({"images": (0,)}, {"images": ["x"]})
    assert holds({}, {})


def test_a_field_has_an_effect_unless_a_condition_says_no() -> None:
    assert MADE_UP.has_effect("loud", {"model": "b", "loud": True})
    assert not MADE_UP.has_effect("loud", {"model": "a", "loud": True})
    assert not MADE_UP.has_effect("loud", {"model": "b", "loud": False})


def test_off_peak_is_half_rounded_up() -> None:
    assert [half(credits_) for credits_ in (8, 9)] == [4, 5]
    by_length = Steps(field="duration", steps={1: 8, 5: 20})
    a_second = ASecond(usual=9, off_peak=5)
    for values, task, seconds in (
        ({"duration": 4}, 11, 39),
        ({"duration": 4, "off_peak": True}, 6, 22),
    ):
        assert by_length.credits(values, 3) == task
        assert a_second.credits(values, 3) == seconds


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_every_form_of_an_operation_has_a_price(operation: Operation) -> None:
    usual: dict[str, Any] = {"images": ["x"], "image_settings": [{"duration": 5}]}
    usual |= {"template": "hugging", "text": "word", "audio_url": "", "quality": "standard"}
    for model, seconds in _forms(operation):
        values = {**usual, **operation.fixed, "model": model, "duration": seconds}
        for resolution in _names(operation, operation.resolution_field, values):
            assert operation.prices[model, resolution].credits(values, 0) > 0


def _forms(operation: Operation) -> Iterator[tuple[str, int]]:
    """Each model with each length, where there are any."""
    for model in _names(operation, "model", {}):
        lengths = None
        if "duration" in operation.fields:
            lengths = operation.kind("duration", {"model": model})
        for seconds in lengths.among if isinstance(lengths, Whole) else (5,):
            # 0: the provider chooses, and that is what is paid for.
            yield model, seconds or 4


def _names(operation: Operation, field: str, values: dict[str, Any]) -> Sequence[str]:
    if field not in operation.fields:
        return (operation.fixed.get(field, ""),)
    kind = operation.kind(field, values)
    assert isinstance(kind, Choice)
    return kind.among
