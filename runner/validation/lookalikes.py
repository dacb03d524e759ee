"""A manifest's text and value in, warnings about what only looks like an expression out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from runner.validation.findings import Finding

_LOOKALIKE = re.compile(
    r"(?<!\$)(?:\$\{(?!\{)|\{\{)\s*((?:(?:vars|matrix|row|jobs|env)[.\[][^{}]*|take\s*))\}\}?"
)
"""`${vars.x}` and `{{ vars.x }}`, as other tools write it."""


def check_lookalikes(text: str, document: Any) -> list[Finding]:
    """A warning for every text that stays as it is though an expression may have been meant."""
    some = ("${" in text or "{{" in text) and _LOOKALIKE.search(text)
    return list(_found(document, ())) if some else []


def _found(value: Any, path: tuple[str | int, ...]) -> Iterator[Finding]:
    if isinstance(value, str):
        if found := _LOOKALIKE.search(value):
            yield Finding(
                path=path,
                message=f"{found[0]} is no expression and stays as it is",
                hint=f"did you mean ${{{{ {found[1].strip()} }}}}?",
                warning=True,
            )
    elif isinstance(value, dict):
        for key, item in value.items():
            if not key.startswith("x-"):
                yield from _found(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _found(item, (*path, index))
