"""Tool verbs: the emulator, and what operations and schemas there are."""

from __future__ import annotations

from typing import Any

import click

from runner.cli.flags import PATH, SCALE, flag, value
from runner.cli.group import cli, exit_with

_PORT = "Port to listen on; 0 takes a free one."
_ACCOUNT_SIZE = "Tasks that the account works on at once."
_OVER_LIMIT = "Whether more tasks wait in order, or are refused with 429."
_LIST_FIELDS = "Fields of the task list: as documented, or with payload and err_code too."


@cli.command(context_settings={"show_default": True})
@value("--port", "N", _PORT, click.IntRange(0, 65535), default=8787)
@value("--time-scale", "X", "Duration of tasks; 1 is real time.", SCALE, default=1.0)
@value("--concurrency", "N", _ACCOUNT_SIZE, click.IntRange(min=1), default=5)
@value("--over-limit", None, _OVER_LIMIT, click.Choice(["queue", "refuse"]), default="queue")
@value(
    "--list-fields", None, _LIST_FIELDS, click.Choice(["documented", "all"]), default="documented"
)
@value("--credits", "N", "The account's credits.", click.IntRange(min=0))
@value("--key", "KEY", "A key to accept.  [default: any key]", multiple=True)
@click.option("--state-dir", type=PATH, help="Folder to keep tasks in.  [default: in memory]")
@value("--faults", "FILE", "A script of the faults to produce.", PATH)
def emulate(**flags: Any) -> None:
    """Serve an emulator of both APIs on loopback, for any client."""
    from runner.commands import emulate

    exit_with(lambda: emulate.emulate(**flags))


@cli.command()
@click.argument("names", nargs=-1, metavar="[NAME | FILE...]")
@flag("--check", text="Check operations' files; without FILE, those that are installed.")
def schema(names: tuple[str, ...], check: bool) -> None:
    """Print a JSON Schema, or the names of all.

    NAME is manifest, results, marks, operation or an operation, such as vidu/reference2image.
    """
    from runner.commands import schema

    exit_with(lambda: schema.schema(names, check=check))


@cli.command()
@click.argument("name", required=False)
@flag("--json", "as_json", text="Print the reference as JSON.")
def operations(name: str | None, as_json: bool) -> None:
    """List the operations with models and prices, or show one as a page.

    NAME is an operation, such as vidu/img2video.
    """
    from runner.commands import operations

    exit_with(lambda: operations.operations(name, as_json=as_json))
