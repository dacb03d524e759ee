"""Errors: diagnostics with location and hint, exceptions with exit codes, printable text."""

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
    leaves,
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
    "leaves",
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
