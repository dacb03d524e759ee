"""Which rows of a list may be a lost submission's task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.engine.reconcile.absence import verdict_on
from runner.engine.reconcile.match import (
    Absent,
    Adopted,
    LedgerSnapshot,
    LostSubmission,
    Unclear,
    Verdict,
    fits,
)
from runner.model.requests import TaskStatus
from runner.model.tasks import Attempt
from runner.operations import load_operations
from runner.providers.base import TaskRow
from tests import made_up
from tests.engine.builders import (
    ALONE,
    KNOWING,
    LIST_SETTLE_S,
    OLD_S,
    OURS,
    PICTURE,
    TAG,
    THEIRS,
    WITNESS,
    attempt_of,
    known_task,
    listing_of,
    polled_status,
    row_of,
)

# ---------------------------------------------------------------------------------- by its tag


def test_the_row_with_the_tag_is_adopted_with_its_facts() -> None:
    row = row_of("1", tag=TAG, seed=7, credits=6)
    assert verdict_on(OURS, listing_of(row), ALONE) == Adopted(task_id="1", seed=7, credits=6)


def test_the_tag_outweighs_everything_else_in_a_row() -> None:
    row = row_of("1", tag=TAG, at=-9999, prompt="other", model="other", images=4)
    assert verdict_on(OURS, listing_of(row, error="page 2 is cut"), ALONE) == Adopted(task_id="1")


def test_an_equal_request_with_another_tag_is_no_candidate() -> None:
    listing = listing_of(row_of("1", tag="c" * 32), WITNESS)
    assert isinstance(verdict_on(OURS, listing, KNOWING), Absent)


def test_two_tasks_with_its_tag_are_unclear() -> None:
    listing = listing_of(row_of("2", tag=TAG), row_of("1", tag=TAG))
    assert verdict_on(OURS, listing, ALONE) == Unclear(
        reason="2 tasks have its tag", candidates=("1", "2")
    )


def test_a_task_recorded_for_another_job_is_never_adopted() -> None:
    ledger = LedgerSnapshot(owners={"1": attempt_of(9, task_id="1")})
    verdict = verdict_on(OURS, listing_of(row_of("1", tag=TAG)), ledger)
    assert verdict == Unclear(reason='its task 1 is recorded for job "job-9"', candidates=("1",))


# ------------------------------------------------------------------- rows without a tag


def test_a_row_is_adopted_when_its_own_status_has_the_tag() -> None:
    listing = listing_of(row_of("1"), polled=polled_status("1", TAG))
    assert verdict_on(OURS, listing, ALONE) == Adopted(task_id="1", credits=8)


def test_a_row_whose_status_has_another_tag_is_no_candidate() -> None:
    listing = listing_of(row_of("1"), WITNESS, polled=polled_status("1", "c" * 32))
    assert isinstance(verdict_on(OURS, listing, KNOWING), Absent)


@pytest.mark.parametrize("shown", [{}, polled_status("1", None)])
def test_an_equal_request_without_a_tag_is_unclear(
    shown: Mapping[str, TaskStatus],
) -> None:
    verdict = verdict_on(OURS, listing_of(row_of("1"), WITNESS, polled=shown), KNOWING)
    assert verdict == Unclear(
        reason="a task has an equal request, but nothing proves that it is this job's",
        candidates=("1",),
        final=False,
    )


@pytest.mark.parametrize(
    "row",
    [
        row_of("1", prompt="another"),
        row_of("1", model="viduq1"),
        row_of("1", images=2),
        row_of("1", seed=8),
        row_of("1", at=-86_401),
    ],
)
def test_a_row_of_another_request_is_no_candidate(row: TaskRow) -> None:
    assert isinstance(verdict_on(OURS, listing_of(row, WITNESS), KNOWING), Absent)


@pytest.mark.parametrize(
    "row",
    [
        row_of("1", prompt=None),
        row_of("1", model=None),
        row_of("1", images=None),
        row_of("1", seed=0),
        row_of("1", at=None),
        row_of("1", at=-299),
        row_of("1", prompt=" 一只\n小猫 "),
    ],
)
def test_what_a_row_leaves_out_excludes_nothing(row: TaskRow) -> None:
    verdict = verdict_on(OURS, listing_of(row, WITNESS), KNOWING)
    assert isinstance(verdict, Unclear)
    assert verdict.candidates == ("1",)


def test_creation_times_are_corrected_by_the_skew() -> None:
    behind = timedelta(hours=-1)
    row = row_of("1", at=-3600)
    verdict = verdict_on(OURS, listing_of(row, WITNESS, skew=behind), KNOWING)
    assert isinstance(verdict, Unclear)
    assert verdict.candidates == ("1",)


# ------------------------------------------------------------------- under the user's own text


def test_the_only_equal_request_with_the_payload_is_adopted() -> None:
    listing = listing_of(row_of("1", tag="mine", images=0))
    assert verdict_on(THEIRS, listing, ALONE) == Adopted(task_id="1")


def test_a_task_with_another_payload_is_no_candidate() -> None:
    listing = listing_of(row_of("1", tag="another's"), WITNESS)
    assert isinstance(verdict_on(THEIRS, listing, KNOWING), Absent)


def test_two_takes_under_one_payload_are_unclear() -> None:
    listing = listing_of(row_of("2", tag="mine"), row_of("1", tag="mine"))
    assert verdict_on(THEIRS, listing, ALONE) == Unclear(
        reason="a task has an equal request, but nothing proves that it is this job's",
        candidates=("1", "2"),
    )


def test_a_task_that_another_submission_can_claim_is_unclear() -> None:
    rival = attempt_of(12, tag="d" * 32, payload="mine")
    ledger = LedgerSnapshot(undecided=[rival])
    verdict = verdict_on(THEIRS, listing_of(row_of("1", tag="mine")), ledger)
    assert verdict == Unclear(
        reason="a task has an equal request, but nothing proves that it is this job's",
        candidates=("1",),
        final=False,
    )


@pytest.mark.parametrize(
    "rival",
    [
        attempt_of(12, payload="mine", prompt="another"),
        attempt_of(12, payload="another"),
        attempt_of(12, payload="mine", at=60),
    ],
    ids=["another prompt", "another payload", "begun later"],
)
def test_a_submission_that_cannot_claim_the_task_is_no_rival(rival: Attempt) -> None:
    verdict = verdict_on(
        THEIRS, listing_of(row_of("1", tag="mine")), LedgerSnapshot(undecided=[rival])
    )
    assert verdict == Adopted(task_id="1")


def test_a_known_take_leaves_the_other_to_be_adopted() -> None:
    first = attempt_of(9, payload="mine", task_id="1")
    listing = listing_of(row_of("1", tag="mine"), row_of("2", tag="mine"))
    assert verdict_on(THEIRS, listing, LedgerSnapshot(owners={"1": first})) == Adopted(task_id="2")


@pytest.mark.parametrize(
    "row",
    [
        row_of("1", at=None),
        row_of("1", at=-6),
        row_of("1", at=606),
        row_of("1", prompt=None),
        row_of("1", model=None),
    ],
)
def test_a_row_that_shows_too_little_is_unclear(row: TaskRow) -> None:
    verdict = verdict_on(THEIRS, listing_of(row), ALONE)
    assert isinstance(verdict, Unclear)
    assert verdict.candidates == ("1",)


def test_before_settle_an_equal_request_is_not_adopted() -> None:
    early = verdict_on(
        THEIRS, listing_of(row_of("1", tag="mine"), age_s=LIST_SETTLE_S - 0.1), ALONE
    )
    cut = verdict_on(THEIRS, listing_of(row_of("1", tag="mine"), error="cut"), ALONE)
    for verdict in (early, cut):
        assert isinstance(verdict, Unclear)
        assert not verdict.final


def test_an_equal_request_at_another_address_is_unclear() -> None:
    verdict = verdict_on(replace(THEIRS, same_endpoint=False), listing_of(row_of("1")), ALONE)
    assert isinstance(verdict, Unclear)
    assert verdict.candidates == ("1",)


def test_an_empty_payload_is_no_tag() -> None:
    lost = replace(THEIRS, attempt=attempt_of(payload=""))
    listing = listing_of(row_of("1"), polled=polled_status("1", None))
    assert verdict_on(lost, listing, ALONE) == Adopted(task_id="1", credits=8)


# ------------------------------------------------------------- what the documented list shows


SILENT_WITNESS = replace(WITNESS, status=replace(WITNESS.status, tag=None))
"""As the documented list has it: without a tag."""


def test_a_row_is_asked_for_its_payload_before_it_is_adopted() -> None:
    verdict = verdict_on(THEIRS, listing_of(row_of("1")), ALONE)
    assert isinstance(verdict, Unclear)
    assert (verdict.candidates, verdict.final) == (("1",), False)
    listing = listing_of(row_of("1"), polled=polled_status("1", "mine"))
    assert verdict_on(THEIRS, listing, ALONE) == Adopted(task_id="1", credits=8)


@pytest.mark.parametrize("lost", [OURS, THEIRS])
def test_a_task_without_a_tag_is_another_where_tags_are_repeated(lost: LostSubmission) -> None:
    polled = polled_status("1", None)
    listing = listing_of(row_of("1"), SILENT_WITNESS, polled=polled)
    assert isinstance(verdict_on(lost, listing, KNOWING), Unclear)
    assert isinstance(verdict_on(lost, replace(listing, repeats_tags=True), KNOWING), Absent)


def test_where_requests_are_not_shown_every_task_may_be_it() -> None:
    row = row_of("1", prompt="shown in other words", model="q2")
    for listing in (listing_of(row, age_s=OLD_S), listing_of(row, age_s=OLD_S, polled={})):
        verdict = verdict_on(OURS, listing, ALONE)
        assert isinstance(verdict, Unclear)
        assert (verdict.candidates, verdict.final) == (("1",), False)
        assert "nothing proves that none is this job's" in verdict.reason


@pytest.mark.parametrize("tag", [None, "c" * 32])
def test_another_request_without_the_tag_is_another_task(tag: str | None) -> None:
    row = row_of("1", prompt="another", model="q2")
    listing = listing_of(row, age_s=OLD_S, polled=polled_status("1", tag))
    assert isinstance(verdict_on(OURS, listing, ALONE), Absent)


def test_a_task_in_other_words_is_found_by_its_own_status() -> None:
    row = row_of("1", prompt="in other words")
    listing = listing_of(row, polled=polled_status("1", TAG))
    assert verdict_on(OURS, listing, ALONE) == Adopted(task_id="1", credits=8)


def test_the_beginning_of_a_long_prompt_excludes_nothing() -> None:
    prompt = "一只小猫坐在窗台上" * 20
    lost = replace(OURS, attempt=attempt_of(prompt=prompt))
    verdict = verdict_on(lost, listing_of(row_of("1", prompt=prompt[:100] + "…"), WITNESS), KNOWING)
    assert isinstance(verdict, Unclear)
    assert verdict.candidates == ("1",)


@pytest.mark.parametrize(
    "shown",
    [
        {"details": {"resolution": "4K"}},
        {"details": {"resolution": "2k", "aspect_ratio": "1:1"}},
        {"key_id": "another"},
    ],
    ids=str,
)
def test_another_shape_or_key_is_never_adopted_under_a_payload(shown: dict[str, Any]) -> None:
    lost = replace(THEIRS, attempt=attempt_of(payload="mine", resolution="2K", aspect_ratio="9:16"))
    known = replace(WITNESS, key_id="ours")
    row = row_of("1", tag="mine", **shown)
    verdict = verdict_on(lost, listing_of(row, known), KNOWING)
    assert isinstance(verdict, Unclear)
    assert verdict.final
    same = row_of("1", tag="mine", details={"resolution": "2K"}, key_id="ours")
    assert verdict_on(lost, listing_of(same, known), KNOWING) == Adopted(task_id="1")


FRAME = load_operations()["vidu/img2video"]
OTHER = attempt_of(11, tag="b" * 32, at=2, task_id="later", model="viduq1", prompt="another")


def verdict_on_frame(row: TaskRow, **request: Any) -> Verdict:
    """Of a lost img2video, where a known task shows that prompts are listed as they were sent."""
    lost = replace(OURS, operation=FRAME, attempt=attempt_of(**request))
    known = LedgerSnapshot(owners={"later": OTHER}, tasks=[known_task(OTHER, 2)])
    return verdict_on(lost, listing_of(row, replace(WITNESS, model="viduq1")), known)


@pytest.mark.parametrize("is_rec", [{"is_rec": True}, {"model": "viduq4-preview"}], ids=str)
def test_a_prompt_that_the_provider_writes_excludes_nothing(is_rec: dict[str, Any]) -> None:
    request = {"model": "viduq1", **is_rec}
    row = row_of("1", prompt="by the provider", model=request["model"])
    verdict = verdict_on_frame(row, **request)
    assert isinstance(verdict, Unclear)
    assert verdict.candidates == ("1",)


def test_another_prompt_than_the_jobs_own_is_another_task() -> None:
    row = row_of("1", prompt="by the provider", model="viduq1")
    assert isinstance(verdict_on_frame(row, model="viduq1"), Absent)


def test_without_a_tag_parameter_requests_are_compared() -> None:
    lost = replace(OURS, operation=replace(PICTURE, tag=None))
    assert verdict_on(lost, listing_of(row_of("1")), ALONE) == Adopted(task_id="1")


# ---------------------------------------------------------------- images elsewhere in a request


@pytest.mark.parametrize("images", [None, 0, 1, 4])
def test_a_row_s_images_say_nothing_of_images_inside_of_lists(
    tmp_path: Path, images: int | None
) -> None:
    operation = made_up.load(made_up.SUBJECTS, tmp_path)
    request: dict[str, Any] = {"subjects": [{"name": "girl", "images": [{"sha256": "ab" * 32}]}]}
    assert fits(row_of("1", images=images), attempt_of(**request).intent, operation)
