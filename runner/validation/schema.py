"""Schema violations: why a value does not match its JSON Schema, without redundant errors.

Slow and thorough: it is called only for values that the fast validator has rejected.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.model.values import ValuePath, as_dict
from runner.validation.diagnostics import Finding, dotted, shown

if TYPE_CHECKING:
    from jsonschema import ValidationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The value that is checked, and how messages refer to it."""

    schema: Mapping[str, Any]
    value: Any
    owner: str
    """What the value is: an operation's name, "the manifest", "a job"."""
    noun: str
    """What its keys are called: "parameter" in an expanded job, else "key"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A keyword of the schema that the value violates."""

    subject: Subject
    path: ValuePath
    keyword: str
    limit: Any
    """The keyword's value in the schema."""
    value: Any
    schema: Mapping[str, Any]
    """The part of the schema that has the keyword."""
    conditions: tuple[ValuePath, ...]
    """Paths of the parameters under whose values the keyword applies, in the schema's order."""

    @property
    def name(self) -> str:
        """The dotted path of the value; at the root, the owner."""
        return dotted(self.path) or self.subject.owner

    @property
    def named_value(self) -> str:
        """The name and the value: `duration 9`."""
        return f"{self.name} {shown(self.value)}"

    @property
    def condition(self) -> str | None:
        """The values under which the keyword applies: "viduq1", "duration 9"; None if always."""
        values = {path: _value_at(self.subject.value, path) for path in self.conditions}
        words = [_named(path, value) for path, value in values.items() if value is not None]
        return " with ".join(words) or None

    @property
    def by_condition(self) -> str | None:
        """The condition after "is not offered": "by viduq1", "with duration 9"."""
        by = "by" if _MODEL in self.conditions else "with"
        return self.condition and f"{by} {self.condition}"

    def finding(self, message: str, hint: str | None = None) -> Finding:
        """The error; a hint that the schema has for the keyword is preferred."""
        written = self.schema.get("x-hints", {}).get(self.keyword)
        return Finding(path=self.path, message=message, hint=written or hint)


_MODEL = ("model",)


def _named(path: ValuePath, value: Any) -> str:
    # A model is known by its name alone, and of a list or mapping only that it is there counts.
    if path == _MODEL:
        return str(value)
    name = str(path[-1])
    return name if isinstance(value, dict | list) else f"{name} {shown(value)}"


def _value_at(value: Any, path: ValuePath) -> Any:
    """The value at a path; None where there is none."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def is_valid(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether the value matches; for a part of a schema that is too small to be compiled."""
    from jsonschema_rs import is_valid as matches

    return matches(dict(schema), value)


def required_sets(alternatives: Any) -> list[tuple[str, ...]] | None:
    """The names of each alternative; None unless all are about which names are required, only."""
    if not isinstance(alternatives, list):
        return None
    sets = [required_only(each) for each in alternatives]
    found = [names for names in sets if names is not None]
    return found if found and len(found) == len(sets) else None


def required_only(schema: Any) -> tuple[str, ...] | None:
    """The names that a schema requires; None if it demands anything else, or nothing."""
    names = as_dict(schema).get("required")
    if not isinstance(names, list) or not names or set(schema) - {"required", "$comment"}:
        return None
    return tuple(names) if all(isinstance(name, str) for name in names) else None


def mappings_inside(properties: Mapping[str, Any], place: str = "") -> dict[str, dict[str, Any]]:
    """The keys, with their rules, of all parameters ("") and of each mapping inside them.

    The place of a list's items ends with brackets: `subjects[]`, `content[].image_url`.
    """
    found = {place: dict(properties)}
    for name, rule in properties.items():
        inner, path = as_dict(rule), f"{place}.{name}" if place else name
        while isinstance(items := inner.get("items"), dict):
            inner, path = items, f"{path}[]"
        if isinstance(inner_properties := inner.get("properties"), dict):
            found |= mappings_inside(inner_properties, path)
    return found


