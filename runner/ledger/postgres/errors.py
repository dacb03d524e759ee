"""Translates errors of PostgreSQL into messages that name a remedy."""

from __future__ import annotations

import psycopg
from psycopg import errors as pg

from runner.errors import LedgerError
from runner.ledger.shared import SharedLedger

_CONNECT = (
    "check address, database, user and PGPASSWORD or PGPASSFILE, or run again when the server is "
    "back; nothing that was recorded is lost"
)
_LATER = "run again when it is back; nothing that was recorded is lost"

# Classes of SQLSTATE (PostgreSQL's documentation, appendix A) that a server gives while it cannot
# work, with what to do. A longer prefix stands before a shorter one.
_MESSAGES: dict[str, tuple[str, str]] = {
    "3F000": ("has no such schema", "check ?schema= in the URL, or run `vidu-run ledger init`"),
    "42501": ("does not grant the right to do that", "`vidu-run ledger init --sql` prints them"),
    "42P01": ("lacks a table", "`vidu-run ledger init URL` makes them"),
    "25006": ("takes no writes now: it is read-only or a replica", "name its primary server"),
    "53100": ("cannot write: its disk is full", _LATER),
    "53300": ("has no connection left", "raise max_connections, or use a pooler (PgBouncer)"),
    "55P03": ("is locked by another connection", _LATER),
    "57P": ("is shutting down or starting", _LATER),
}


def is_away(error: psycopg.Error) -> bool:
    """Whether the same statement may succeed later: the server or the way to it fails.

    A defect of ours fails each time.
    """
    if isinstance(error, pg.InsufficientPrivilege):
        return True  # revoked during a run: given back, it goes on
    return isinstance(
        error, psycopg.OperationalError | psycopg.InterfaceError | psycopg.InternalError
    )


def translated(error: psycopg.Error, ledger: SharedLedger) -> LedgerError:
    """What to show the user for an error of the server, or of the way to it."""
    state = error.sqlstate or ""
    # Of a failed connection, libpq has a line for each address that was tried.
    reason = " ".join(str(error).split()) or type(error).__name__
    known = next((text for prefix, text in _MESSAGES.items() if state.startswith(prefix)), None)
    if known is not None:
        return LedgerError(f"the ledger {ledger} {known[0]} ({reason})", hint=known[1])
    if state:
        return LedgerError(f"the ledger {ledger} cannot be used: {reason}", hint=None)
    # A connection that fails has no state, whatever the server's reason is.
    return LedgerError(f"the ledger {ledger} cannot be reached: {reason}", hint=_CONNECT)
