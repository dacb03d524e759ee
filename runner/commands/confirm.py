"""A plan in; nothing out, or a UsageError when nobody agreed to what it costs."""

from __future__ import annotations

import sys
from dataclasses import replace

from runner.commands.session import Planned
from runner.errors import UsageError, printable
from runner.model import Action, Amount, Plan
from runner.planning.plan import PlanTotals, totals
from runner.terminal.summary import money


def confirm(planned: Planned) -> None:
    """Have the user agree when the submissions cost more than `confirm_above`.

    On a terminal the question is asked on standard error and answered on standard input; off a
    terminal, or on any answer but yes, this raises UsageError (exit 2) and nothing was sent.
    """
    numbers = totals(_at_most(planned))
    limits = planned.settings.confirm_above
    above = any(numbers.cost.get(unit, 0) > limit for unit, limit in limits.items())
    # What is not known may be any sum, above any limit.
    if planned.options.yes or not (above or (limits and numbers.unpriced)):
        return
    several = len(planned.options.manifests) > 1
    what = f"{planned.manifest.path}: " if several else ""
    what += f"submit {_submissions(numbers)}"
    if not _on_terminal():
        limit = ", ".join(money(Amount(unit=unit, value=value)) for unit, value in limits.items())
        raise UsageError(
            f"{what}? confirm_above is {limit}, and there is no terminal to ask on",
            hint="look at it with `vidu-run plan`, then agree to it with --yes",
        )
    _ask(what)


def ask_first(what: str) -> None:
    """Have the user agree to `what` on a terminal; raises UsageError off it, and on a no."""
    if not _on_terminal():
        raise UsageError(f"{what}? there is no terminal to ask on", hint="agree to it with --yes")
    _ask(what)


def _ask(what: str) -> None:
    if not _agreed(f"{what}? [y/N] "):
        raise UsageError("not confirmed: nothing was sent", hint="--yes agrees without asking")


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _at_most(planned: Planned) -> Plan:
    """The plan with everything submitted that may be: also what is risked a second time."""
    if planned.settings.on_ambiguous == "ask":
        return planned.plan
    return Plan(
        entries=[
            replace(entry, action=Action.SUBMIT) if entry.action is Action.DECIDE else entry
            for entry in planned.plan.entries
        ]
    )


def _submissions(numbers: PlanTotals) -> str:
    """`34 jobs for about 204 credits, 2 of them of unknown price`."""
    count, unknown = numbers.actions[Action.SUBMIT], numbers.unpriced
    jobs = f"{count} job{'s' * (count != 1)}"
    costs = [money(Amount(unit=unit, value=value)) for unit, value in numbers.cost.items()]
    if not costs:
        return f"{jobs} of unknown price"
    rest = f", {unknown} of them of unknown price" if unknown else ""
    return f"{jobs} for about {' and '.join(costs)}{rest}"


def _agreed(question: str) -> bool:
    """Ask on standard error; the end of the input is no agreement."""
    print(printable(question), end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        print(file=sys.stderr)  # the input ended on the line of the question
    return answer.strip().lower() in {"y", "yes"}
