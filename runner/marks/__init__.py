"""Marks files: what somebody thinks of results, and what follows for the next run."""
