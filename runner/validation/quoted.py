"""Quoted values: lets editors insert with quotes what YAML would otherwise read as another value.

An editor inserts the values of an `enum`, and a default, by the rules of YAML 1.2. By YAML 1.1,
which manifests follow, the ratio 16:9 without quotes is the number 969, and `off` is false.
"""

from __future__ import annotations

import json
import re
from typing import Any

from runner.documents.scalars import read_plain
from runner.validation.shape import Schema


def quoted(rule: Any) -> Any:
    """The same rule, whose texts are inserted in the form in which they are read back."""
    if isinstance(rule, list):
        return [quoted(each) for each in rule]
    if not isinstance(rule, dict):
        return rule
    changed: Schema = {key: quoted(value) for key, value in rule.items()}
    if _is_misread(changed.get("default")):
        del changed["default"]
    values = changed.get("enum")
    # A pattern, for editors would also offer the values of an `enum` in their own form.
    if isinstance(values, list) and any(map(_is_misread, values)) and _are_texts(values):
        changed = {key: value for key, value in changed.items() if key != "enum"} | _pattern(values)
    return changed


def _is_misread(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    read = read_plain(value)
    return read.error is not None or read.value != value


def _are_texts(values: list[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _pattern(values: list[str]) -> Schema:
    shown = [json.dumps(value, ensure_ascii=False) for value in values]
    return {
        "type": "string",
        "pattern": f"^({'|'.join(map(_escaped, values))})$",
        "patternErrorMessage": f"Value is not accepted. Valid values: {', '.join(shown)}.",
        "defaultSnippets": [
            {"label": value, "body": text if _is_misread(value) else value}
            for value, text in zip(values, shown, strict=True)
        ],
    }


# `re.escape` would escape hyphens too, which the patterns of JavaScript do not allow.
def _escaped(text: str) -> str:
    return re.sub(r"[.*+?^${}()|\[\]\\/]", r"\\\g<0>", text)
