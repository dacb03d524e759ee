"""Fault script: checks entries by `faults.schema.json`, and decides which one hits a request."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeAlias

from runner.emulator.api.errors import ERR_CODES, REASONS
from runner.errors import UsageError, suggest

if TYPE_CHECKING:
    from jsonschema import ValidationError

_SCHEMA = json.loads(files(__package__).joinpath("faults.schema.json").read_text("utf-8"))
SELECTORS: Mapping[str, Any] = _SCHEMA["$defs"]["selectors"]["properties"]
FAULTS: Mapping[str, Any] = {
    schema["properties"]["fault"]["const"]: schema for schema in _SCHEMA["$defs"]["entry"]["oneOf"]
}
"""Schemas: of each selector, and of each fault with its parameters."""

KINDS = tuple(kind for kind in _SCHEMA["$defs"]["request"]["enum"] if kind != "any")
"""Kinds of requests, by the names that scripts use."""
SUBMITS = ("vidu.submit", "modelverse.submit")
LIST = "vidu.list"

Match: TypeAlias = Mapping[str, Any]
"""Conditions on a task by the names that scripts use."""
_Key: TypeAlias = tuple[int, str]
"""What counts together: a rule's number, and a task's key where the rule counts per task."""

_EXAMPLE = "an entry is for example {on: vidu.submit, fault: cut_after}"
_SHOWN = 40  # characters of a wrong value that a message shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One entry of a script with all defaults applied; docs/emulator.md describes the selectors."""

    number: int
    """Its position in the script, from 1."""
    fault: str
    values: Mapping[str, Any]
    """The parameters of the fault; None for one that is not set."""
    on: frozenset[str]
    match: Match
    """The conditions on its tasks; `succeeded`, too, where a response must have reported it."""
    nth: frozenset[int]
    """Empty for all."""
    every: int
    times: int | None
    per: str
    probability: float
    seed: int
    from_s: float
    for_s: float | None
    since: str


def parse_faults(script: Any) -> tuple[Rule, ...]:
    """The rules of a script: a list of entries, or a mapping whose `faults` is that list.

    Raises UsageError for the first entry that is wrong.
    """
    named = isinstance(script, dict) and set(script) == {"faults"}
    entries = script["faults"] if named else script
    if not isinstance(entries, (list, tuple)):
        message = "a fault script must be a list of entries, or `faults:` with that list"
        raise UsageError(message, hint=_EXAMPLE)
    return tuple(_parse_entry(number, entry) for number, entry in enumerate(entries, 1))


def _parse_entry(number: int, entry: Any) -> Rule:
    try:
        _check(entry)
    except UsageError as error:
        name = entry.get("fault") if isinstance(entry, dict) else None
        where = f"fault {number} ({name})" if isinstance(name, str) else f"fault {number}"
        raise UsageError(f"{where}: {error.message}", hint=error.hint) from None
    return _rule(number, entry)


def _rule(number: int, entry: Mapping[str, Any]) -> Rule:
    fault, selectors = entry["fault"], _with_defaults(entry, SELECTORS)
    schema, on = FAULTS[fault], _as_list(selectors["on"])
    changed = {
        "on": frozenset(schema.get("x-on", KINDS) if "any" in on else on),
        "match": selectors["match"] | ({"succeeded": True} if fault == "goes_back" else {}),
        "nth": frozenset(_as_list(selectors["nth"] or [])),
    }
    values = _with_defaults(entry, schema["properties"])
    return Rule(number=number, fault=fault, values=values, **{**selectors, **changed})


