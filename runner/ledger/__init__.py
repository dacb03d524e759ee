"""Ledger: the durable record of every intent to pay and of what became of it."""
