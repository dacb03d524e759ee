"""Reconciliation: finds out what became of a submission whose answer was lost."""
