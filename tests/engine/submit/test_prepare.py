"""Preparing: what goes into a request, and what keeps a job from being submitted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.engine.submit.prepare import Prepared, UnusableResult, prepare
from runner.hashing import HashCache
from runner.media.probe import probe
from runner.model import (
    Deferred,
    JobOutput,
    Outcome,
    PlanEntry,
    State,
    StoredFile,
    TaskFacts,
)
from tests.builders import image_bytes, write_file
from tests.engine.builders import PICTURE, FakeVidu, LiveRun, plan_entry, play

PARAMETERS = {"model": "viduq2", "prompt": "a cat", "seed": 7}


def entry(*needs: str, media: Mapping[str, Any] | None = None, **parameters: Any) -> PlanEntry:
    plain = plan_entry("a", *needs)
    asked = PARAMETERS | parameters
    return replace(plain, job=replace(plain.job, parameters=asked, media=media or {}))


def output(attribute: Any = "output", index: int = 0) -> Deferred:
    return Deferred(parts=(JobOutput(job="cat", attribute=attribute, index=index),))


def made(**known: Any) -> dict[str, Outcome]:
    """The outcome of a job `cat`, which has made one picture."""
    file = StoredFile(path="cat.png", sha256="0" * 64, bytes=3, media_type="image/png")
    plain = Outcome(job=plan_entry("cat").job, state=State.SUCCEEDED, files=(file,))
    return {"cat": replace(plain, **known)}


async def prepared(
    run: LiveRun, planned: PlanEntry, upstream: Mapping[str, Outcome] | None = None
) -> Prepared:
    return await prepare(run.context, planned, PICTURE, upstream or {})


def body_of(ready: Prepared) -> dict[str, Any]:
    assert ready.request.body is not None
    body: dict[str, Any] = json.loads(ready.request.body)
    return body


def test_the_tag_is_sent_where_the_user_sends_nothing(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        ready = await prepared(run, entry())
        assert body_of(ready)["payload"] == ready.intent.tag
        ready = await prepared(run, entry(payload="mine"))
        assert body_of(ready)["payload"] == "mine"

    play(tmp_path, scene)


def test_an_image_is_sent_as_data_and_recorded_by_digest(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        write_file(tmp_path, "cat.png", image_bytes())
        image = probe("cat.png", tmp_path, HashCache())
        ready = await prepared(run, entry(media={"images": (image,)}, images=["cat.png"]))
        assert body_of(ready)["images"][0].startswith("data:image/png;base64,")
        assert ready.intent.request["images"] == [{"sha256": image.sha256}]

    play(tmp_path, scene)


def test_an_image_that_has_changed_stops_the_job(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        write_file(tmp_path, "cat.png", image_bytes())
        image = probe("cat.png", tmp_path, HashCache())
        write_file(tmp_path, "cat.png", image_bytes(size=(256, 256)))
        with pytest.raises(UnusableResult) as caught:
            await prepared(run, entry(media={"images": (image,)}, images=["cat.png"]))
        assert caught.value.error.code == "image_changed"

    play(tmp_path, scene)


def test_the_file_of_another_job_is_put_in(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        write_file(tmp_path, "cat.png", image_bytes())
        needing = entry("cat", media={"images": (output(),)}, images=[output()])
        ready = await prepared(run, needing, made())
        assert body_of(ready)["images"][0].startswith("data:image/png;base64,")

    play(tmp_path, scene)


def test_the_seed_of_another_job_is_put_in(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        upstream = made(task=TaskFacts(id="911", seed=8))
        ready = await prepared(run, entry("cat", seed=output("seed")), upstream)
        assert ready.intent.seed == 8

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("seed", "code"), [(output("seed"), "unknown_seed"), (output("output", 1), "no_such_output")]
)
def test_a_result_that_is_not_there_stops_the_job(
    tmp_path: Path, seed: Deferred, code: str
) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        with pytest.raises(UnusableResult) as caught:
            await prepared(run, entry("cat", seed=seed), made())
        assert caught.value.error.code == code

    play(tmp_path, scene)


def test_a_result_that_does_not_fit_stops_the_job(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        write_file(tmp_path, "cat.png", image_bytes(size=(16, 16)))
        needing = entry("cat", media={"images": (output(),)}, images=[output()])
        with pytest.raises(UnusableResult) as caught:
            await prepared(run, needing, made())
        assert caught.value.error.code == "unfit_result_of_another_job"

    play(tmp_path, scene)
