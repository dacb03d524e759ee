"""Explained forms: what a text must look like, in the words of `x-expected`, for editors.

Where a value has several forms, an editor would describe each of them, and report an error as if
there were only the first.
"""

from __future__ import annotations

from typing import Any

from runner.validation.shape import Schema


def explained(rule: Any) -> Any:
    """The same rule, with its forms in one and the message of an editor in words."""
    if isinstance(rule, list):
        return [explained(each) for each in rule]
    if not isinstance(rule, dict):
        return rule
    changed: Schema = {key: explained(value) for key, value in rule.items()}
    expected = changed.get("x-expected")
    if isinstance(expected, str):
        changed = _joined(changed)
        if "pattern" in changed:
            changed["patternErrorMessage"] = f"Expected {expected}."
    return changed


def _joined(rule: Schema) -> Schema:
    """One rule for numbers and patterns; a keyword applies to values of its own type only."""
    forms = rule.get("anyOf", [])
    texts = [form for form in forms if form.keys() == {"type", "pattern"}]
    numbers = [form for form in forms if form.get("type") == "number"]
    if not texts or len(texts) + len(numbers) < len(forms) or len(numbers) > 1:
        return rule
    kept = {key: value for key, value in rule.items() if key != "anyOf"}
    types = [*(form["type"] for form in numbers), "string"]
    pattern = "|".join(f"({form['pattern']})" for form in texts)
    return {**kept, **(numbers[0] if numbers else {}), "type": types, "pattern": pattern}
