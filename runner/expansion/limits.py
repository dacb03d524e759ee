"""How large a manifest may become."""

MOST_JOBS = 1_000_000
"""Jobs of one manifest: far above any real batch, far below what would fill the memory."""
