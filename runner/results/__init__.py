"""Outcomes in, the results manifest out, and back as evidence of what was paid for."""

from runner.results.evidence import Earlier, read_evidence
from runner.results.rows import Header
from runner.results.write import write_results

__all__ = ["Earlier", "Header", "read_evidence", "write_results"]
