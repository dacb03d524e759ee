"""What can go wrong: diagnostics with a location and a hint, exit codes, and text safe to show."""

from __future__ import annotations

from runner.errors.diagnostics import (
    Diagnostic,
    HintedError,
    Location,
    format_diagnostics,
    merge,
    nearest,
    suggest,
)
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
from runner.errors.text import Secret, looks_secret, one_line, plural, printable, redact, width

__all__ = [
    "PRECEDENCE",
    "Diagnostic",
    "Exit",
    "Failure",
    "HintedError",
    "LedgerError",
    "Location",
    "ManifestError",
    "OutputError",
    "ProviderError",
    "Secret",
    "UsageError",
    "format_diagnostics",
    "looks_secret",
    "merge",
    "nearest",
    "one_line",
    "plural",
    "printable",
    "redact",
    "suggest",
    "width",
    "worst",
]
