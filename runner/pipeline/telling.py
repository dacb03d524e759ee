"""Messages to standard error and data to standard output, as every verb gives them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

from runner.errors import Problem, told
from runner.guard import say
from runner.pipeline.planned import Planned


def announce(planned: Planned) -> None:
    """What a user should know before the plan is carried out."""
    tell(planned.warnings)
    if planned.added:
        names = ", ".join(f'"{name}"' for name in planned.added)
        say(f"needed by what is selected, so included: {names}")


def tell(problems: Iterable[Problem]) -> None:
    """Each problem, in the compiler's style, as far as anyone reads."""
    for text in told(list(problems)):
        say(text)


def print_json(value: object) -> None:
    """The value as JSON on standard output."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2)
    print()
