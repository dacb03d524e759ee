"""The known ends of the program, each an exception with its exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from runner.errors.exits import Exit
from runner.errors.problems import Place, Problem, told

if TYPE_CHECKING:
    from collections.abc import Iterable


class Failure(Exception):  # noqa: N818 - the family's name; its members end in Error
    """A known end of the program: shown without a traceback, with its exit code."""

    exit: ClassVar[Exit] = Exit.DEFECT

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        place: Place | None = None,
        others: Iterable[Problem] = (),
    ):
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.place = place
        self.others = list(others)
        """Further problems of the same kind, told after this one."""

    def __str__(self) -> str:
        first = Problem(message=self.message, hint=self.hint, place=self.place)
        return "\n".join(str(problem) for problem in (first, *self.others))


class UsageError(Failure):
    """The command line or the environment asks for something that cannot be."""

    exit = Exit.USAGE


class ManifestError(Failure):
    """One or more manifests are invalid; nothing was sent for any."""

    exit = Exit.INVALID

    def __init__(self, problems: Iterable[Problem]):
        self.problems = list(problems)
        errors = sum(not problem.warning for problem in self.problems)
        super().__init__(f"{errors} error{'s' * (errors != 1)}")

    def __str__(self) -> str:
        """What to print: not everything, where there is very much of it; `problems` has all."""
        return "\n".join(told(self.problems))


class ProviderError(Failure):
    """A key, credit or address trouble that stops a provider."""

    exit = Exit.PROVIDER


class LedgerError(Failure):
    """The ledger cannot be used: locked out, damaged, read-only, newer."""

    exit = Exit.LEDGER


class OutputError(Failure):
    """A file or folder the program has to write cannot be written; a later run continues."""

    exit = Exit.INCOMPLETE
