"""Messages to standard error and data to standard output, as every verb gives them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

from runner.commands.session import Planned
from runner.error_handler import emit
from runner.errors import Diagnostic, format_diagnostics


def announce(planned: Planned) -> None:
    """What a user should know before the plan is carried out."""
    warn(planned.warnings)
    if planned.added:
        names = ", ".join(f'"{name}"' for name in planned.added)
        emit(f"needed by what is selected, so included: {names}")


def warn(problems: Iterable[Diagnostic]) -> None:
    """Each problem, in the compiler's style, as far as anyone reads."""
    for text in format_diagnostics(list(problems)):
        emit(text)


def print_json(value: object) -> None:
    """The value as JSON on standard output."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2)
    print()
