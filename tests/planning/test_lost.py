"""Lost jobs: what would fail before it is sent is skipped, and what needs it as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from runner.model.jobs import Job
from runner.model.plans import Action, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import Billed, ErrorClass, JobError
from runner.planning.lost import without_lost
from tests.engine.builders import plan_entry

ERROR = JobError(code="unknown_seed", message="no seed", class_=ErrorClass.INPUT, billed=Billed.NO)


def reused(name: str) -> PlanEntry:
    return plan_entry(name, action=Action.REUSE)


def planned(*entries: PlanEntry, unusable: str = "") -> dict[str, PlanEntry]:
    """The entries by job, with an error of the job `unusable`."""

    def find(job: Job, _made: Mapping[str, PlanEntry]) -> JobError | None:
        return ERROR if job.id == unusable else None

    return {entry.job.id: entry for entry in without_lost(entries, find)}


def test_an_unusable_result_fails_the_job_in_the_plan() -> None:
    film = planned(reused("cat"), plan_entry("film", "cat"), unusable="film")["film"]
    assert (film.action, film.error) == (Action.SKIP, ERROR)
    assert str(film.reason) == "would fail before it is sent: no seed"


def test_what_needs_a_lost_job_is_skipped_wherever_it_stands() -> None:
    found = planned(
        plan_entry("third", "second"),
        plan_entry("second", "first"),
        plan_entry("first", "cat"),
        reused("cat"),
        unusable="first",
    )
    assert list(found) == ["third", "second", "first", "cat"]
    assert str(found["second"].reason) == 'needs "first", which is failed'
    assert str(found["third"].reason) == 'needs "second", which is skipped'


def test_what_needs_a_twin_of_a_lost_job_is_skipped() -> None:
    entries = [reused("cat"), plan_entry("one", "cat"), plan_entry("two", "cat", share="one")]
    found = planned(*entries, plan_entry("last", "two"), unusable="one")
    assert found["two"].action is Action.SHARE
    assert str(found["last"].reason) == 'needs "two", which is failed'


def test_results_that_are_not_here_are_not_judged() -> None:
    fetched = plan_entry("cat", action=Action.FETCH)
    found = planned(fetched, plan_entry("film", "cat"), unusable="film")
    assert found["film"].action is Action.SUBMIT


def test_a_job_that_waits_for_its_file_keeps_others_planned() -> None:
    waiting = replace(
        plan_entry("cat", action=Action.SKIP), reason=Reason(ReasonCode.LFS_POINTER, "a pointer")
    )
    assert planned(waiting, plan_entry("film", "cat"))["film"].action is Action.SUBMIT
