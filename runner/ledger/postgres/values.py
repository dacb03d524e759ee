"""Values: what PostgreSQL takes for the values of the ledger's columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, overload


@overload
def text_value(value: str) -> str: ...
@overload
def text_value(value: None) -> None: ...
def text_value(value: str | None) -> str | None:
    """A text as PostgreSQL stores it: without NUL and lone surrogates, which it refuses."""
    if value is None or (value.isascii() and "\0" not in value):
        return value
    return value.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def column_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row, texts as `text_value` has them."""
    return {
        name: text_value(value) if isinstance(value, str) else value
        for name, value in values.items()
    }
