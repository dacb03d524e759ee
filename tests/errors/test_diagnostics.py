"""Diagnostics: how a problem and its place are printed, merged and limited."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors.diagnostics import (
    Diagnostic,
    Location,
    format_diagnostics,
    merge,
    nearest,
    suggest,
)


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


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\u2028", "\u2029", "\x85"])
def test_foreign_text_cannot_imitate_our_lines(end: str) -> None:
    fake = f"x{end}m.yaml:1: error: fake"
    place = Location(path=fake, line=1, column=1, text=fake)
    problem = Diagnostic(message=fake, job=fake, hint=fake, location=place)
    assert len(str(problem).splitlines()) == 4


def test_a_message_is_escaped() -> None:
    assert "\x1b" not in str(Diagnostic(message="\x1b[2J", location=Location(path="\x1b.yaml")))


KEYS = ["aspect_ratio", "resolution", "prompt", "2K", "16:9"]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("promt", "prompt"),
        ("aspectRatio", "aspect_ratio"),
        ("2k", "2K"),
        ("16-9", "16:9"),
        ("２Ｋ", "2K"),
        ("colour", None),
        ("", None),
        ("---", None),
    ],
)
def test_a_name_is_near_another_by_its_letters(name: str, near: str | None) -> None:
    assert nearest(name, KEYS) == near


def test_of_many_names_those_with_the_same_start_are_compared() -> None:
    names = [f"job-{n}" for n in range(2000)] + ["picture"]
    assert nearest("pictur", names) == "picture"
    assert nearest("xicture", names) is None


def test_a_near_name_is_suggested_before_all_others() -> None:
    assert suggest("promt", KEYS) == 'did you mean "prompt"?'


def test_without_a_near_name_the_first_ones_are_listed() -> None:
    assert suggest("colour", ["a", "b"]) == "known: a, b"
    listed = suggest("colour", map(str, range(20)))
    first = f"known: {', '.join(map(str, range(12)))}, ..."
    assert listed == f"{first} (20 in all)"
    assert suggest("colour", map(str, range(20)), rest="x has all") == f"{first} (x has all)"


def test_without_names_nothing_is_suggested() -> None:
    assert suggest("promt", []) is None


def test_a_name_that_only_looks_right_is_told_apart() -> None:
    assert suggest("v\u0456duq2", ["viduq2"]) == (
        'did you mean "viduq2"? U+0456 (cyrillic small letter byelorussian-ukrainian i) is not "i"'
    )
    assert suggest("caf\u00e9", ["cafe\u0301"]) == (
        'did you mean "cafe\u0301"? the two only look alike, it is written cafe\\u0301'
    )
