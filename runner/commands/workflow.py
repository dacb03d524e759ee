"""Workflow: shows what a verb has found where GitHub shows it, if a workflow runs the command."""

from __future__ import annotations

from collections.abc import Callable

from runner.commands.options import Options
from runner.error_handler import emit
from runner.errors import Exit, Failure


def in_workflow(verb: Callable[[Options], Exit], options: Options) -> Exit:
    """Call the verb; at its end, or with the error that ends it, show what it has collected."""
    try:
        return verb(options)
    except Failure as error:
        options.step.add_failure(error)
        raise
    finally:
        options.step.show(emit)
