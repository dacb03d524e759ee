"""Shared ledger, in PostgreSQL: what a team or a cluster has paid for. Needs the extra `team`."""
