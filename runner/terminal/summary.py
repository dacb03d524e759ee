"""The end of a run and the contents of a plan as a short text for a person."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from runner.errors import Location, one_line
from runner.model import (
    RESULT_GONE,
    Amount,
    Billed,
    ErrorClass,
    Job,
    JobError,
    Outcome,
    Reason,
    ReasonCode,
    State,
    Unit,
)
from runner.providers.registry import LISTERS

NAMED = 5
"""How many jobs of a group are known by name."""


@dataclass(slots=True, kw_only=True)
class FailureGroup:
    """Jobs that did not succeed for one reason."""

    first: Outcome
    count: int = 0
    names: list[str] = field(default_factory=list)
    """The first few of them."""
    at_risk: dict[Unit, Decimal] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        """Take in one more."""
        self.count += 1
        if len(self.names) < NAMED:
            self.names.append(outcome.job.id)
        add(self.at_risk, outcome.at_risk)


@dataclass(slots=True, kw_only=True)
class RunTotals:
    """What a run's outcomes come to, taken in one by one: there may be very many."""

    began: str
    """When the run began; UTC, RFC 3339."""
    states: Counter[State] = field(default_factory=Counter)
    reused: int = 0
    unselected: int = 0
    """In no other number here."""
    elsewhere: int = 0
    """Made by another run."""
    files: bool = False
    """Any has files."""
    real: dict[Unit, Decimal] = field(default_factory=dict)
    """What this run's own submissions cost."""
    estimated: dict[Unit, Decimal] = field(default_factory=dict)
    """The same of those whose price is not told."""
    unpriced: int = 0
    at_risk: dict[Unit, Decimal] = field(default_factory=dict)
    troubles: dict[object, FailureGroup] = field(default_factory=dict)
    """What did not succeed, by its reason, in the order of the manifest."""

    def add(self, outcome: Outcome) -> None:
        """Take in the outcome of a job that was meant."""
        self.states[outcome.state] += 1
        self.reused += outcome.state is State.SUCCEEDED and outcome.reused
        self.elsewhere += outcome.elsewhere
        self.files = self.files or bool(outcome.files)
        add(self.at_risk, outcome.at_risk)
        own = (outcome.task.submitted_at or "") >= self.began and not outcome.elsewhere
        if own and outcome.state is not State.FAILED:
            if outcome.task.actual is not None:
                add(self.real, outcome.task.actual)
            else:
                add(self.estimated, outcome.estimated)
                self.unpriced += outcome.estimated is None
        if outcome.state is not State.SUCCEEDED:
            self.troubles.setdefault(_reason(outcome), FailureGroup(first=outcome)).add(outcome)


def add(sums: dict[Unit, Decimal], amount: Amount | None) -> None:
    """Add an amount to the sum of its unit; an unknown one to none."""
    if amount is not None:
        sums[amount.unit] = sums.get(amount.unit, Decimal(0)) + amount.value


def _reason(outcome: Outcome) -> object:
    """What jobs that are told together have in common."""
    error = outcome.error
    said = (error.code, error.message) if error else None
    return outcome.state, outcome.reason, said


_NEXT_STEPS = "run the same command again: it goes on from here and pays nothing twice"

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
class RunSummary:
    """What the summary of one manifest's run says."""

    manifest: str
    tally: RunTotals
    place_of: Callable[[Job], Location]
    """Where a job stands in the manifest."""
    seconds: float
    errors: Sequence[str]
    """What ended the run before its time."""
    results: str
    written: bool = True
    """Whether the results are there as this run leaves them."""
    files: str
    flags: Sequence[str]
    """What a further command needs to mean the same ledger and results."""
    stopped: Sequence[Reason]
    """Why nothing more was submitted, to a provider or at all."""


def summary(told: RunSummary) -> str:
    """Counts, costs and time in one line, where things are, and what to do about each trouble."""
    tally = told.tally
    lines = [
        f"{told.manifest}: {counts(tally)} | {spent(tally)} | {span(told.seconds)}",
        f"  results   {told.results}{'' if told.written else ' (not written)'}",
    ]
    if tally.files:
        lines.append(f"  files     {told.files}")
    lines += [f"  stopped   {why}" for why in told.stopped]
    lines = [line for error in told.errors for line in error.splitlines()] + lines
    troubles = list(tally.troubles.values())
    # What holds for several groups is said once, behind them.
    onward = sum(_NEXT_STEPS in _advice(told, alike) for alike in troubles) > 1
    for alike in troubles[:SHOWN]:
        lines += ["", *_failure_lines(told, alike, but=_NEXT_STEPS if onward else "")]
    if (more := len(troubles) - SHOWN) > 0:
        lines += ["", f"  ... and {more} more, see {told.results}"]
    lines += ["", f"  {_NEXT_STEPS}"] if onward else []
    return "\n".join(one_line(line) for line in lines)


