"""What a job costs and how long it takes: from dated tables, else from the ledger's history."""

from runner.prices.kinds import Kind, Learned, kind, learn
from runner.prices.tables import estimate, expected_s

__all__ = ["Kind", "Learned", "estimate", "expected_s", "kind", "learn"]
