"""Prices by the seconds of what other jobs make: as measured, else as asked for, else unknown."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runner.model.file_facts import FileFacts
from runner.model.jobs import Draft, Job
from runner.model.operations import Amount
from runner.model.outcomes import State
from runner.model.plans import Action, Evidence, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.model.tasks import NO_TASK, StoredFile
from runner.model.values import Attribute, Deferred, JobOutput
from runner.operations import load_operations
from runner.planning.estimates import estimate
from runner.planning.lengths import with_chained_prices

OPERATIONS = load_operations()
UPSCALE, CLIP, EXTEND = "vidu/upscale-new", "vidu/text2video", "vidu/extend"
FIVE_S = {"model": "viduq3-pro", "prompt": "a boat", "duration": 5}


def result(job: str, attribute: Attribute = "output") -> Deferred:
    return Deferred(parts=(JobOutput(job=job, attribute=attribute),))


def job(name: str, operation: str, parameters: Mapping[str, Any]) -> Job:
    found = [part.job for leaf in parameters.values() for part in getattr(leaf, "parts", ())]
    draft = Draft(
        entry=0,
        id=name,
        operation=operation,
        parameters=parameters,
        base=Path(),
        needs=tuple(found),
    )
    media = dict(OPERATIONS[operation].media_in(parameters))
    return Job(draft=draft, parameters=parameters, media=media, fingerprint=name)


def entry(made: Job, action: Action = Action.SUBMIT, seconds: float | None = None) -> PlanEntry:
    file = StoredFile(
        path="a.mp4",
        sha256="aa",
        bytes=1,
        media_type="video/mp4",
        facts=FileFacts(seconds=seconds),
    )
    evidence = Evidence(
        job=made.id,
        fingerprint=made.fingerprint,
        state=State.SUCCEEDED,
        task=NO_TASK,
        estimated=None,
        files=(file,),
        attempts=1,
    )
    reason = Reason(ReasonCode.NEW, "new")
    known = None if seconds is None else evidence
    return PlanEntry(job=made, action=action, reason=reason, evidence=known)


def credits_of(*entries: PlanEntry) -> Decimal | None:
    """The price of the last entry."""

    def price(each: Job) -> Amount | None:
        return estimate(OPERATIONS[each.operation], each.parameters, each.media)

    found = with_chained_prices(entries, OPERATIONS, price)[-1].estimate
    return None if found is None else found.value


@pytest.mark.parametrize(
    ("name", "attribute"),
    [("video_url", "output"), ("video_url", "url"), ("video_creation_id", "creation_id")],
)
def test_a_chained_video_is_as_long_as_its_job_asks(name: str, attribute: Attribute) -> None:
    clip, large = job("a", CLIP, FIVE_S), job("b", UPSCALE, {name: result("a", attribute)})
    assert credits_of(entry(clip), entry(large)) == 50


def test_a_video_that_is_here_is_as_long_as_measured() -> None:
    clip = job("a", CLIP, FIVE_S)
    large = job("b", UPSCALE, {"video_creation_id": result("a", "creation_id")})
    assert credits_of(entry(clip, Action.REUSE, 6.5), entry(large)) == 65


def test_a_video_that_is_made_again_is_as_long_as_asked() -> None:
    clip, large = job("a", CLIP, FIVE_S), job("b", UPSCALE, {"video_url": result("a")})
    assert credits_of(entry(clip, Action.SUBMIT, 6.5), entry(large)) == 50


def test_lip_sync_counts_begun_blocks_of_a_chained_video() -> None:
    clip = job("a", CLIP, {**FIVE_S, "duration": 6})
    lips = job("b", "vidu/lip-sync", {"video_url": result("a", "url"), "text": "Good day"})
    assert credits_of(entry(clip), entry(lips)) == 40


def test_the_id_of_a_creation_wins_over_a_url() -> None:
    parameters = {"video_creation_id": "900", "video_url": result("a")}
    large = job("b", UPSCALE, parameters)
    assert credits_of(entry(job("a", CLIP, FIVE_S)), entry(large)) is None


def test_an_extended_video_has_no_length_until_it_is_made() -> None:
    longer = job("a", EXTEND, {"model": "viduq2-pro", "video_creation_id": "900", "duration": 5})
    large = job("b", UPSCALE, {"video_url": result("a")})
    assert credits_of(entry(longer), entry(large)) is None
    assert credits_of(entry(longer, Action.REUSE, 9), entry(large)) == 90


def test_a_cover_has_no_length() -> None:
    large = job("b", UPSCALE, {"video_url": result("a", "cover")})
    assert credits_of(entry(job("a", CLIP, FIVE_S)), entry(large)) is None
