"""The end of a run and the contents of a plan as a short text for a person."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from runner.errors import Place, one_line
from runner.model import (
    RESULT_GONE,
    Amount,
    Billed,
    ErrorClass,
    JobError,
    Outcome,
    State,
    Unit,
)

_NAMED = 5
"""How many jobs a suggested command names."""

NOTHING_SUBMITS = "only a run submits"
"""Why a verb that only collects left a job alone."""

SHOWN = 20
"""How many troubles are spelled out; the results manifest has them all."""

_UNITS = {"credits": ("credit", "credits"), "cny": ("CNY", "CNY")}

_ADVICE = {
    ErrorClass.INPUT: "change the request: the provider would refuse it again",
    ErrorClass.POLICY: "moderation refused it: change the prompt or the images",
    ErrorClass.QUOTA: "top up the account or wait, then run again",
    ErrorClass.AUTH: "check the key, then run again",
    ErrorClass.PROVIDER: "run again: it is tried again",
    ErrorClass.TRANSIENT: "run again: it is tried again",
}

_BILLED = {Billed.YES: "billed", Billed.NO: "not billed", Billed.UNKNOWN: "perhaps billed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the summary of one manifest's run says."""

    manifest: str
    outcomes: Sequence[Outcome]
    """Of the jobs that were meant; those that were not selected are only counted."""
    unselected: int
    began: str
    """When the run began; UTC, RFC 3339."""
    places: dict[str, Place]
    """Job id to where it stands in the manifest, for those that did not succeed."""
    seconds: float
    errors: Sequence[str]
    """What ended the run before its time."""
    results: str
    files: str
    flags: Sequence[str]
    """What a further command needs to mean the same ledger and results."""
    stopped: Sequence[str]
    """Why nothing more was submitted, to a provider or at all."""


def summary(told: Told) -> str:
    """Counts, costs and time in one line, where things are, and what to do about each trouble."""
    lines = [
        f"{told.manifest}: {counts(told)} | {spent(told)} | {span(told.seconds)}",
        f"  results   {told.results}",
    ]
    if any(outcome.files for outcome in told.outcomes):
        lines.append(f"  files     {told.files}")
    lines += [f"  stopped   {why}" for why in told.stopped]
    lines = [line for error in told.errors for line in error.splitlines()] + lines
    for troubled in _alike(told.outcomes)[:SHOWN]:
        lines += ["", *_trouble(told, troubled)]
    if (more := len(_alike(told.outcomes)) - SHOWN) > 0:
        lines += ["", f"  ... and {more} more, see {told.results}"]
    return "\n".join(one_line(line) for line in lines)


def counts(told: Told) -> str:
    """`4 done, 1 reused, 1 failed`."""
    outcomes = told.outcomes
    made = sum(o.state is State.SUCCEEDED and not o.reused for o in outcomes)
    reused = sum(o.state is State.SUCCEEDED and o.reused for o in outcomes)
    others = Counter(o.state.value for o in outcomes if o.state is not State.SUCCEEDED)
    parts = [f"{made} done"] if made or not outcomes else []
    parts += [f"{reused} reused"] if reused else []
    parts += [f"{count} {state}" for state, count in others.items()]
    return ", ".join(parts + ([f"{told.unselected} not selected"] if told.unselected else []))


def spent(told: Told) -> str:
    """What this run's own submissions cost: real amounts, estimates where none are told."""
    paid = [
        outcome
        for outcome in told.outcomes
        if (outcome.submitted_at or "") >= told.began
        and outcome.state is not State.FAILED
        and not outcome.elsewhere
    ]
    real = [o.actual for o in paid if o.actual is not None]
    rest = [o.estimated for o in paid if o.actual is None]
    parts = [money(amount) for amount in sums(real)]
    parts += [f"about {money(amount)}" for amount in sums(rest)]
    parts += [f"{rest.count(None)} of unknown price"] if None in rest else []
    risks = [o.at_risk for o in told.outcomes if o.at_risk is not None]
    parts += [f"{money(amount)} at risk" for amount in sums(risks)]
    others = sum(o.elsewhere for o in told.outcomes)
    made = [f"{others} made by another run"] if others else []
    return ", ".join([*(parts or ["nothing spent"]), *made])


def sums(amounts: Iterable[Amount | None]) -> list[Amount]:
    """One amount a unit; unknown ones are left out, the caller tells their number."""
    found: dict[Unit, Decimal] = {}
    for amount in amounts:
        if amount is not None:
            found[amount.unit] = found.get(amount.unit, Decimal(0)) + amount.value
    return [Amount(unit=unit, value=value) for unit, value in found.items()]


