from __future__ import annotations

from typing import Any

import pytest

from runner.validation.document import check_lookalikes


def told(text: str) -> list[tuple[Any, str, str | None]]:
    document = {"jobs": [{"id": "a", "prompt": text}], "x-note": text}
    return [(f.path, f.message, f.hint) for f in check_lookalikes(text, document) if f.warning]


@pytest.mark.parametrize(
    ("text", "found", "meant"),
    [
        ("a ${vars.hero} sits", "${vars.hero}", "${{ vars.hero }}"),
        ("{{ vars.hero }}", "{{ vars.hero }}", "${{ vars.hero }}"),
        ("{{row['the name']}}", "{{row['the name']}}", "${{ row['the name'] }}"),
        ("{{ take }}", "{{ take }}", "${{ take }}"),
        ("${jobs.a.seed | x}", "${jobs.a.seed | x}", "${{ jobs.a.seed | x }}"),
    ],
)
def test_what_looks_like_an_expression_is_told(text: str, found: str, meant: str) -> None:
    place = ("jobs", 0, "prompt")
    hint = f"did you mean {meant}?"
    assert told(text) == [(place, f"{found} is not an expression and is kept as text", hint)]


@pytest.mark.parametrize(
    "text",
    ["${{ vars.hero }}", "$${{ vars.hero }}", "${HOME}", "{{ x }}", "{vars.x}", "{{ takes }}", "$"],
)
def test_what_does_not_is_left_alone(text: str) -> None:
    assert told(text) == []
