"""Command line: turns flags into options, calls a verb with them and exits with its code.

Each verb imports its own module of `runner.commands`: `--help` and completion load none of them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

# Imported for its verbs, which are listed in this order where a word is no verb.
from runner.cli import batch, ledger, outcome, start, tools  # noqa: F401
from runner.cli.group import cli, exit_with

if TYPE_CHECKING:
    from runner.errors import Exit

__all__ = ["cli", "main"]


def main() -> None:
    """Read the command line, run the verb and exit."""
    if instruction := os.environ.get("_VIDU_RUN_COMPLETE"):  # a press of Tab
        from runner.cli.completion import complete

        complete(cli, instruction)
        return
    try:
        cli(prog_name="vidu-run")
    except OSError as error:  # help that cannot be written: a verb handles its own errors
        failure = error

        def step() -> Exit:
            raise failure

        exit_with(step)
