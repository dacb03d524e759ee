"""Output: warnings on standard error, JSON on standard output."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from runner.error_handler import emit
from runner.errors import Diagnostic, format_diagnostics
from runner.streams import json_text

if TYPE_CHECKING:
    from runner.commands.manifest_plan import ManifestPlan


def announce(planned: ManifestPlan) -> None:
    """Emit the plan's warnings, and which jobs were added to the selected ones."""
    warn(planned.warnings, planned.options.emit)
    planned.options.step.add_problems(planned.warnings)
    if planned.added:
        names = ", ".join(f'"{name}"' for name in planned.added)
        planned.options.emit(f"included because selected jobs need them: {names}")


def warn(problems: Iterable[Diagnostic], emit: Callable[[str], None] = emit) -> None:
    """Emit each problem in compiler style, up to a limit."""
    for text in format_diagnostics(list(problems)):
        emit(text)


def print_json(value: object) -> None:
    """Print the value as JSON."""
    print(json_text(value, sys.stdout, indent=2))
