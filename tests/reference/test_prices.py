"""The prices that the reference shows are the ends of what the planner estimates."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from runner.model.jobs import JobMedia, Media
from runner.model.names import steps
from runner.model.operations import Amount, Operation
from runner.operations import defaults_of, load_operations
from runner.planning.estimates import estimate
from runner.reference.examples import example_manifest
from runner.reference.prices import PriceRange, price_ranges

OPERATIONS = load_operations()
PRICED = [name for name, operation in OPERATIONS.items() if operation.price]
ABSENT: Any = object()
URL = "https://assets.example/a"
SECONDS = (1.0, 4.99, 5.0, 5.01, 12.5, 29.9)
"""Lengths of a video or a sound that is counted."""


def values_of(operation: Operation, name: str) -> list[Any]:
    """Every value of a parameter, or the limits of those that have many; `ABSENT` too."""
    rule = operation.schema["properties"][name]
    match rule:
        case {"enum": list(values)}:
            return [ABSENT, *values]
        case {"type": "boolean"}:
            return [ABSENT, True, False]
        case {"type": "integer"}:
            return [ABSENT, *range(rule.get("minimum", 0), rule.get("maximum", 20) + 1)]
        case {"type": "number", "minimum": least, "maximum": most}:
            return [ABSENT, least, (least + most) / 2 - 0.1, (least + most) / 2, most]
        case {"type": "array", "items": {"properties": {"duration": inner}}}:
            lengths = range(rule["minItems"], rule["maxItems"] + 1)
            durations = range(inner["minimum"], inner["maximum"] + 1)
            item = {"key_image": URL, "prompt": "a"}
            return [[{**item, "duration": d}] * n for n in lengths for d in durations]
        case {"type": "array"}:
            return [[URL] * n for n in range(rule.get("minItems", 0), rule["maxItems"] + 1)]
        case {"type": "string"} if name in operation.media:
            return [URL]
    return ["a" * n for n in (2, 499, 500, 501, 1000)]


def looked_at(operation: Operation) -> list[str]:
    """The parameters that decide the price."""
    columns = (column for table in operation.price for column in table.columns)
    return list(dict.fromkeys(steps(column.name)[0] for column in columns))


def valid(operation: Operation) -> list[dict[str, Any]]:
    """Every valid request that differs from the example in what decides the price."""
    (example,) = yaml.safe_load(example_manifest(operation))["jobs"]
    base = {k: v for k, v in example.items() if k in operation.schema["properties"]}
    names = looked_at(operation)
    # Some values require another parameter, such as the picture of a face.
    others = {name: URL for name in operation.schema["properties"] if name.endswith("_url")}
    is_valid = Draft202012Validator(dict(operation.schema)).is_valid
    found = []
    for chosen in product(*(values_of(operation, name) for name in names)):
        parameters = {**base, **dict(zip(names, chosen, strict=True))}
        parameters = {k: v for k, v in parameters.items() if v is not ABSENT}
        found += [p for p in (parameters, {**others, **parameters}) if is_valid(p)][:1]
    return found


VALID = {name: valid(OPERATIONS[name]) for name in PRICED}


def media_of(operation: Operation, seconds: float) -> JobMedia:
    """Everything that the operation takes, of that length."""
    medium = Media(
        source=URL, path=None, sha256=None, media_type=None, size_bytes=None, seconds=seconds
    )
    return {(name,): medium for name in operation.media}


def amount(
    shown: PriceRange, operation: Operation, parameters: Mapping[str, Any], seconds: float
) -> Decimal:
    """What the range is multiplied by, as it is read: `x duration`, `for each 5 s of video_url`."""
    if not shown.per:
        return Decimal(1)
    given_ = {**defaults_of(operation, parameters), **parameters}
    if found := re.fullmatch(r"x (\w+)", shown.per):
        return Decimal(str(given_[found[1]]))
    if re.fullmatch(r"a second of (\w+)", shown.per):
        return Decimal(str(seconds))
    if found := re.fullmatch(r"for each of (\w+)", shown.per):
        return Decimal(len(given_[found[1]]))
    if found := re.fullmatch(r"for each (\d+) characters of (\w+)", shown.per):
        return Decimal(math.ceil(len(given_[found[2]]) / int(found[1])))
    found = re.fullmatch(r"for each (?:second|(\d+) s) of (\w+)", shown.per)
    assert found, shown.per
    return Decimal(math.ceil(Decimal(str(seconds)) / int(found[1] or 1)))


def alone(operation: Operation) -> list[tuple[Operation, PriceRange]]:
    """The operation with each of its tables alone, and the range that is shown for that."""
    shown = {(each.unit, each.per): each for each in price_ranges(operation)}
    parts = [replace(operation, price=(table,)) for table in operation.price]
    ranges = (price_ranges(part)[0] for part in parts)
    return [(p, shown[r.unit, r.per]) for p, r in zip(parts, ranges, strict=True)]


ALONE = {name: alone(OPERATIONS[name]) for name in PRICED}


def shown_for(
    name: str, parameters: Mapping[str, Any], seconds: float
) -> tuple[PriceRange, Amount] | None:
    """The shown range that is about the request, and the estimate; None without a price."""
    media = media_of(OPERATIONS[name], seconds)
    found = estimate(OPERATIONS[name], parameters, media)
    for part, shown in ALONE[name]:
        if found is not None and estimate(part, parameters, media) is not None:
            return shown, found
    assert found is None
    return None


@pytest.mark.parametrize("name", PRICED)
@given(data=st.data())
def test_every_estimate_lies_in_the_shown_range(name: str, data: st.DataObject) -> None:
    operation = OPERATIONS[name]
    parameters = data.draw(st.sampled_from(VALID[name]))
    seconds = data.draw(st.decimals(1, 600, places=2).map(float))
    if found := shown_for(name, parameters, seconds):
        shown, cost = found
        times = amount(shown, operation, parameters, seconds)
        assert cost.unit == shown.unit
        least = shown.least * times + shown.least_extra
        assert least <= cost.value <= shown.most * times + shown.extra


def costs(name: str) -> Iterator[tuple[PriceRange, Decimal, Decimal]]:
    """What each valid request costs, with the range that is shown and its multiplier."""
    operation = OPERATIONS[name]
    is_counted = any(each.per.endswith(tuple(operation.media)) for each in price_ranges(operation))
    for parameters, seconds in product(VALID[name], SECONDS if is_counted else (1.0,)):
        if found := shown_for(name, parameters, seconds):
            times = amount(found[0], operation, parameters, seconds)
            yield found[0], times, found[1].value


@pytest.mark.parametrize("name", PRICED)
def test_both_ends_of_the_shown_range_are_reached(name: str) -> None:
    reached: dict[PriceRange, set[str]] = {each: set() for each in price_ranges(OPERATIONS[name])}
    for shown, times, cost in costs(name):
        if cost == shown.least * times + shown.least_extra:
            reached[shown].add("least")
        if cost == shown.most * times + shown.extra:
            reached[shown].add("most")
    assert {str(shown): ends for shown, ends in reached.items() if len(ends) < 2} == {}
