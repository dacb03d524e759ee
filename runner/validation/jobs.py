"""One expanded job in, what is wrong or odd about its parameters out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from runner.model import Deferred, Draft, Operation
from runner.validation.diagnostics import Finding
from runner.validation.messages import explain
from runner.validation.schema import Subject
from runner.validation.shape import OWN_KEYS
from runner.validation.wording import NumberToCome, TextToCome, shown


def check_job(
    draft: Draft, operation: Operation, unsure: frozenset[str] = frozenset()
) -> list[Finding]:
    """Errors by the operation's schema, then its warnings; paths start at the parameters.

    What other jobs will give is stood in for by something fitting. Of the parameters that are
    `unsure` nothing is told: they are there, and nobody knows with what value.
    """
    if unsure:
        return _of_the_known(draft, operation, unsure)
    checks = _checks(operation)
    parameters = draft.parameters
    if draft.needs:
        parameters = _stood_in(parameters, {Deferred: _plain_stand_in})
    if _accepts(checks.fits, parameters):
        odd = _accepts(checks.odd, parameters)
        return list(_warnings(checks, parameters)) if odd else []
    told = _stood_in(draft.parameters, {Deferred: _described_stand_in})
    errors = explain(
        Subject(
            schema=operation.schema,
            value=told,
            owner=operation.name,
            noun="parameter",
            more_names=OWN_KEYS,
        )
    )
    return [*errors, *_warnings(checks, parameters)]


def _of_the_known(draft: Draft, operation: Operation, unsure: frozenset[str]) -> list[Finding]:
    known = {name: value for name, value in draft.parameters.items() if name not in unsure}
    checks, whole = _checks(operation), {**known, **dict.fromkeys(unsure, "")}
    if _accepts(checks.parts_fit, _stood_in(known, {Deferred: _plain_stand_in})):
        found = list(_warnings(checks, _stood_in(whole, {Deferred: _plain_stand_in})))
    else:
        found = check_job(replace(draft, parameters=whole), operation)
    return [finding for finding in found if not unsure.intersection(finding.path[:1])]


class _Validator(Protocol):
    def is_valid(self, instance: Any, /) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checks:
    """The compiled validators of one operation."""

    schema: Mapping[str, Any]
    """Kept so that its id, by which the checks are remembered, is never another's."""
    fits: _Validator
    parts_fit: _Validator
    """The same where parameters may be missing."""
    odd: _Validator
    """Whether any warning applies at all."""
    warnings: tuple[tuple[_Validator, Mapping[str, Any]], ...]


def _accepts(validator: _Validator, value: Any) -> bool:
    try:
        return validator.is_valid(value)
    except ValueError:  # nested beyond its limit: no parameter is
        return False


_known: dict[int, _Checks] = {}


def _checks(operation: Operation) -> _Checks:
    found = _known.get(id(operation.schema))
    if found is None:
        found = _known[id(operation.schema)] = _compiled(operation.schema)
    return found


def _compiled(schema: Mapping[str, Any]) -> _Checks:
    from jsonschema_rs import Draft202012Validator

    rules = schema.get("x-warnings", [])
    return _Checks(
        schema=schema,
        fits=Draft202012Validator(dict(schema)),
        parts_fit=Draft202012Validator({**schema, "required": []}),
        odd=Draft202012Validator({"anyOf": [rule["if"] for rule in rules]} if rules else False),
        warnings=tuple((Draft202012Validator(rule["if"]), rule) for rule in rules),
    )


def _warnings(checks: _Checks, parameters: Mapping[str, Any]) -> Iterator[Finding]:
    for condition, rule in checks.warnings:
        if _accepts(condition, parameters):
            message = rule["message"]
            for name, value in parameters.items():
                message = message.replace(f"{{{name}}}", shown(value))
            name = rule["parameter"]
            yield Finding(path=(name,) if name in parameters else (), message=message, warning=True)


# ----------------------------------------------------------------------------------- stand-ins


def _stood_in(value: Any, stand_ins: Mapping[type, Any]) -> Any:
    """The value with each `Deferred` in it replaced."""
    if isinstance(value, Deferred):
        return stand_ins[Deferred](value)
    if isinstance(value, dict):
        return {key: _stood_in(inner, stand_ins) for key, inner in value.items()}
    if isinstance(value, list):
        return [_stood_in(inner, stand_ins) for inner in value]
    return value


def _plain_stand_in(deferred: Deferred) -> str | int:
    """A text of the least length it can have, or for a lone seed a number.

    A lone file or URL, which can be an image or an address, is a URL.
    """
    parts = deferred.parts
    if len(parts) == 1 and not isinstance(parts[0], str):
        return 1 if parts[0].attribute == "seed" else "https://result.invalid/1"
    return "".join(part if isinstance(part, str) else "1" for part in parts)


def _described_stand_in(deferred: Deferred) -> str | int:
    plain = _plain_stand_in(deferred)
    return NumberToCome(plain) if isinstance(plain, int) else TextToCome(plain)
