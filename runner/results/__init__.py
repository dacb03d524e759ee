"""Results manifest: writes the outcomes of a run, and reads an earlier one as evidence."""

from runner.results.evidence import EarlierResults, read_results
from runner.results.rows import Header
from runner.results.write import write_results

__all__ = ["EarlierResults", "Header", "read_results", "write_results"]
