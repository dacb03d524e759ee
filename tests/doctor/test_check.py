"""Checks: which code they amount to, and that one failure hides no other."""

from __future__ import annotations

import threading

from runner.doctor.check import Check, Level, exit_of, fail, failed, guarded, ok, warn
from runner.errors import Diagnostic, Exit, LedgerError, Location, ManifestError


def test_only_failures_decide_the_exit_code() -> None:
    assert exit_of([ok("a", "fine"), warn("b", "odd")]) is Exit.OK
    checks = [fail("a", "gone", Exit.INCOMPLETE), fail("b", "no key", Exit.PROVIDER)]
    assert exit_of(checks) is Exit.PROVIDER


def test_a_known_error_becomes_a_failure_with_its_code() -> None:
    def broken() -> list[Check]:
        raise LedgerError("damaged", hint="keep the file")

    (found,) = guarded("ledger", "a.sqlite3", broken)
    assert (found.level, found.exit, found.about) == (Level.FAIL, Exit.LEDGER, "a.sqlite3")
    assert (found.text, found.hint) == ("damaged", "keep the file")


def test_a_check_that_hangs_fails_by_itself() -> None:
    never = threading.Event()

    def hanging() -> list[Check]:
        never.wait()
        return []

    (found,) = guarded("disk", "/mnt", hanging, limit_s=0.01)
    never.set()
    assert found.text == "no answer within 0.01 s"
    assert found.exit is Exit.INCOMPLETE


def test_a_file_that_cannot_be_read_fails_with_the_reason() -> None:
    def closed() -> list[Check]:
        raise PermissionError(13, "Permission denied")

    (found,) = guarded("ledger", "x", closed)
    assert found.text == "cannot be read: Permission denied"


def test_of_many_errors_in_a_manifest_the_first_is_shown() -> None:
    place = Location(path="a.yaml", line=7, column=3)
    problems = [
        Diagnostic(message="only odd", warning=True),
        Diagnostic(message="no such model", hint="viduq2", location=place),
        Diagnostic(message="no such key"),
    ]
    found = failed("manifest", ManifestError(problems), "a.yaml")
    assert found.text == "line 7: no such model (and 1 more)"
    assert (found.hint, found.exit) == ("viduq2", Exit.INVALID)
