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
from runner.validation.diagnostics import dotted, shown

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
    conditions: tuple[str, ...]
    """The parameters under whose values the keyword applies, in the schema's order."""

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
        # A model is known by its name alone.
        words = [
            str(self.subject.value[name]) if name == "model" else f"{name} {shown(value)}"
            for name in self.conditions
            if (value := self.subject.value.get(name)) is not None
        ]
        return " with ".join(words) or None

    @property
    def by_condition(self) -> str | None:
        """The condition after "is not offered": "by viduq1", "with duration 9"."""
        by = "by" if "model" in self.conditions else "with"
        return self.condition and f"{by} {self.condition}"


def violations_of(subject: Subject) -> list[Violation]:
    """Every violation, except those that another one at the same path makes redundant."""
    from jsonschema import Draft202012Validator  # late: most manifests are valid

    errors = Draft202012Validator(subject.schema).iter_errors(subject.value)
    return _relevant([found for error in errors for found in _violations(subject, error)])


def _violations(subject: Subject, error: ValidationError) -> Iterator[Violation]:
    schema = as_dict(error.schema)
    if error.validator == "anyOf" and "x-expected" not in schema:
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


def _conditions(schema: Any, schema_path: Sequence[str | int], path: ValuePath) -> tuple[str, ...]:
    """The names that the `if`s above a keyword look at, except the violating one."""
    found: list[str] = []
    # A `then` or `else` is violated under the condition beside it.
    for step in schema_path:
        condition = _step(schema, "if") if step in {"then", "else"} else {}
        found += _step(condition, "properties")
        schema = _step(schema, step)
    return tuple(name for name in dict.fromkeys(found) if name not in path[:1])


def _step(schema: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return schema[step] if isinstance(schema, list) and step < len(schema) else {}
    return as_dict(schema).get(step, {})


def _relevant(violations: Sequence[Violation]) -> list[Violation]:
    # A value of a wrong type violates other keywords as well, and a constraint under a condition
    # is narrower than the general one.
    wrong_type = {each.path for each in violations if each.keyword == "type"}
    narrow = {(each.path, each.keyword) for each in violations if each.conditions and each.path}
    return [
        each
        for each in violations
        if (each.keyword == "type" or each.path not in wrong_type)
        and (each.conditions or (each.path, each.keyword) not in narrow)
    ]
