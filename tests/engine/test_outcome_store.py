"""Outcomes of a run, kept in a file with a few bytes each in memory."""

from __future__ import annotations

import resource
import tracemalloc
from pathlib import Path

import pytest

from runner.engine.outcome_store import OutcomeStore
from runner.engine.outcomes import interruption, unstarted
from runner.model.outcomes import Outcome, State
from runner.model.plans import PlanEntry
from runner.model.requests import Billed, ErrorClass, JobError
from runner.model.tasks import StoredFile, TaskFacts
from tests.engine.builders import plan_entry as entry

LIMIT = 4096
"""Bytes of the largest file that the process may write, in the test that has no room."""


def plan(count: int) -> list[PlanEntry]:
    return [entry(f"j{n}") for n in range(count)]


def succeeded(one: PlanEntry) -> Outcome:
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


def test_an_outcome_is_read_as_it_was_written(tmp_path: Path) -> None:
    entries = plan(2)
    store = ends(entries, tmp_path)
    store.put(1, succeeded(entries[1]))
    store.put(0, failed(entries[0]))
    assert store.at(1) == succeeded(entries[1])
    assert store.at(0) == failed(entries[0])
    assert store.count == 2


def test_the_job_of_an_outcome_is_that_of_the_plan(tmp_path: Path) -> None:
    entries = plan(1)
    store = ends(entries, tmp_path)
    store.put(0, succeeded(entries[0]))
    found = store.at(0)
    assert found is not None
    assert found.job is entries[0].job


def test_a_later_outcome_replaces_an_earlier_one(tmp_path: Path) -> None:
    entries = plan(1)
    store = ends(entries, tmp_path)
    store.put(0, failed(entries[0]))
    store.put(0, succeeded(entries[0]))
    assert store.at(0) == succeeded(entries[0])
    assert store.count == 1


def test_a_job_that_others_need_is_found_by_its_id(tmp_path: Path) -> None:
    entries = plan(3)
    store = ends(entries, tmp_path, 0, 1)
    store.put(0, succeeded(entries[0]))
    store.put(2, succeeded(entries[2]))
    assert store.of("j0") == succeeded(entries[0])
    with pytest.raises(KeyError):
        store.of("j2")


def test_a_snapshot_has_an_outcome_for_every_job(tmp_path: Path) -> None:
    entries = plan(3)
    store = ends(entries, tmp_path)
    store.put(0, succeeded(entries[0]))
    under_way = Outcome(
        job=entries[1].job, state=State.PENDING, reason=interruption("its task is under way")
    )
    outcomes = store.snapshot({"j1": under_way})
    assert list(outcomes) == [
        succeeded(entries[0]),
        under_way,
        unstarted(entries[2], interruption("not started")),
    ]
    assert len(outcomes) == 3
    assert under_way in outcomes


def test_a_later_end_changes_no_snapshot(tmp_path: Path) -> None:
    entries = plan(1)
    store = ends(entries, tmp_path)
    before = store.snapshot({})
    store.put(0, succeeded(entries[0]))
    assert [outcome.state for outcome in before] == [State.PENDING]
    assert [outcome.state for outcome in store.snapshot({})] == [State.SUCCEEDED]


def test_nothing_is_left_in_the_folder(tmp_path: Path) -> None:
    entries = plan(1)
    ends(entries, tmp_path).put(0, succeeded(entries[0]))
    assert list(tmp_path.iterdir()) == []


def test_without_a_file_outcomes_stay_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    entries = plan(1)
    store = ends(entries, tmp_path / "file" / "folder", 0)
    store.put(0, succeeded(entries[0]))
    assert store.of("j0") == succeeded(entries[0])
    assert list(store.snapshot({})) == [succeeded(entries[0])]


def test_on_a_full_disk_outcomes_stay_in_memory(tmp_path: Path) -> None:
    entries = plan(50)
    store = ends(entries, tmp_path)
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, most[1]))
    try:
        for number, one in enumerate(entries):
            store.put(number, succeeded(one))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert list(store.snapshot({})) == [succeeded(one) for one in entries]


def test_memory_hardly_grows_with_the_number_of_outcomes(tmp_path: Path) -> None:
    entries = plan(10_000)
    store = ends(entries, tmp_path)
    store.put(0, succeeded(entries[0]))
    tracemalloc.start()
    try:
        for number, one in enumerate(entries):
            store.put(number, succeeded(one))
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown / len(entries) < 20
