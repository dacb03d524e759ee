"""Words the rules and conditions of operations' schemas, as short as a table's cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner.model.names import EACH

Rule = Mapping[str, Any] | bool
"""A JSON Schema; False forbids every value."""


def value_words(value: Any) -> str:
    """A value as a manifest has it: `true`, `16:9`; an empty text as `""`."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) or '""'


def rule_words(rule: Rule) -> str:
    """The values that a rule allows: `1 to 16`, `720p, 1080p`, `at most 5000 characters`."""
    if isinstance(rule, bool):
        return "any" if rule else "not allowed"
    return ", ".join(_parts(rule))


def _parts(rule: Mapping[str, Any]) -> Iterator[str]:
    if "const" in rule:
        yield value_words(rule["const"])
    if "enum" in rule:
        yield ", ".join(map(value_words, rule["enum"]))
    yield from _range(rule)
    yield from _count(rule, "Length", "character")
    if "x-length" in rule:
        yield _weighted_length(rule["x-length"])
    yield from _count(rule, "Items", "item")
    if "contains" in rule:
        yield from _contents(rule)
    elif "x-expected" in rule:
        yield rule["x-expected"]
    if "not" in rule:
        yield _exclusion(rule["not"])
    for part in rule.get("allOf", ()):
        yield from _parts(part)


def _contents(rule: Mapping[str, Any]) -> Iterator[str]:
    """How many items of some kind: `at most 3 videos`, `has draft_task in an item`."""
    expected, least = rule.get("x-expected"), rule.get("minContains", 1)
    if expected and rule.get("maxContains") == 1 and not rule.get("minContains"):
        yield f"{expected}: at most 1"
    elif expected or "maxContains" in rule:
        yield from _count(rule, "Contains", "item", expected)
    elif least:
        number = "an item" if least == 1 else f"at least {least} items"
        yield f"has {_kind_words(rule['contains'])} in {number}"


def _exclusion(rule: Rule) -> str:
    """`not last_frame`, `has image_url in less than 2 items`."""
    if isinstance(rule, bool) or "contains" not in rule or rule.keys() & {"maxContains", "enum"}:
        return f"not {rule_words(rule)}"
    least = rule.get("minContains", 1)
    number = "no item" if least == 1 else f"less than {least} items"
    return f"has {_kind_words(rule['contains'])} in {number}"


def _kind_words(item: Mapping[str, Any]) -> str:
    """What such an item has: `image_url`, `role first_frame`."""
    return condition_words(item).removesuffix(" given")


def _range(rule: Mapping[str, Any]) -> Iterator[str]:
    least, most = rule.get("minimum"), rule.get("maximum")
    if least is not None and most is not None:
        yield f"{least} to {most}"
    elif least is not None:
        yield f"at least {least}"
    elif most is not None:
        yield f"at most {most}"
    if (above := rule.get("exclusiveMinimum")) is not None:
        yield f"above {above}"
    if (below := rule.get("exclusiveMaximum")) is not None:
        yield f"below {below}"


def _weighted_length(length: Mapping[str, Any]) -> str:
    plain = {f"{key}Length": length[key] for key in ("min", "max") if key in length}
    words = ", ".join(_count(plain, "Length", "character"))
    return f"{words}, a Chinese one counts as {length['wide']}"


def _count(
    rule: Mapping[str, Any], what: str, noun: str, expected: str | None = None
) -> Iterator[str]:
    """How many characters or items there may be; `expected` names them better than `noun`."""
    least, most = rule.get(f"min{what}") or 0, rule.get(f"max{what}")
    last = least if most is None else most
    things = expected or (noun if last == 1 else f"{noun}s")
    if most is not None:
        number = (
            f"{most}" if least == most else f"{least} to {most}" if least else f"at most {most}"
        )
        yield f"{number} {things}"
    elif least > 1:
        yield f"at least {least} {things}"
    elif least == 1 and what == "Length":
        yield "not empty"


def condition_words(condition: Mapping[str, Any], prefix: str = "") -> str:
    """When an `if` holds: `viduq1, viduq1-classic`, `viduq3-pro with audio false`.

    `prefix`: of the names, for a condition on what is inside a parameter.
    """
    rules: Mapping[str, Rule] = condition.get("properties", {})
    required = condition.get("required", ())
    names = dict.fromkeys([*rules, *required])
    return " with ".join(
        _one_condition(f"{prefix}{name}", rules.get(name, {}), name in required) for name in names
    )


def _one_condition(name: str, rule: Rule, required: bool) -> str:
    words = rule_words(rule)
    if not words:
        return f"{name} given"
    text = words if name == "model" else f"{name} {words}"
    return text if required else f"{text} or absent"


def branches(
    schema: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Each conditional rule with its condition in words: (prefix of names, condition, `then`)."""
    for branch in schema.get("allOf", ()):
        if "if" in branch:
            yield prefix, condition_words(branch["if"], prefix), branch.get("then", {})
    for name, rule in schema.get("properties", {}).items():
        for inner, step in _inside(f"{prefix}{name}", rule):
            yield from branches(inner, step)


def properties_in(schema: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Rule, bool]]:
    """Every parameter, and every key inside one, by name: its rule, and whether it is required."""
    required = schema.get("required", ())
    for name, rule in schema.get("properties", {}).items():
        yield f"{prefix}{name}", rule, name in required
        for inner, step in _inside(f"{prefix}{name}", rule):
            yield from properties_in(inner, step)


def _inside(name: str, rule: Rule) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The rules of the mapping, or of the mappings in the list, that a parameter is."""
    if isinstance(rule, bool):
        return
    if "properties" in rule:
        yield rule, f"{name}."
    items = rule.get("items")
    if isinstance(items, Mapping) and "properties" in items:
        yield items, f"{name}{EACH}."
