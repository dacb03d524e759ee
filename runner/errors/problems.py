"""Problems: diagnostics as plain records, for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runner.errors.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, or may be. The fields are those of `validate --json`."""

    severity: Literal["error", "warning"]
    file: str | None
    """As the user wrote its path."""
    line: int | None
    """From 1, like `column`; None where it is not known."""
    column: int | None
    job: str | None
    """The id of the first job that it affects."""
    jobs: int
    """How many jobs it affects."""
    message: str
    hint: str | None

    @classmethod
    def of(cls, diagnostic: Diagnostic) -> Problem:
        """The record of a diagnostic."""
        place = diagnostic.location
        return cls(
            severity="warning" if diagnostic.warning else "error",
            file=place.path if place else None,
            line=(place.line or None) if place else None,
            column=(place.column or None) if place else None,
            job=diagnostic.job,
            jobs=diagnostic.jobs,
            message=diagnostic.message,
            hint=diagnostic.advice,
        )

    def __str__(self) -> str:
        """`FILE:LINE:COLUMN: error: message (hint)`."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}{': ' if place else ''}{self.severity}: {self.message}{hint}"
