"""Consent: asks on the terminal before money is spent or tasks are cancelled."""

from __future__ import annotations

import sys
from dataclasses import replace

from runner.commands.manifest_plan import ManifestPlan
from runner.errors import UsageError, plural, printable
from runner.model.plans import Action, Plan
from runner.planning.plan import PlanTotals, totals
from runner.terminal.format import money_list


def confirm_cost(planned: ManifestPlan) -> None:
    """Ask whether to pay if the submissions cost more than `confirm_above`.

    The question goes to standard error, the answer is read from standard input. Off a terminal,
    in a process that is somebody else's, and on any answer but yes, raises UsageError (exit 2).
    """
    numbers = totals(_most_submitted(planned))
    limits = planned.settings.confirm_above
    above = any(numbers.cost.get(unit, 0) > limit for unit, limit in limits.items())
    # An unknown price may be above any limit.
    if planned.options.yes or not (above or (limits and numbers.unpriced)):
        return
    several = len(planned.options.manifests) > 1
    what = f"{planned.manifest.path}: " if several else ""  # each manifest has its own question
    what += f"submit {_submissions(numbers)}"
    limit = ", ".join(money_list(limits))
    if planned.options.hosted:
        message = f"{what}? confirm_above is {limit}; nothing was sent"
        raise UsageError(message, hint="look at `plan`, then confirm with yes=True")
    if not _on_terminal():
        raise UsageError(
            f"{what}? confirm_above is {limit}, and there is no terminal to confirm on",
            hint="check the plan with `vidu-run plan`, then confirm with --yes",
        )
    _ask(what)


def confirm(what: str) -> None:
    """Ask whether to do `what`; raises UsageError off a terminal, and on any answer but yes."""
    if not _on_terminal():
        raise UsageError(f"{what}? there is no terminal to confirm on", hint="confirm with --yes")
    _ask(what)


def _ask(what: str) -> None:
    # Not `input`: it would write the question to standard output, where the data goes.
    print(printable(f"{what}? [y/N] "), end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        print(file=sys.stderr)  # the input ended on the line of the question
    if answer.strip().lower() not in {"y", "yes"}:
        raise UsageError("not confirmed: nothing was sent", hint="--yes confirms without asking")


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()  # standard output may be a pipe


def _most_submitted(planned: ManifestPlan) -> Plan:
    """What may be submitted, also a second time."""
    if planned.settings.on_ambiguous == "ask":
        return planned.plan
    decided = (Action.SUBMIT, Action.DECIDE)
    entries = planned.plan.entries
    return Plan(entries=[replace(e, action=Action.SUBMIT) for e in entries if e.action in decided])


def _submissions(numbers: PlanTotals) -> str:
    """`34 jobs for about 204 credits, 2 of them without a known price`."""
    jobs = plural(numbers.actions[Action.SUBMIT], "job")
    costs = money_list(numbers.cost)
    if not costs:
        return f"{jobs} without a known price"
    unpriced = f", {numbers.unpriced} of them without a known price" if numbers.unpriced else ""
    return f"{jobs} for about {' and '.join(costs)}{unpriced}"
