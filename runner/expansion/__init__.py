"""Expands a manifest to jobs: defaults, variables, matrix, rows, takes, seeds, fingerprints."""

from runner.expansion.expand import Expansion, PartialJob, expand
from runner.expansion.fingerprints import finalize

__all__ = ["Expansion", "PartialJob", "expand", "finalize"]
