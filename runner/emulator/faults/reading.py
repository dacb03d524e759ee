"""A script of faults as plain values to checked rules, or a UsageError that names the entry."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from runner.emulator.api.errors import ERR_CODES, REASONS
from runner.emulator.faults.catalogue import FAULTS
from runner.emulator.faults.checks import Check, WantedError, number, one_of, text, whole
from runner.emulator.faults.records import KINDS, Match, Rule
from runner.emulator.state.tasks import Phase
from runner.errors import UsageError

_STATE = one_of(*(phase.value for phase in Phase))
_MATCH: Mapping[str, Check] = {
    "prompt": text,
    "model": text,
    "task_id": text,
    "state": _STATE,
    "told": _STATE,
    "younger_s": number(),
}
_SELECTORS = (
    "on nth every times probability seed match from_s for_s since per fault".split()  # noqa: SIM905
)


class _WrongError(Exception):
    """What is wrong with an entry, and what to try."""

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(message)
        self.message = message
        self.hint = hint


def read_faults(script: Any) -> tuple[Rule, ...]:
    """The rules of a script: a list of entries, or a mapping whose `faults` is that list.

    Raises UsageError for the first entry that makes no sense.
    """
    entries = script
    if isinstance(script, dict):
        if set(script) != {"faults"}:
            found = ", ".join(map(str, script)) or "nothing"
            raise UsageError(f"a script of faults is a list, or `faults:` and a list; not {found}")
        entries = script["faults"]
    if isinstance(entries, str) or not isinstance(entries, (list, tuple)):
        raise UsageError("a script of faults is a list of entries")
    return tuple(_checked(place, entry) for place, entry in enumerate(entries, 1))


def _checked(place: int, entry: Any) -> Rule:
    name = entry.get("fault") if isinstance(entry, dict) else None
    about = f"fault {place} ({name})" if isinstance(name, str) else f"fault {place}"
    try:
        return _rule(place, entry)
    except _WrongError as error:
        raise UsageError(f"{about}: {error.message}", hint=error.hint) from None


def _rule(place: int, entry: Any) -> Rule:
    if not isinstance(entry, dict):
        raise _WrongError("an entry is a mapping such as {on: vidu.submit, fault: cut_after}")
    name = entry.get("fault")
    if name is None:
        raise _WrongError("`fault` is missing", f"known are {', '.join(FAULTS)}")
    _known(name, FAULTS, "fault")
    fault = FAULTS[name]
    for key in entry:
        _known(key, [*_SELECTORS, *fault.keys], "key")
    rule = Rule(
        number=place,
        fault=name,
        values=_values(name, entry),
        on=_on(name, entry.get("on", "any")),
        match=_match(entry.get("match", {})),
        **_when(entry),
    )
    if name == "goes_back" and rule.match.told is None:
        rule = replace(rule, match=replace(rule.match, told=Phase.SUCCESS.value))
    return rule


def _values(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the fault needs besides, with its defaults."""
    values = {}
    for key, wanted in FAULTS[name].keys.items():
        if key in entry:
            values[key] = _value(key, entry[key], wanted.check)
        elif wanted.required:
            raise _WrongError(f"`{key}` is missing")
        else:
            values[key] = wanted.default
    _codes(name, values)
    return values


def _codes(name: str, values: dict[str, Any]) -> None:
    """Error codes are those of the vendors, so that a slip of the pen is no new one."""
    hint = "`undocumented: true` takes any"
    if name == "fail_task" and not values["undocumented"]:
        _known(values["err_code"], ERR_CODES, "err_code", hint)
    if name != "error":
        return
    reason = values["reason"]
    if reason is None and values["status"] is None:
        raise _WrongError("`status` or `reason` is missing")
    if reason is not None and not values["undocumented"]:
        _known(reason, REASONS, "reason", hint)
    if values["status"] is None:
        if reason not in REASONS:
            raise _WrongError("`status` is missing: the reason has none of its own")
        values["status"] = REASONS[reason]


def _on(name: str, written: Any) -> frozenset[str]:
    kinds = FAULTS[name].kinds
    names = written if isinstance(written, list) else [written]
    for each in names:
        _known(each, [*KINDS, "any"], "request")
        if each not in kinds and each != "any":
            raise _WrongError(f"it cannot hit {each}", f"it hits {', '.join(kinds)}")
    if not names:
        raise _WrongError("`on` names no request", f"known are {', '.join(KINDS)}, any")
    return frozenset(kinds) if "any" in names else frozenset(names)


def _match(written: Any) -> Match:
    if not isinstance(written, dict):
        raise _WrongError("`match` must be a mapping", f"of {', '.join(_MATCH)}")
    for key in written:
        _known(key, _MATCH, "key of match")
    return Match(
        **{key: _value(f"match.{key}", value, _MATCH[key]) for key, value in written.items()}
    )


def _when(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The selectors that count, draw or look at the clock."""
    if "nth" in entry and "every" in entry:
        raise _WrongError("`nth` and `every` exclude each other")
    checks: dict[str, Check] = {
        "every": whole(1),
        "times": whole(1),
        "probability": number(0, 1),
        "seed": whole(0),
        "from_s": number(),
        "for_s": number(),
    }
    found = {key: _value(key, entry[key], checks[key]) for key in checks if key in entry}
    if "nth" in entry:
        nth = entry["nth"] if isinstance(entry["nth"], list) else [entry["nth"]]
        found["nth"] = frozenset(_value("nth", one, whole(1)) for one in nth)
    if "per" in entry:
        found["per_task"] = _value("per", entry["per"], one_of("task", "request")) == "task"
    if "since" in entry:
        since = _value("since", entry["since"], one_of("start", "first_request"))
        found["since_first"] = since == "first_request"
    return found


def _value(name: str, value: Any, check: Check) -> Any:
    try:
        return check(value)
    except WantedError as error:
        shown = repr(value)
        told = shown if len(shown) < 40 else f"{shown[:40]}…"
        raise _WrongError(f"`{name}` must be {error}, not {told}") from None


def _known(name: Any, names: Iterable[str], what: str, hint: str | None = None) -> None:
    known = list(names)
    if name in known:
        return
    near = difflib.get_close_matches(str(name), known, n=1)
    nearest = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(known)}"
    raise _WrongError(f'there is no {what} "{name}"', f"{nearest} ({hint})" if hint else nearest)
