"""Exit codes, and the failures that end the program with one of them."""

from __future__ import annotations

import pickle
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors.diagnostics import Diagnostic, Location
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


def test_an_invalid_manifest_is_printed_up_to_a_limit() -> None:
    failure = ManifestError([Diagnostic(message=str(n)) for n in range(52)])
    assert str(failure).splitlines()[48:] == ["error: 48", "error: 49", "... and 2 more errors"]
    assert len(failure.diagnostics) == 52


def test_problems_are_records_of_all_that_is_wrong() -> None:
    place = Location(path="spring.yaml", line=4)
    others = [Diagnostic(message="second", warning=True)]
    first, second = UsageError("first", hint="try", location=place, others=others).problems
    assert (first.severity, first.message, first.hint) == ("error", "first", "try")
    assert (first.file, first.line, first.column) == ("spring.yaml", 4, None)
    assert (second.severity, second.message, second.file) == ("warning", "second", None)
    assert [str(each) for each in (first, second)] == [
        "spring.yaml:4: error: first (try)",
        "warning: second",
    ]


@pytest.mark.parametrize(
    "failure",
    [
        ManifestError([Diagnostic(message="wrong", job="a"), Diagnostic(message="odd")]),
        LedgerError("locked", hint="wait", location=Location(path="a"), others=[]),
    ],
)
def test_an_error_comes_whole_from_another_process(failure: Failure) -> None:
    found = pickle.loads(pickle.dumps(failure))  # noqa: S301 - our own
    assert type(found) is type(failure)
    assert (str(found), found.problems, found.args) == (
        str(failure),
        failure.problems,
        failure.args,
    )


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ([], Exit.OK),
        ([Exit.OK, Exit.OK], Exit.OK),
        ([Exit.JOBS_FAILED, Exit.OK], Exit.JOBS_FAILED),
        ([Exit.JOBS_FAILED, Exit.INCOMPLETE, Exit.BUDGET], Exit.BUDGET),
        ([Exit.BUDGET, Exit.DECISION], Exit.DECISION),
        ([Exit.DECISION, Exit.PROVIDER], Exit.PROVIDER),
        ([Exit.PROVIDER, Exit.LEDGER], Exit.LEDGER),
        ([Exit.LEDGER, Exit.TERMINATED], Exit.TERMINATED),
        ([Exit.TERMINATED, Exit.INTERRUPTED, Exit.DEFECT], Exit.DEFECT),
        ([Exit.INVALID, Exit.DEFECT], Exit.INVALID),
    ],
)
def test_the_worst_of_several_exit_codes_wins(codes: list[Exit], code: Exit) -> None:
    assert worst(codes) is code


@given(st.lists(st.sampled_from(PRECEDENCE)), st.randoms())
def test_the_order_of_exit_codes_does_not_matter(codes: list[Exit], rng: random.Random) -> None:
    shuffled = codes.copy()
    rng.shuffle(shuffled)
    assert worst(shuffled) is worst(codes)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (UsageError, 2),
        (ProviderError, 4),
        (OutputError, 6),
        (LedgerError, 8),
        (Failure, 70),
    ],
)
def test_each_failure_has_its_exit_code(kind: type[Failure], code: int) -> None:
    assert kind("x").exit == code


def test_a_failure_prints_its_hint_and_further_problems() -> None:
    failure = ProviderError("no key", hint="set it", others=[Diagnostic(message="no other key")])
    assert str(failure).splitlines() == ["error: no key", "  hint: set it", "error: no other key"]


@pytest.mark.parametrize(("errors", "words"), [(1, "1 error"), (2, "2 errors"), (0, "0 errors")])
def test_an_invalid_manifest_counts_its_errors_and_not_its_warnings(
    errors: int, words: str
) -> None:
    problems = [Diagnostic(message="x")] * errors + [Diagnostic(message="odd", warning=True)]
    failure = ManifestError(problems)
    assert (failure.message, failure.exit, failure.diagnostics) == (words, 3, problems)


def test_the_leaves_of_nested_groups_come_in_their_order() -> None:
    first, second, third = ValueError("1"), OSError("2"), KeyError("3")
    group = ExceptionGroup("outer", [first, ExceptionGroup("inner", [second, third])])
    assert list(leaves(group)) == [first, second, third]


def test_an_error_that_is_no_group_is_its_own_leaf() -> None:
    error = KeyboardInterrupt()
    assert list(leaves(error)) == [error]
