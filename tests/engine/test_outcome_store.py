"""The ends of a run's jobs, which are kept on the disk."""

from __future__ import annotations

import resource
import tracemalloc
from pathlib import Path

import pytest

from runner.engine.outcome_store import OutcomeStore
from runner.engine.outcomes import interruption, unstarted
from runner.model import (
    Billed,
    ErrorClass,
    JobError,
    Outcome,
    PlanEntry,
    State,
    StoredFile,
    TaskFacts,
)
from tests.engine.test_schedule import entry

LIMIT = 4096
"""Bytes of the largest file that the process may write, in the test that has no room."""


def plan(count: int) -> list[PlanEntry]:
    return [entry(f"j{n}") for n in range(count)]


def made(one: PlanEntry) -> Outcome:
    return Outcome(
        job=one.job,
        state=State.SUCCEEDED,
        task=TaskFacts(
            id="7",
            seed=11,
            credits=6,
            usage={"tokens": [1, 2]},
            urls=("https://example.com/a.png",),
            submitted_at="2026-01-20T07:08:12.000Z",
        ),
        files=(StoredFile(path="a.png", sha256="0" * 64, bytes=3, media_type="image/png"),),
        attempts=1,
    )


def failed(one: PlanEntry) -> Outcome:
    error = JobError(
        code="odd", message="it \udc80 broke", class_=ErrorClass.INPUT, billed=Billed.NO
    )
    return Outcome(job=one.job, state=State.FAILED, error=error)


def ends(entries: list[PlanEntry], folder: Path, *needed: int) -> OutcomeStore:
    return OutcomeStore(entries, {entries[n].job.id: n for n in needed}, folder)


def test_an_end_comes_back_as_it_was_put_down(tmp_path: Path) -> None:
    entries = plan(2)
    kept = ends(entries, tmp_path)
    kept.put(1, made(entries[1]))
    kept.put(0, failed(entries[0]))
    assert kept.at(1) == made(entries[1])
    assert kept.at(0) == failed(entries[0])
    assert kept.count == 2


def test_the_job_itself_is_the_one_of_the_plan(tmp_path: Path) -> None:
    entries = plan(1)
    kept = ends(entries, tmp_path)
    kept.put(0, made(entries[0]))
    found = kept.at(0)
    assert found is not None
    assert found.job is entries[0].job


def test_a_later_end_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    entries = plan(1)
    kept = ends(entries, tmp_path)
    kept.put(0, failed(entries[0]))
    kept.put(0, made(entries[0]))
    assert kept.at(0) == made(entries[0])
    assert kept.count == 1


def test_by_name_it_has_the_ended_jobs_that_others_need(tmp_path: Path) -> None:
    entries = plan(3)
    kept = ends(entries, tmp_path, 0, 1)
    kept.put(0, made(entries[0]))
    kept.put(2, made(entries[2]))
    assert dict(kept) == {"j0": made(entries[0])}
    with pytest.raises(KeyError):
        kept["j1"]


def test_every_job_has_an_outcome_whatever_state_it_is_in(tmp_path: Path) -> None:
    entries = plan(3)
    kept = ends(entries, tmp_path)
    kept.put(0, made(entries[0]))
    under_way = Outcome(
        job=entries[1].job, state=State.PENDING, reason=interruption("its task is under way")
    )
    outcomes = kept.now({1: under_way})
    assert list(outcomes) == [
        made(entries[0]),
        under_way,
        unstarted(entries[2], interruption("not started")),
    ]
    assert outcomes[-1] == outcomes[2]
    assert list(outcomes[:2]) == [made(entries[0]), under_way]


def test_what_ends_later_changes_no_outcomes_that_were_taken_before(tmp_path: Path) -> None:
    entries = plan(1)
    kept = ends(entries, tmp_path)
    before = kept.now({})
    kept.put(0, made(entries[0]))
    assert before[0].state is State.PENDING
    assert kept.now({})[0].state is State.SUCCEEDED


def test_nothing_is_left_in_the_folder(tmp_path: Path) -> None:
    entries = plan(1)
    ends(entries, tmp_path).put(0, made(entries[0]))
    assert list(tmp_path.iterdir()) == []


def test_where_no_file_can_be_made_ends_are_kept_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    entries = plan(1)
    kept = ends(entries, tmp_path / "file" / "folder", 0)
    kept.put(0, made(entries[0]))
    assert kept["j0"] == made(entries[0])
    assert kept.now({})[0] == made(entries[0])


def test_what_the_disk_has_no_room_for_is_kept_in_memory(tmp_path: Path) -> None:
    entries = plan(50)
    kept = ends(entries, tmp_path)
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, most[1]))
    try:
        for number, one in enumerate(entries):
            kept.put(number, made(one))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert list(kept.now({})) == [made(one) for one in entries]


def test_memory_hardly_grows_with_the_number_of_ends(tmp_path: Path) -> None:
    entries = plan(20_000)
    kept = ends(entries, tmp_path)
    kept.put(0, made(entries[0]))
    tracemalloc.start()
    try:
        for number, one in enumerate(entries):
            kept.put(number, made(one))
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown / len(entries) < 20
