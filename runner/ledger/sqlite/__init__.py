"""Ledger of a folder, in SQLite: what one machine has paid for."""