def counts(tally: RunTotals) -> str:
    """`4 done, 1 reused, 1 failed`."""
    made = tally.states[State.SUCCEEDED] - tally.reused
    parts = [f"{made} done"] if made or not tally.states.total() else []
    parts += [f"{tally.reused} reused"] if tally.reused else []
    parts += [
        f"{count} {state.value}"
        for state, count in tally.states.items()
        if state is not State.SUCCEEDED
    ]
    return ", ".join(parts + ([f"{tally.unselected} not selected"] if tally.unselected else []))


def spent(tally: RunTotals) -> str:
    """What this run's own submissions cost: real amounts, estimates where none are told."""
    parts = _amounts(tally.real)
    parts += [f"about {amount}" for amount in _amounts(tally.estimated)]
    parts += [f"{tally.unpriced} of unknown price"] if tally.unpriced else []
    parts += [f"{amount} at risk" for amount in _amounts(tally.at_risk)]
    made = [f"{tally.elsewhere} made by another run"] if tally.elsewhere else []
    return ", ".join([*(parts or ["nothing spent"]), *made])


def _amounts(sums: Mapping[Unit, Decimal]) -> list[str]:
    return [money(Amount(unit=unit, value=value)) for unit, value in sums.items()]


def sums(amounts: Iterable[Amount | None]) -> list[Amount]:
    """One amount a unit; unknown ones are left out, the caller tells their number."""
    found: dict[Unit, Decimal] = {}
    for amount in amounts:
        add(found, amount)
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


def _failure_lines(told: RunSummary, alike: FailureGroup, *, but: str) -> list[str]:
    """What is known of a group and what to do, except for the advice `but`."""
    outcome, place = alike.first, told.place_of(alike.first.job)
    where = f"{place.path}:{place.line}: "
    more = f" and {alike.count - 1} more like it" if alike.count > 1 else ""
    lines = [f'{outcome.state.value:<10}{where}job "{outcome.job.id}"{more}']
    details = [*_what(outcome), *(line for line in _advice(told, alike) if line != but)]
    return ["  " + line for line in [*lines, *(" " * 10 + line for line in details)]]


def _what(outcome: Outcome) -> list[str]:
    """What is known of it."""
    error, reason = outcome.error, outcome.reason
    if error is None:
        return [reason.text] if reason else []
    what = f"{error.code} ({error.class_}, {_BILLED[error.billed]}): {error.message}"
    # What was found out of a submission of unknown fate stands in its reason.
    if outcome.state is State.AMBIGUOUS and reason and reason.code is not ReasonCode.AS_ERROR:
        return [what, reason.text]
    return [what]


def _advice(told: RunSummary, alike: FailureGroup) -> list[str]:
    outcome = alike.first
    match outcome.state:
        case State.FAILED if outcome.error and outcome.error.code == RESULT_GONE:
            return [f"pay for it again: {_command('run', told, alike)} --force"]
        case State.FAILED if outcome.error and _tried_again(outcome.error):
            return [_ADVICE[outcome.error.class_]]
        case State.FAILED:
            return ["it is not tried again unasked: --retry-failed does, and may pay again"]
        case State.PENDING:
            return _next_steps(told, alike)
        case State.AMBIGUOUS:
            return _decision(told, alike)
        case _:
            return []


def _next_steps(told: RunSummary, alike: FailureGroup) -> list[str]:
    """How jobs that are not done go on."""
    match alike.first.reason and alike.first.reason.code:
        case ReasonCode.NEEDS_JOB:
            return []  # what they need is shown above, with what to do
        case ReasonCode.OVER_BUDGET:
            return ["raise the budget, then run again: it goes on from here"]
        case ReasonCode.COLLECT_ONLY:
            return [f"to submit: {_command('run', told, alike)}"]
        case _:
            return [_NEXT_STEPS]


def _tried_again(error: JobError) -> bool:
    """Whether the advice of its class holds: what may have been billed is not paid again."""
    return error.billed is Billed.NO


def _decision(told: RunSummary, alike: FailureGroup) -> list[str]:
    """What is at stake, and the commands that settle it."""
    outcome = alike.first
    when = f" made about {outcome.task.submitted_at}" if outcome.task.submitted_at else ""
    risks = _amounts(alike.at_risk)
    risk = f"; it may have cost {' and '.join(risks)}" if risks else ""
    command = _command("resolve", told, alike)
    cut = outcome.reason is not None and outcome.reason.code is ReasonCode.CUT
    if cut and outcome.job.operation.partition("/")[0] in LISTERS:
        again = "run the same command again: it looks for the task, and sends it again only"
        return [f"{again} if it is proven not to be there{risk}"]
    lines = [f"look for a task{when} in the provider's console; it is not sent again{risk}"]
    if alike.count == 1:
        lines.append(f"if it is there: {command} --task-id ID")
    return [*lines, f"if it is not, send it again: {command} --lost"]


def _command(verb: str, told: RunSummary, alike: FailureGroup) -> str:
    """The command line that means these jobs."""
    if verb == "resolve":
        state = alike.first.state.value
        which = alike.names[0] if alike.count == 1 else f"--select state:{state}"
    else:
        which = " ".join(f"--select {name}" for name in alike.names)
        which += " ..." if alike.count > len(alike.names) else ""
    return " ".join(["vidu-run", verb, shlex.quote(told.manifest), *told.flags, which])
