"""Diagnostics, exit codes and text that is safe for a terminal."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import (
    Diagnostic,
    Exit,
    Failure,
    LedgerError,
    Location,
    ManifestError,
    OutputError,
    ProviderError,
    Secret,
    UsageError,
    format_diagnostics,
    looks_secret,
    merge,
    one_line,
    printable,
    redact,
    width,
    worst,
)
from runner.errors.exits import PRECEDENCE


def caret_of(text: str, column: int) -> tuple[str, str]:
    """The excerpt's two lines for a problem at that column of that source line."""
    place = Location(path="m.yaml", line=1, column=column, text=text)
    _, line, caret = str(Diagnostic(message="x", location=place)).splitlines()
    return line, caret


def test_a_problem_is_printed_in_compiler_style() -> None:
    place = Location(path="m.yaml", line=7, column=5, text="    ratio: 21:9")
    problem = Diagnostic(message="no such ratio", location=place, job="wide", hint="try 16:9")
    assert str(problem).splitlines() == [
        'm.yaml:7:5: error: job "wide": no such ratio',
        "        ratio: 21:9",
        "        ^",
        "  hint: try 16:9",
    ]


def test_a_problem_without_location_has_no_caret() -> None:
    assert str(Diagnostic(message="odd", warning=True)) == "warning: odd"


def test_a_location_shows_what_is_known() -> None:
    assert str(Location(path="m.yaml")) == "m.yaml"
    assert str(Location(path="m.yaml", line=3)) == "m.yaml:3"


def test_without_a_column_there_is_no_caret() -> None:
    place = Location(path="m.yaml", line=3, text="a: 1")
    assert str(Diagnostic(message="x", location=place)) == "m.yaml:3: error: x"


@pytest.mark.parametrize(
    ("text", "column", "columns_before"),
    [
        ("prompt: cat", 9, 8),
        ("提示: 猫", 5, 6),
        ("cafe\u0301: x", 8, 6),
        ("❤\ufe0f: x", 5, 3),
        ("\ta: x", 5, 4),
        ("a: \x1b: x", 7, 9),
        ("a", 2, 1),
    ],
)
def test_the_caret_is_under_its_character(text: str, column: int, columns_before: int) -> None:
    _, caret = caret_of(text, column)
    assert caret == "    " + " " * columns_before + "^"


@pytest.mark.parametrize("column", [1, 51, 60, 150, 300, 301])
def test_a_long_line_is_shown_around_the_caret(column: int) -> None:
    text = "".join(chr(0x4E00 + index) for index in range(300))
    line, caret = caret_of(text, column)
    before = caret[:-1].removeprefix("    ")
    shown = line.removeprefix("    ")
    assert width(line) <= 80
    under = next((c for i, c in enumerate(shown) if width(shown[:i]) == width(before)), None)
    assert under == (text[column - 1] if column <= len(text) else None)


def test_one_cause_in_many_jobs_is_printed_once() -> None:
    place = Location(path="m.yaml", line=2, column=1)
    hits = [Diagnostic(message="bad", location=place, job=job) for job in "abc"]
    other = Diagnostic(message="worse", location=place, job="d")
    found = merge([hits[0], other, *hits[1:]])
    assert [str(problem) for problem in found] == [
        "m.yaml:2:1: error: bad (3 jobs, first: a)",
        'm.yaml:2:1: error: job "d": worse',
    ]


def test_jobs_without_a_name_are_only_counted() -> None:
    found = merge([Diagnostic(message="bad"), Diagnostic(message="bad")])
    assert [str(problem) for problem in found] == ["error: bad (2 jobs)"]


def test_a_value_of_a_row_names_the_expression_that_reads_it() -> None:
    template = Location(path="m.yaml", line=7, column=13)
    problem = Diagnostic(message="bad", location=Location(path="rows.csv", line=3, via=template))
    assert str(problem) == "rows.csv:3: error: bad\n  used at m.yaml:7:13"


def test_a_path_that_ends_in_white_space_is_quoted() -> None:
    assert str(Location(path=" m.yaml", line=3)) == '" m.yaml":3'


