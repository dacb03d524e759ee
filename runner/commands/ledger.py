"""`vidu-run ledger`: makes a shared ledger, and shows what is in it."""

from __future__ import annotations

import sys

from runner.commands.output import print_json
from runner.errors import Exit, LedgerError, UsageError, terminal_columns
from runner.ledger.shared import SharedLedger, without_secrets
from runner.terminal.ledger_view import format_ledger, ledger_record

try:
    # Here, not at each use: only these verbs import this module.
    from runner.ledger.postgres.admin import make_tables, script
    from runner.ledger.postgres.overview import check_ledger, read_overview
except ImportError as missing:
    raise LedgerError(
        f"a shared ledger needs a package that is not installed: {missing.name}",
        hint="pip install 'vidu-run[team]'",
    ) from missing


def init(url: str, *, as_sql: bool) -> Exit:
    """Make an empty ledger, or print what a database administrator runs to make it."""
    location = _parse(url)
    if as_sql:
        print(script(location.schema), end="")
    elif make_tables(location):
        print(f"made: {location}, schema {location.schema}")
    else:
        print(f"there already: {location}, schema {location.schema}")
    return Exit.OK


def status(url: str, *, as_json: bool) -> Exit:
    """Show runs, submissions of unknown fate, and what was spent."""
    location = _parse(url)
    overview = read_overview(location)
    if as_json:
        print_json(ledger_record(location, overview))
    else:
        print(format_ledger(location, overview, terminal_columns(sys.stdout)))
    return Exit.OK


def check(url: str) -> Exit:
    """Check that what is in the ledger can be; exit 8 if not."""
    location = _parse(url)
    problems = check_ledger(location)
    for problem in problems:
        print(problem)
    print(f"{location}: {'damaged' if problems else 'whole'}")
    return Exit.LEDGER if problems else Exit.OK


def _parse(url: str) -> SharedLedger:
    try:
        return SharedLedger.parse(url)
    except ValueError as error:
        raise UsageError(f"{without_secrets(url)} {error}") from error