def money(amount: Amount) -> str:
    """`6 credits`, `1.41 CNY`."""
    one, many = _UNITS[amount.unit]
    return f"{amount.value:f} {one if amount.value == 1 else many}"


def span(seconds: float) -> str:
    """`0.8 s`, `42 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _alike(outcomes: Iterable[Outcome]) -> list[list[Outcome]]:
    """What did not succeed, in order; jobs that share one reason are told together."""
    groups: dict[object, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.state is State.SUCCEEDED:
            continue
        error = outcome.error
        key = (
            (outcome.state, outcome.reason, error.code, error.message)
            if error
            else (outcome.state, outcome.reason)
        )
        groups.setdefault(key, []).append(outcome)
    return list(groups.values())


def _trouble(told: Told, alike: Sequence[Outcome]) -> list[str]:
    outcome, place = alike[0], told.places.get(alike[0].job.id)
    where = f"{place.path}:{place.line}: " if place else ""
    more = f" and {len(alike) - 1} more like it" if len(alike) > 1 else ""
    lines = [f'{outcome.state.value:<10}{where}job "{outcome.job.id}"{more}']
    details = [*_what(outcome), *_advice(told, alike)]
    return ["  " + line for line in [*lines, *(" " * 10 + line for line in details)]]


def _what(outcome: Outcome) -> list[str]:
    """What is known of it."""
    error, reason = outcome.error, outcome.reason
    if error is None:
        return [reason] if reason else []
    what = f"{error.code} ({error.class_}, {_BILLED[error.billed]}): {error.message}"
    # What was found out of a submission of unknown fate stands in its reason.
    found = outcome.state is State.AMBIGUOUS and reason and error.message not in reason
    return [what, str(reason)] if found else [what]


def _advice(told: Told, alike: Sequence[Outcome]) -> list[str]:
    outcome = alike[0]
    match outcome.state:
        case State.FAILED if outcome.error and outcome.error.code == RESULT_GONE:
            return [f"pay for it again: {_command('run', told, alike)} --force"]
        case State.FAILED if outcome.error and _tried_again(outcome.error):
            return [_ADVICE[outcome.error.class_]]
        case State.FAILED:
            return ["it is not tried again unasked: --retry-failed does, and may pay again"]
        case State.PENDING:
            return _onward(told, alike)
        case State.AMBIGUOUS:
            return _decision(told, alike)
        case _:
            return []


def _onward(told: Told, alike: Sequence[Outcome]) -> list[str]:
    """How jobs that are not done go on."""
    reason = alike[0].reason or ""
    if reason.startswith("needs "):
        return []  # what they need is told above, with what to do
    if "the budget of" in reason:
        return ["raise the budget, then run again: it goes on from here"]
    if NOTHING_SUBMITS in reason:
        return [f"to submit: {_command('run', told, alike)}"]
    return ["run the same command again: it goes on from here and pays nothing twice"]


def _tried_again(error: JobError) -> bool:
    """Whether the advice of its class holds: what may have been billed is not paid again."""
    return error.billed is Billed.NO


def _decision(told: Told, alike: Sequence[Outcome]) -> list[str]:
    """What is at stake, and the commands that settle it."""
    outcome = alike[0]
    when = f" made about {outcome.submitted_at}" if outcome.submitted_at else ""
    risks = [money(amount) for amount in sums(o.at_risk for o in alike)]
    risk = f"; it may have cost {' and '.join(risks)}" if risks else ""
    command = _command("resolve", told, alike)
    lines = [f"look for a task{when} in the provider's console; it is not sent again{risk}"]
    if len(alike) == 1:
        lines.append(f"if it is there: {command} --task-id ID")
    return [*lines, f"if it is not, send it again: {command} --lost"]


def _command(verb: str, told: Told, alike: Sequence[Outcome]) -> str:
    """The command line that means these jobs."""
    names = [outcome.job.id for outcome in alike]
    if verb == "resolve":
        which = names[0] if len(names) == 1 else f"--select state:{alike[0].state.value}"
    else:
        which = " ".join(f"--select {name}" for name in names[:_NAMED])
        which += " ..." if len(names) > _NAMED else ""
    return " ".join(["vidu-run", verb, shlex.quote(told.manifest), *told.flags, which])
