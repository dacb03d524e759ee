"""A manifest becomes jobs: defaults, variables, matrix, rows, takes, seeds and fingerprints."""

from runner.expansion.expand import Expansion, PartialJob, expand
from runner.expansion.finalize import finalize
from runner.expansion.references import resolve

__all__ = ["Expansion", "PartialJob", "expand", "finalize", "resolve"]
