"""Exit codes, and the exceptions that end the program with one of them."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, ClassVar

from runner.errors.diagnostics import Diagnostic, HintedError, Location, format_diagnostics
from runner.errors.problems import Problem
from runner.errors.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


class Exit(enum.IntEnum):
    """The exit codes, which users and scripts rely on."""

    OK = 0
    JOBS_FAILED = 1
    USAGE = 2
    INVALID = 3
    PROVIDER = 4
    BUDGET = 5
    INCOMPLETE = 6
    DECISION = 7
    LEDGER = 8
    TO_SUBMIT = 10
    DEFECT = 70
    INTERRUPTED = 130
    TERMINATED = 143


# Part of the contract: what stops everything comes before what concerns single jobs.
PRECEDENCE = (
    Exit.DEFECT,
    Exit.INTERRUPTED,
    Exit.TERMINATED,
    Exit.LEDGER,
    Exit.PROVIDER,
    Exit.DECISION,
    Exit.BUDGET,
    Exit.INCOMPLETE,
    Exit.JOBS_FAILED,
)


def worst(codes: Iterable[Exit]) -> Exit:
    """The code to exit with when several apply; `Exit.OK` if there are none."""
    # Codes outside the precedence table (usage, invalid, to submit) end a program before any job
    # runs, so they come first.
    seen = set(codes) - {Exit.OK}
    early = sorted(seen - set(PRECEDENCE))
    return next((code for code in (*early, *PRECEDENCE) if code in seen), Exit.OK)


class Failure(HintedError):  # noqa: N818 - the base class; the names of the others end in Error
    """An error that ends the program with its exit code and without a traceback."""

    exit: ClassVar[Exit] = Exit.DEFECT

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        location: Location | None = None,
        others: Iterable[Diagnostic] = (),
    ):
        super().__init__(message, hint)
        self.location = location
        self.others = list(others)
        """Further problems of the same kind, printed after this one."""

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self._diagnostics())

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception is made again from its message alone, which is not what these take.
        return _restored, (type(self), self.args, self.__dict__)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong, as records."""
        return tuple(map(Problem.of, self._diagnostics()))

    def _diagnostics(self) -> Sequence[Diagnostic]:
        first = Diagnostic(message=self.message, hint=self.hint, location=self.location)
        return [first, *self.others]


def _restored(kind: type[Failure], args: tuple[Any, ...], state: Mapping[str, Any]) -> Failure:
    """An error that comes from another process."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class UsageError(Failure):
    """The command line or the environment is wrong."""

    exit = Exit.USAGE


class ManifestError(Failure):
    """One or more manifests are invalid; nothing was sent for any."""

    exit = Exit.INVALID

    def __init__(self, problems: Iterable[Diagnostic]):
        self.diagnostics = list(problems)
        errors = sum(not problem.warning for problem in self.diagnostics)
        super().__init__(plural(errors, "error"))

    def __str__(self) -> str:
        """The diagnostics as text, up to a limit; `diagnostics` has all of them."""
        return "\n".join(format_diagnostics(self.diagnostics))

    def _diagnostics(self) -> Sequence[Diagnostic]:
        return self.diagnostics


class ProviderError(Failure):
    """A key, credit or address error that stops a provider."""

    exit = Exit.PROVIDER


class LedgerError(Failure):
    """The ledger cannot be used: locked out, damaged, read-only, newer."""

    exit = Exit.LEDGER


class OutputError(Failure):
    """A file or folder cannot be written; a later run continues."""

    exit = Exit.INCOMPLETE


def leaves(error: BaseException) -> Iterator[BaseException]:
    """The exceptions inside a group and its sub-groups; the exception itself if it is no group."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves(inner)
    else:
        yield error