def _with_defaults(entry: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    return {
        # To JSON Schema 2.0 is an integer too; to a slice it is not.
        key: int(value) if isinstance(value, float) and value.is_integer() else value
        for key, schema in schemas.items()
        for value in [entry.get(key, schema.get("default"))]
    }


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def fits(
    match: Match, prompt: str, state: str = "", age_s: float = math.inf, *, succeeded: bool = False
) -> bool:
    """Whether a task meets all conditions of a `match`; a task to be made has only a prompt."""
    return (
        match.get("prompt", "").casefold() in prompt.casefold()
        and match.get("state", state) == state
        and ("younger_s" not in match or age_s < match["younger_s"])
        and (succeeded or not match.get("succeeded"))
    )


class RuleChooser:
    """The rules of a script and their counters; deterministic for a sequence of requests."""

    def __init__(self, rules: Sequence[Rule], start_ns: int):
        self._rules = rules
        self._start_ns = start_ns
        self._first_ns: int | None = None
        self._fitting: Counter[_Key] = Counter()
        self._hits: Counter[_Key] = Counter()
        self._chance = {rule.number: random.Random(rule.seed) for rule in rules}  # noqa: S311 - no secret

    def choose(
        self, kind: str, task: str, matches: Callable[[Match], bool], now_ns: int
    ) -> Rule | None:
        """The rule that hits a request; call it once for each.

        `task` identifies the one task that the request is about or asks for, and is empty for any
        other request; `matches` checks the tasks of the request against a rule's `match`.
        """
        if self._first_ns is None:
            self._first_ns = now_ns
        chosen = None
        for rule in self._rules:
            since_ns = self._first_ns if rule.since == "first_request" else self._start_ns
            key = (rule.number, task if rule.per == "task" else "")
            age_s = (now_ns - since_ns) / 1e9 - rule.from_s
            is_open = age_s >= 0 and (rule.for_s is None or age_s < rule.for_s)
            fits_rule = kind in rule.on and is_open and (not rule.match or matches(rule.match))
            # All rules count, also after one applies: `nth` must not depend on other entries.
            if fits_rule and self._is_due(rule, key) and chosen is None:
                chosen = rule
                self._hits[key] += 1
        return chosen

    def _is_due(self, rule: Rule, key: _Key) -> bool:
        """Count a request that fits; whether the rule applies to it."""
        self._fitting[key] += 1
        position = self._fitting[key]
        # Drawn for each request, so that other selectors do not shift the sequence.
        drawn = self._chance[rule.number].random() < rule.probability
        due = position in rule.nth if rule.nth else position % rule.every == 0
        return drawn and due and (rule.times is None or self._hits[key] < rule.times)


# ----------------------------------------------------------------------------------------- errors


def _check(entry: Any) -> None:
    """Raise UsageError for an entry that is wrong."""
    from jsonschema import Draft202012Validator

    if not isinstance(entry, dict):
        raise UsageError("an entry must be a mapping", hint=_EXAMPLE)
    name = str(entry.get("fault", ""))
    if name not in FAULTS:
        message = f'there is no fault "{name}"' if name else "`fault` is missing"
        raise UsageError(message, hint=suggest(name, FAULTS, rest="docs/emulator.md has all"))
    schema = FAULTS[name]
    kinds = schema.get("x-on", KINDS)
    for kind in _as_list(entry.get("on")):
        if kind in KINDS and kind not in kinds:
            raise UsageError(f"it cannot hit {kind}", hint=f"it hits {', '.join(kinds)}")
    # Before the schema, which reports a mistyped parameter as a missing one.
    _check_keys(entry, [*schema["properties"], *SELECTORS])
    if isinstance(entry.get("match"), dict):
        _check_keys(entry["match"], SELECTORS["match"]["properties"])
    # One fault's schema instead of all of them, so that the errors are about this fault.
    whole = {"$ref": "#/$defs/selectors", **schema, "$defs": _SCHEMA["$defs"]}
    errors = list(Draft202012Validator(whole).iter_errors(entry))
    if errors:
        raise _explain(errors)
    _check_codes(entry)


def _check_keys(given: Mapping[str, Any], known: Collection[str]) -> None:
    for key in given:
        if key not in known:
            raise UsageError(f'there is no key "{key}"', hint=suggest(str(key), known))


def _check_codes(entry: Mapping[str, Any]) -> None:
    """Whether error codes are those of the vendors."""
    for key, codes in (("reason", REASONS), ("err_code", ERR_CODES)):
        code = entry.get(key)
        if code is not None and code not in codes and not entry.get("undocumented"):
            hint = f"{suggest(code, codes)} (`undocumented: true` allows any)"
            raise UsageError(f'there is no {key} "{code}"', hint=hint)


def _explain(errors: Sequence[ValidationError]) -> UsageError:
    """The deepest error, because it is the most precise one; of equally deep ones the first."""
    # Those of alternatives have the errors of each as their context; the schema nests none deeper.
    # Untyped, because every keyword of JSON Schema has another type of limit.
    leaves: list[Any] = [leaf for error in errors for leaf in error.context or [error]]
    error = max(leaves, key=lambda leaf: len(leaf.absolute_path))
    path = ".".join(str(part) for part in error.absolute_path if isinstance(part, str))
    value = json.dumps(error.instance, ensure_ascii=False, default=str)
    shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
    schema, limit = error.schema, error.validator_value
    match error.validator:
        case "required":
            same = (leaf for leaf in leaves if leaf.validator == "required")
            missing = {f"`{key}`": None for leaf in same for key in leaf.validator_value}
            return UsageError(f"{' or '.join(missing)} is missing")
        case "enum":
            hint = suggest(str(error.instance), limit)
            return UsageError(f"`{path}` cannot be {shown}", hint=hint)
        case "not" if "x-error" in schema:
            return UsageError(schema["x-error"])
    return UsageError(f"`{path}` must be {schema['x-expected']}, not {shown}")
