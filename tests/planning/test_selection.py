"""Which jobs the patterns of a command select."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import UsageError
from runner.model.jobs import Draft, Job
from runner.planning.selection import JobFacts, available, select


def draft(id_: str, *needs: str, tags: tuple[str, ...] = ()) -> Draft:
    return Draft(
        entry=0, id=id_, operation="o/p", parameters={}, base=Path(), needs=needs, tags=tags
    )


JOBS = [
    draft("window", tags=("still", "猫")),
    draft("look-noir.1", tags=("still",)),
    draft("look-noir.2"),
    draft("dance", "window", "look-noir.1"),
    draft("finale", "dance"),
]


def test_without_patterns_every_job_is_selected() -> None:
    assert select(JOBS).ids == {job.id for job in JOBS}


def test_globs_over_ids_select_and_exclude() -> None:
    found = select(JOBS, select=["look-*"], exclude=["*.2"])
    assert found.ids == {"look-noir.1"}
    assert found.added == ()


def test_tags_select_by_name_and_by_glob() -> None:
    assert select(JOBS, select=["tag:still"]).ids == {"window", "look-noir.1"}
    assert select(JOBS, select=["tag:猫"]).ids == {"window"}
    assert select(JOBS, select=["tag:s*", "look-noir.2"]).ids == {
        "window",
        "look-noir.1",
        "look-noir.2",
    }


@pytest.mark.parametrize("tag", ["[wip]", "a*", "v1.0?", "a:b", "[Ä", "!x"])
def test_a_tag_written_exactly_is_selected(tag: str) -> None:
    jobs = [draft("a", tags=("x", tag)), draft("b", tags=("wip", "c"))]
    assert select(jobs, select=[f"tag:{tag}"]).ids == {"a"}
    assert select(jobs, exclude=[f"tag:{tag}"]).ids == {"b"}


def test_states_select_by_the_last_run() -> None:
    found = select(JOBS, select=["state:failed"], facts=JobFacts(states={"window": "failed"}))
    assert found.ids == {"window"}


def test_a_state_may_match_no_job() -> None:
    assert select(JOBS, select=["state:failed"]).ids == frozenset()


def test_needed_jobs_are_added_and_listed() -> None:
    found = select(JOBS, select=["finale"])
    assert found.added == ("window", "look-noir.1", "dance")
    assert found.ids == {"window", "look-noir.1", "dance", "finale"}


def test_needed_jobs_are_added_even_if_excluded() -> None:
    found = select(JOBS, exclude=["window"])
    assert found.added == ("window",)


def test_case_and_composition_do_not_matter() -> None:
    assert select([draft("Caf\u00e9")], select=["cafe\u0301"]).ids == {"Caf\u00e9"}


def test_jobs_are_selected_like_their_drafts() -> None:
    job = Job(draft=JOBS[0], parameters={}, media={}, fingerprint="f")
    assert select([job], select=["win*"]).ids == {"window"}


@pytest.mark.parametrize(
    ("patterns", "message", "hint"),
    [
        (["windw"], '"windw" matches no job', "nearest: window"),
        (["zzz*"], '"zzz*" matches no job', "for example: window, look-noir.1, look-noir.2"),
        (["tag:stil"], '"tag:stil" matches no job', "nearest: tag:still"),
        (["state:broken"], 'there is no state "broken"', "known: succeeded, failed, "),
        (["id:window"], '"id:window" is not a pattern', "write a glob over ids, tag:NAME, "),
    ],
)
@pytest.mark.parametrize("option", ["select", "exclude"])
def test_a_pattern_without_a_meaning_is_a_usage_error(
    option: str, patterns: list[str], message: str, hint: str
) -> None:
    meant = {"select": (), "exclude": (), option: patterns}
    with pytest.raises(UsageError) as caught:
        select(JOBS, select=meant["select"], exclude=meant["exclude"])
    assert caught.value.message == message
    assert (caught.value.hint or "").startswith(hint)


def test_the_error_reports_that_no_job_has_a_tag() -> None:
    with pytest.raises(UsageError) as caught:
        select([draft("a")], select=["tag:x"])
    assert caught.value.hint == "no job has a tag; states: pending (1)"
    with pytest.raises(UsageError) as caught:
        select([], select=["a"])
    assert caught.value.hint is None


graphs = st.lists(st.lists(st.integers(0, 9), max_size=3), min_size=1, max_size=10)


@given(graphs, st.sets(st.integers(0, 9), min_size=1))
def test_selected_jobs_need_nothing_outside_them(graph: list[list[int]], wanted: set[int]) -> None:
    size = len(graph)
    jobs = [draft(f"j{n}", *[f"j{need % size}" for need in needs]) for n, needs in enumerate(graph)]
    patterns = [f"j{n % size}" for n in wanted]
    found = select(jobs, select=patterns)
    assert found.ids == set(patterns) | set(found.added)
    assert not set(patterns) & set(found.added)
    for job in jobs:
        if job.id in found.ids:
            assert set(job.needs) <= found.ids


MARKED = JobFacts(marks={"window": "picked", "dance": "rejected"})


@pytest.mark.parametrize(
    ("pattern", "ids"),
    [
        ("mark:picked", {"window"}),
        ("mark:rejected", {"dance"}),
        ("mark:*", {"window", "dance"}),
        ("mark:none", {"look-noir.1", "look-noir.2", "finale"}),
    ],
)
def test_marks_select_by_name_and_by_glob(pattern: str, ids: set[str]) -> None:
    found = select(JOBS, select=[pattern], facts=MARKED)
    assert found.ids.difference(found.added) == ids - set(found.added)
    assert ids <= found.ids


def test_changed_selects_what_was_never_submitted() -> None:
    facts = JobFacts(changed={"window"})
    assert select(JOBS, select=["changed"], facts=facts).ids == {"window"}
    assert select(JOBS, select=["Changed"], facts=JobFacts()).ids == frozenset()


def test_a_job_called_changed_is_meant_by_that_word() -> None:
    jobs = [draft("changed"), draft("other")]
    assert select(jobs, select=["changed"], facts=JobFacts(changed={"other"})).ids == {"changed"}


@pytest.mark.parametrize(
    ("pattern", "facts", "message", "hint"),
    [
        ("mark:picked", JobFacts(marks_hint="save them"), "mark:picked needs marks", "save them"),
        ("mark:pickd", MARKED, 'there is no mark "pickd"', "known: picked, rejected, none"),
        ("changed", JobFacts(changed=None), '"changed" compares a manifest', "here there are only"),
    ],
)
def test_what_cannot_be_looked_up_is_an_error(
    pattern: str, facts: JobFacts, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        select(JOBS, select=[pattern], facts=facts)
    assert caught.value.message.startswith(message)
    assert (caught.value.hint or "").startswith(hint)


def test_a_job_that_never_ran_is_pending() -> None:
    facts = JobFacts(states={job.id: "succeeded" for job in JOBS[:3]})
    assert select(JOBS[:4], select=["state:pending"], facts=facts).ids >= {"dance"}


def test_what_there_is_comes_with_numbers_of_jobs() -> None:
    facts = JobFacts(states={"window": "failed"}, marks={"dance": "picked"})
    assert available(JOBS, facts) == (
        "states: pending (4), failed (1); tags: still (2), 猫 (1); marks: picked (1)"
    )


def test_what_there_is_stays_short() -> None:
    jobs = [draft(f"j{n}", tags=(f"{n:04}" + "x" * 5000,)) for n in range(500)]
    text = available(jobs, JobFacts())
    assert len(text) < 500
    assert text.endswith("... (1) and 492 more")
