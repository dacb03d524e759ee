"""A value that its schema refuses in, the faults that are worth telling out.

Slow and thorough: it is asked only about what the fast validator has refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from runner.validation.wording import dotted, shown

if TYPE_CHECKING:
    from jsonschema import ValidationError


Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is being checked, for the wording."""

    schema: Mapping[str, Any]
    value: Any
    owner: str
    """Whose keys these are: an operation's name, "the manifest", "a job"."""
    noun: str
    """What its keys are called: "parameter", "key"."""
    more_names: Sequence[str] = ()
    """Names that a mistyped key may mean besides those of the schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing the validator says, with what the wording needs to know about it."""

    subject: Subject
    path: Path
    keyword: str
    limit: Any
    value: Any
    schema: Mapping[str, Any]
    conditions: tuple[str, ...]
    """Parameters whose values make this constraint hold, in the schema's order."""

    @property
    def name(self) -> str:
        """The dotted path of the value; at the root, the owner."""
        return dotted(self.path) or self.subject.owner

    @property
    def holder(self) -> str | None:
        """Who sets the constraint where it holds under a condition: "viduq1", "duration 9"."""
        words = [
            str(self.subject.value[name]) if name == "model" else f"{name} {shown(value)}"
            for name in self.conditions
            if (value := self.subject.value.get(name)) is not None
        ]
        return " with ".join(words) or None

    @property
    def by_holder(self) -> str | None:
        """The holder after "is not offered": "by viduq1", "with duration 9"."""
        by = "by" if "model" in self.conditions else "with"
        return self.holder and f"{by} {self.holder}"


def violations_of(subject: Subject) -> list[Violation]:
    """Everything the validator says about the value, less what another fault tells better."""
    from jsonschema import Draft202012Validator

    errors = Draft202012Validator(subject.schema).iter_errors(subject.value)
    return _relevant([fault for error in errors for fault in _violations(subject, error)])


def _violations(subject: Subject, error: ValidationError) -> Iterator[Violation]:
    """The error itself, or of an alternative without words of its own its first branch's errors."""
    schema = error.schema if isinstance(error.schema, dict) else {}
    if error.validator == "anyOf" and "x-expected" not in schema:
        for inner in error.context or ():
            if inner.schema_path[0] == 0:
                yield from _violations(subject, inner)
        return
    way = list(error.absolute_schema_path)
    for path in _paths(subject.schema, subject.value, error, way):
        yield Violation(
            subject=subject,
            path=path,
            keyword=str(error.validator),
            limit=error.validator_value,
            value=error.instance,
            schema=schema,
            conditions=_conditions(subject.schema, way, path),
        )


def _paths(schema: Any, value: Any, error: ValidationError, way: Sequence[str | int]) -> list[Path]:
    """Where the value is. For a forbidden property the validator tells the mapping only."""
    path = tuple(error.absolute_path)
    if error.schema is not False or way[-1:] != ["properties"]:
        return [path]
    for step in way:
        schema = _step(schema, step)
    holder: Any = value
    for step in path:
        holder = holder[step]
    return [(*path, name) for name, rule in schema.items() if rule is False and name in holder]


def _conditions(schema: Any, way: Sequence[str | int], path: Path) -> tuple[str, ...]:
    """The names that the `if`s on the way to a keyword look at, but for the one complained of."""
    found: list[str] = []
    for step in way:
        condition = _step(schema, "if") if step in {"then", "else"} else {}
        found += _step(condition, "properties")
        schema = _step(schema, step)
    return tuple(name for name in dict.fromkeys(found) if name not in path[:1])


def _step(schema: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return schema[step] if isinstance(schema, list) and step < len(schema) else {}
    return schema.get(step, {}) if is_mapping(schema) else {}


def is_mapping(value: Any) -> bool:
    """Whether the value is a JSON object (said so that a type checker keeps it `Any`)."""
    return isinstance(value, dict)


def _relevant(faults: Sequence[Violation]) -> list[Violation]:
    """Without what another fault at the same path tells better.

    A wrong type makes everything else about the value moot; a constraint under a condition is
    narrower than the general one.
    """
    wrong = {fault.path for fault in faults if fault.keyword == "type"}
    narrow = {(fault.path, fault.keyword) for fault in faults if fault.conditions and fault.path}
    return [
        fault
        for fault in faults
        if (fault.keyword == "type" or fault.path not in wrong)
        and (fault.conditions or (fault.path, fault.keyword) not in narrow)
    ]
