from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.model.jobs import Draft
from runner.model.operations import Operation
from runner.validation.jobs import check_job

GOOD = {"model": "viduq2", "start": ["a.png"]}


@pytest.mark.parametrize(
    ("parameters", "messages"),
    [
        (GOOD, []),
        ({**GOOD, "mode": "fast"}, ['mode "fast" is new']),
        ({**GOOD, "seconds": 1}, None),
        ({**GOOD, "seconds": 3}, ["seconds 3 is not a multiple of 2"]),
        ({**GOOD, "off_peak": True}, ["end is missing (off_peak needs it)"]),
        ({**GOOD, "style": "ab"}, ["style has 2 characters, but at least 3 are needed"]),
        (
            {**GOOD, "style": "ABC"},
            ['style "ABC" does not match the pattern ^[a-z]+$'],
        ),
        ({**GOOD, "amount": 3}, ["amount 3 is out of range (less than 3)"]),
        ({**GOOD, "tags_of_style": ["a", "a"]}, ['tags_of_style has "a" more than once']),
        ({**GOOD, "extra": {"a": 1}}, ["extra has 1 entry, but at least 2 are needed"]),
        (
            {**GOOD, "mode": "slow"},
            [
                'mode "slow" is not offered by vidu/start-end2video (fast)',
                'mode "slow" is new',
            ],
        ),
        ({**GOOD, "seconds": 8}, ["end is missing (seconds 8 needs it)"]),
        (
            {**GOOD, "seconds": 8, "end": ["b.png"], "off_peak": True, "style": "wild"},
            [
                "off_peak true is not allowed (seconds 8)",
                'style "wild" is not offered with seconds 8 (calm)',
            ],
        ),
    ],
)
def test_each_keyword_has_its_message(
    added_operation: Operation, parameters: Any, messages: list[str] | None
) -> None:
    draft = Draft(
        entry=0, id="a", operation=added_operation.name, parameters=parameters, base=Path()
    )
    found = [f.message for f in check_job(draft, added_operation)]
    if messages is None:
        messages = ["seconds 1 is out of range (at least 2)", "seconds 1 is not a multiple of 2"]
    assert found == messages