def of_row(line: int) -> Diagnostic:
    template = Location(path="m.yaml", line=7, column=13)
    return Diagnostic(message="bad", location=Location(path="rows.csv", line=line, via=template))


def test_of_thousands_of_problems_only_some_are_printed() -> None:
    other = [Diagnostic(message=f"worse {n}") for n in range(60)]
    odd = Diagnostic(message="odd", warning=True)
    printed = format_diagnostics([*map(of_row, range(1, 80_001)), *other, odd])
    assert len(printed) == 53
    assert printed[-3:] == [
        "warning: odd",
        "... and 79,995 more errors about values used at m.yaml:7:13",
        "... and 15 more errors",
    ]
    assert "worse 44" in printed[49]


def test_an_invalid_manifest_is_printed_up_to_a_limit() -> None:
    failure = ManifestError([Diagnostic(message=str(n)) for n in range(52)])
    assert str(failure).splitlines()[48:] == ["error: 48", "error: 49", "... and 2 more errors"]
    assert len(failure.diagnostics) == 52


def test_equal_messages_at_other_locations_stay_apart() -> None:
    one, two = (Location(path="m.yaml", line=line) for line in (1, 2))
    problems = [
        Diagnostic(message="bad", location=one),
        Diagnostic(message="bad", location=two),
        Diagnostic(message="bad", location=two, warning=True),
    ]
    assert merge(problems) == problems


@given(st.lists(st.sampled_from("abcd")))
def test_merging_loses_no_job(messages: list[str]) -> None:
    found = merge(Diagnostic(message=message, job="j") for message in messages)
    assert sum(problem.jobs for problem in found) == len(messages)
    assert [problem.message for problem in found] == list(dict.fromkeys(messages))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\rb", "a\\x0db"),
        ("a\u202eb", "a\\u202eb"),
        ("a\x9bb", "a\\x9bb"),
        ("a\u2028b\x85c", "a\\u2028b\\x85c"),
        ("a\udc80b", "a\\udc80b"),
        ("line\n\ttab", "line\n\ttab"),
        ("猫 cat é", "猫 cat é"),
    ],
)
def test_control_characters_are_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_printable_text_is_unchanged(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@given(st.text())
def test_one_line_escapes_line_breaks(text: str) -> None:
    assert len(f"{one_line(text)}.".splitlines()) == 1
    assert one_line(one_line(text)) == one_line(text)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\u2028", "\u2029", "\x85"])
def test_foreign_text_cannot_imitate_our_lines(end: str) -> None:
    fake = f"x{end}m.yaml:1: error: fake"
    place = Location(path=fake, line=1, column=1, text=fake)
    problem = Diagnostic(message=fake, job=fake, hint=fake, location=place)
    assert len(str(problem).splitlines()) == 4


def test_a_message_is_escaped() -> None:
    assert "\x1b" not in str(Diagnostic(message="\x1b[2J", location=Location(path="\x1b.yaml")))


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


def test_a_secret_shows_only_when_revealed() -> None:
    secret = Secret("vda_hush")
    assert f"{secret} {secret!r} {[secret]}" == "Secret(***) Secret(***) [Secret(***)]"
    assert secret.reveal() == "vda_hush"


@pytest.mark.parametrize(
    ("name", "at_end", "anywhere"),
    [
        ("VIDU_API_KEY", True, True),
        ("github_token", True, True),
        ("DB_PASSWORD", True, True),
        ("TEAM_KEY_2", False, True),
        ("KEY_VISUAL", False, True),
        ("HOME", False, False),
    ],
)
def test_the_name_of_a_variable_shows_whether_it_holds_a_secret(
    name: str, *, at_end: bool, anywhere: bool
) -> None:
    assert looks_secret(name) is at_end
    assert looks_secret(name, anywhere=True) is anywhere


def test_secrets_are_redacted_the_longest_first() -> None:
    secrets = [Secret("vda"), Secret("vda_hush"), Secret("")]
    assert redact("key vda_hush, prefix vda", secrets) == "key ***, prefix ***"