def rules_inside(properties: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The rule of each parameter and of each key inside one: `images`, `subjects[].images`."""
    return {
        f"{place}.{name}" if place else name: as_dict(rule)
        for place, keys in mappings_inside(properties).items()
        for name, rule in keys.items()
    }


def violations_of(subject: Subject) -> list[Violation]:
    """Every violation, except those that another one at the same path makes redundant."""
    from jsonschema import Draft202012Validator  # late: most manifests are valid

    errors = Draft202012Validator(subject.schema).iter_errors(subject.value)
    return _relevant([found for error in errors for found in _violations(subject, error)])


def _violations(subject: Subject, error: ValidationError) -> Iterator[Violation]:
    schema = as_dict(error.schema)
    if (
        error.validator == "anyOf"
        and "x-expected" not in schema
        and required_sets(error.validator_value) is None
    ):
        # The first alternative is the plain value; the others are null and an expression.
        for inner in error.context or ():
            if inner.schema_path[0] == 0:
                yield from _violations(subject, inner)
        return
    schema_path = list(error.absolute_schema_path)
    for path in _value_paths(subject, error, schema_path):
        yield Violation(
            subject=subject,
            path=path,
            keyword=str(error.validator),
            limit=error.validator_value,
            value=error.instance,
            schema=schema,
            conditions=_conditions(subject.schema, schema_path, path),
        )


def _value_paths(
    subject: Subject, error: ValidationError, schema_path: Sequence[str | int]
) -> list[ValuePath]:
    path = tuple(error.absolute_path)
    # Of a forbidden property (`false`) the validator reports the value with its mapping's path.
    if error.schema is not False or schema_path[-1:] != ["properties"]:
        return [path]
    schema: Any = functools.reduce(_step, schema_path, subject.schema)
    holder: Any = functools.reduce(operator.getitem, path, subject.value)
    return [
        (*path, name)
        for name, rule in schema.items()
        if rule is False and name in holder and holder[name] is error.instance
    ]


_MAPPING_STEPS = ("properties", "patternProperties")
"""Keywords whose value has one schema for each of some keys."""
_PART_STEPS = ("items", "prefixItems", "additionalProperties")
"""Keywords whose schema, or each of whose schemas, is about one part of the value."""


def _conditions(
    schema: Any, schema_path: Sequence[str | int], path: ValuePath
) -> tuple[ValuePath, ...]:
    """The paths that the `if`s above a keyword look at, except those of the violating value."""
    found: list[ValuePath] = []
    depth = 0
    is_key = False
    for step in schema_path:
        if is_key:
            depth, is_key = depth + 1, False
        elif step in _MAPPING_STEPS:
            is_key = True
        elif step in _PART_STEPS:
            depth += 1
        elif step in {"then", "else"}:  # violated under the condition beside it
            names = _step(_step(schema, "if"), "properties")
            found += [(*path[:depth], name) for name in names]
        schema = _step(schema, step)
    return tuple(each for each in dict.fromkeys(found) if each != path[: len(each)])


def _step(schema: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return schema[step] if isinstance(schema, list) and step < len(schema) else {}
    return as_dict(schema).get(step, {})


def _relevant(violations: Sequence[Violation]) -> list[Violation]:
    # A value of a wrong type, or an empty text, violates other keywords as well, and a constraint
    # under a condition is narrower than the general one; but of a mapping both may demand a key.
    wrong_type = {each.path for each in violations if each.keyword == "type"}
    empty = {each.path for each in violations if each.keyword == "minLength" and not each.value}
    narrow = {
        (each.path, each.keyword)
        for each in violations
        if each.conditions and not isinstance(each.value, dict)
    }
    return [
        each
        for each in violations
        if (each.keyword == "type" or each.path not in wrong_type)
        and (each.keyword == "minLength" or each.path not in empty)
        and (each.conditions or (each.path, each.keyword) not in narrow)
    ]
