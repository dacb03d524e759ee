"""What can go wrong: problems with a place and a hint, exit codes, and text made safe to show."""

from __future__ import annotations

from runner.errors.diagnostics import Diagnostic, Location, format_diagnostics, merge
from runner.errors.exits import (
    PRECEDENCE,
    Exit,
    Failure,
    LedgerError,
    ManifestError,
    OutputError,
    ProviderError,
    UsageError,
    worst,
)
from runner.errors.text import Secret, one_line, printable, redact, width

__all__ = [
    "PRECEDENCE",
    "Diagnostic",
    "Exit",
    "Failure",
    "LedgerError",
    "Location",
    "ManifestError",
    "OutputError",
    "ProviderError",
    "Secret",
    "UsageError",
    "format_diagnostics",
    "merge",
    "one_line",
    "printable",
    "redact",
    "width",
    "worst",
]
