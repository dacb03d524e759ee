"""A manifest becomes jobs: defaults, variables, matrix, rows, takes, seeds and fingerprints."""

from runner.expansion.entries import Sketch
from runner.expansion.expanding import Expansion, expand
from runner.expansion.references import resolve
from runner.expansion.sealing import seal

__all__ = ["Expansion", "Sketch", "expand", "resolve", "seal"]
