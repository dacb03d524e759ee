"""Start verbs: what comes before the first run."""

from __future__ import annotations

from pathlib import Path

import click

from runner.cli.flags import PATH, value
from runner.cli.group import cli, exit_with

# Written out: its home is a module that takes time to load.
EXAMPLES = ("quickstart", "campaign", "storyboard", "prompt-set", "film")
_EXAMPLE = "An example to start from, instead of three commented pictures."


@cli.command()
@click.argument("folder", metavar="[DIR]", type=PATH, default=Path())
@value("--example", None, _EXAMPLE, click.Choice(EXAMPLES))
def init(folder: Path, example: str | None) -> None:
    """Write a manifest to start from, with a schema for editors. Overwrites nothing.

    DIR is made if it is not there; without it, the files go into the current folder.
    """
    from runner.commands import init

    exit_with(lambda: init.init(folder, example))
