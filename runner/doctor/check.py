"""Check: what is reported about one thing that a run relies on."""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

from runner.errors import Exit, Failure, ManifestError, worst

T = TypeVar("T")


class Level(enum.StrEnum):
    """How well it is."""

    OK = "ok"
    WARN = "warn"
    """A run works all the same."""
    FAIL = "fail"
    """A run would end with the check's exit code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding. Scripts rely on the ids, which are listed in docs/doctor.md."""

    id: str
    level: Level
    text: str
    about: str = ""
    """The provider, manifest or path that it is about; empty for this machine."""
    hint: str | None = None
    exit: Exit = Exit.OK
    """The code with which a run would end because of it."""


def ok(id_: str, text: str, about: str = "") -> Check:
    """A thing that is as it should be."""
    return Check(id=id_, level=Level.OK, text=text, about=about)


def warn(id_: str, text: str, about: str = "", *, hint: str | None = None) -> Check:
    """A thing that a run can do without, or that may trouble it later."""
    return Check(id=id_, level=Level.WARN, text=text, about=about, hint=hint)


def fail(id_: str, text: str, code: Exit, about: str = "", *, hint: str | None = None) -> Check:
    """A thing because of which a run would end with `code`."""
    return Check(id=id_, level=Level.FAIL, text=text, about=about, hint=hint, exit=code)


def failed(id_: str, error: Failure, about: str = "") -> Check:
    """The check for an error that a run would end with; the first one of several."""
    others, first = error.others, error.message
    hint = error.hint
    if isinstance(error, ManifestError):
        wrong = [problem for problem in error.diagnostics if not problem.warning]
        place = wrong[0].location
        line = f"line {place.line}: " if place and place.line else ""
        first, others, hint = line + wrong[0].message, wrong[1:], wrong[0].hint
    more = f" (and {len(others)} more)" if others else ""
    return fail(id_, first + more, error.exit, about, hint=hint)


def exit_of(checks: Iterable[Check]) -> Exit:
    """The code that a run would end with; `Exit.OK` where there are only warnings."""
    return worst(check.exit for check in checks)


def within(seconds: float, call: Callable[[], T]) -> T:
    """The result of `call`, which goes on in its own thread after TimeoutError."""
    # A file system that does not answer holds its caller up for ever, signals included.
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            future.set_exception(error)

    threading.Thread(target=work, name="check", daemon=True).start()
    return future.result(timeout=seconds)


def guarded(
    id_: str, about: str, call: Callable[[], Iterable[Check]], *, limit_s: float = 10
) -> list[Check]:
    """The checks of `call`, or one about why there are no others: one must not hide the rest."""
    try:
        return [*within(limit_s, call)]
    except Failure as error:
        return [failed(id_, error, about)]
    except TimeoutError:
        text = f"no answer within {limit_s:g} s"
        return [fail(id_, text, Exit.INCOMPLETE, about, hint="look at the disk or the mount there")]
    except OSError as error:
        return [fail(id_, f"cannot be read: {error.strerror or error}", Exit.INCOMPLETE, about)]
