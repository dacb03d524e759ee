"""Ledger verbs: make a shared ledger, and look into it."""

from __future__ import annotations

import click

from runner.cli.flags import flag
from runner.cli.group import cli, exit_with

URL = click.argument("url", metavar="URL")


@cli.group()
def ledger() -> None:
    """Make a PostgreSQL that machines share as their ledger, and look into it.

    URL is postgresql://USER@HOST/DATABASE; the password comes from PGPASSWORD, PGPASSFILE or
    PGSERVICE. `?schema=NAME` names another schema than vidu_run.
    """


@ledger.command()
@URL
@flag("--sql", "as_sql", text="Print the statements for a database administrator instead.")
def init(url: str, as_sql: bool) -> None:
    """Make an empty ledger; one that is there stays as it is."""
    from runner.commands import ledger

    exit_with(lambda: ledger.init(url, as_sql=as_sql))


@ledger.command()
@URL
@flag("--json", "as_json", text="Print it as JSON.")
def status(url: str, as_json: bool) -> None:
    """Show runs, submissions of unknown fate and what was spent. Writes nothing."""
    from runner.commands import ledger

    exit_with(lambda: ledger.status(url, as_json=as_json))


@ledger.command()
@URL
def check(url: str) -> None:
    """Check the records against each other. Writes nothing."""
    from runner.commands import ledger

    exit_with(lambda: ledger.check(url))
