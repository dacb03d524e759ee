"""What can go wrong: problems with a place and a hint, exit codes, and text made safe to show."""

from __future__ import annotations

from runner.errors.exits import (
    PRECEDENCE,
    Exit,
    worst,
)
from runner.errors.failures import (
    Failure,
    LedgerError,
    ManifestError,
    OutputError,
    ProviderError,
    UsageError,
)
from runner.errors.problems import (
    Place,
    Problem,
    merged,
    told,
)
from runner.errors.secrets import (
    Secret,
    redact,
)
from runner.errors.showing import (
    one_line,
    printable,
    width,
)

__all__ = [
    "PRECEDENCE",
    "Exit",
    "Failure",
    "LedgerError",
    "ManifestError",
    "OutputError",
    "Place",
    "Problem",
    "ProviderError",
    "Secret",
    "UsageError",
    "merged",
    "one_line",
    "printable",
    "redact",
    "told",
    "width",
    "worst",
]
