"""Ids that serve as file names, and their uniqueness."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.expansion.expand import Expansion
from runner.expansion.ids import IdError, fold_case, normalize
from tests.builders import hints, reported

Expand = Callable[..., Expansion]


@pytest.mark.parametrize(
    "id_", ["a", "look-1.2_x", "猫", "窗台-2", "9", "ñandú", "हिन्दी", "กิ", "a." * 50]
)
def test_letters_and_digits_of_any_script_are_kept(id_: str) -> None:
    assert normalize(id_) == unicodedata.normalize("NFC", id_)


def test_an_id_is_composed() -> None:
    assert normalize("cafe\u0301") == "caf\u00e9"


@pytest.mark.parametrize(
    ("id_", "message"),
    [
        ("", "the id is empty"),
        ("-a", 'id "-a" starts with "-"'),
        (".a", 'id ".a" starts with "."'),
        ("_a", 'id "_a" starts with "_"'),
        ("a/b", 'id "a/b" contains "/"'),
        ("a b", 'id "a b" contains " "'),
        ("a~2", 'id "a~2" contains "~"'),
        ("a\n", 'id "a\n" contains "\n"'),
        ("\u0301a", 'id "\u0301a" contains "\u0301"'),
        ("x" * 101, "the id has 101 bytes in UTF-8, but at most 100 are allowed"),
        ("猫" * 34, "the id has 102 bytes in UTF-8, but at most 100 are allowed"),
    ],
)
def test_an_id_unfit_as_a_file_name_is_rejected(id_: str, message: str) -> None:
    with pytest.raises(IdError) as caught:
        normalize(id_)
    assert caught.value.message.startswith(message)


@given(st.text())
def test_an_accepted_id_is_accepted_again_and_unchanged(id_: str) -> None:
    try:
        once = normalize(id_)
    except IdError:
        return
    assert normalize(once) == once
    assert len(once.encode()) <= 100
    assert "/" not in once


def test_ids_that_differ_in_case_only_are_equal() -> None:
    assert fold_case("Look") == fold_case("lOOK")
    assert fold_case("Straße") == fold_case("STRASSE")


def test_equal_ids_are_reported_with_both_locations(expanded: Expand) -> None:
    found = expanded("""jobs:
  - {id: look}
  - {id: Look}
  - {id: look}
""")
    taken = "is taken by the job at m.yaml:4:10"
    assert reported(found) == [
        f'5:10 the id "Look" {taken} as "look" (ids must differ in more than case)',
        f'6:10 the id "look" {taken}',
    ]
    assert [draft.id for draft in found.drafts] == ["look"]


def test_the_id_of_a_take_collides_with_an_equal_id(expanded: Expand) -> None:
    found = expanded("jobs: [{id: x, takes: 2}, {id: x.1}]")
    assert reported(found) == ['3:32 the id "x.1" is taken by the job at m.yaml:3:13']


def test_a_matrix_with_a_constant_id_is_reported_once(
    expanded: Expand,
) -> None:
    found = expanded("jobs: [{id: look, matrix: {style: [a, b, c], size: [1]}}]")
    assert reported(found) == ['3:13 3 jobs of this entry have the same id "look"']
    assert hints(found) == ["put ${{ matrix.style }} into the id"]


def test_rows_with_a_constant_id_get_a_column_as_hint(expanded: Expand) -> None:
    jobs = "jobs: [{id: look, foreach: r.csv}, {id: hook, foreach: s.csv, matrix: {m: [1, 2]}}]"
    files = {"r.csv": "name\na\nb\n", "s.csv": "the name\na\nb\n"}
    assert hints(expanded(jobs, files=files)) == [
        "put ${{ row.name }} into the id",
        'put ${{ row["the name"] }} and ${{ matrix.m }} into the id',
    ]


def test_rows_with_equal_ids_are_named(expanded: Expand) -> None:
    jobs = "jobs: [{id: 'x-${{ row.text }}', foreach: p.txt}]"
    found = expanded(jobs, files={"p.txt": "cat\n\ndog\ncat\nCat\n"})
    assert reported(found) == [
        '3:13 3 jobs of this entry have the same id "x-cat": lines 1, 4 and 5 of p.txt'
    ]
    assert hints(found) == ["put ${{ row.number }} into the id"]


def test_rows_of_two_entries_with_equal_ids_are_named(expanded: Expand) -> None:
    entry = "{id: 'x-${{ row.text }}', foreach: %s}"
    found = expanded(
        f"jobs: [{entry % 'p.txt'}, {entry % 'q.txt'}]",
        files={"p.txt": "dog\ncat\n", "q.txt": "cat\ncow\n"},
    )
    (message,) = reported(found)
    assert message.endswith(
        'the id "x-cat" (line 1 of q.txt) is taken by the job at m.yaml:3:13 (line 2 of p.txt)'
    )


def test_many_equal_ids_of_an_entry_are_summed_up(expanded: Expand) -> None:
    lines = "".join(f"{n}\n" for n in range(9)) * 2
    found = expanded("jobs: [{id: 'x-${{ row.text }}', foreach: p.txt}]", files={"p.txt": lines})
    assert len(found.diagnostics) == 6
    assert reported(found)[-1] == "3:13 4 more ids of this entry are taken as well"


def test_an_id_that_is_too_long_names_the_filters(expanded: Expand) -> None:
    found = expanded("jobs: [{id: '${{ row.text }}', foreach: p.txt}]", files={"p.txt": "猫" * 40})
    assert hints(found) == ["shorten its parts with | slug(40), and tell them apart with | digest"]
