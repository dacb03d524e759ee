"""Preparation: what goes into a request, what stops a job, and what is built ahead."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.engine.submit.prepare import (
    MAX_BYTES,
    MAX_REQUESTS,
    Prefetcher,
    Prepared,
    prepare,
    size_of,
)
from runner.hashing import HashCache
from runner.media.probe import probe
from runner.model.jobs import JobMedia, Media
from runner.model.outcomes import Outcome, State
from runner.model.plans import PlanEntry
from runner.model.tasks import StoredFile, TaskFacts
from runner.model.values import Deferred, JobOutput
from runner.planning.chained import UnusableResult
from runner.timestamps import stamp
from tests import made_up
from tests.builders import image_bytes, listed, write_file
from tests.engine.builders import FakeVidu, LiveRun, plan_entry, play

PARAMETERS = {"model": "viduq2", "prompt": "a cat", "seed": 7}


def entry(*needs: str, media: JobMedia | None = None, **parameters: Any) -> PlanEntry:
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
    return await prepare(run.context, planned, upstream or {})


def local_image(folder: Path, name: str = "a.png") -> Media:
    write_file(folder, name, image_bytes())
    return probe(name, folder, HashCache())


def with_images(name: str, *images: Media, needs: Sequence[str] = ()) -> PlanEntry:
    plain = plan_entry(name, *needs)
    parameters = {"model": "viduq2", "images": [""] * len(images)}
    job = replace(plain.job, parameters=parameters, media=listed(*images))
    return replace(plain, job=job)


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
        ready = await prepared(run, entry(media=listed(image), images=["cat.png"]))
        assert body_of(ready)["images"][0].startswith("data:image/png;base64,")
        assert ready.intent.request["images"] == [{"sha256": image.sha256}]

    play(tmp_path, scene)


def test_images_inside_of_a_list_are_sent_and_recorded_there(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        sha256 = local_image(tmp_path).sha256
        write_file(tmp_path, "cat.png", image_bytes())
        subjects = [
            {"name": "girl", "images": ["a.png", "https://a/b.png"]},
            {"name": "cat", "images": [output()]},
        ]
        operation = made_up.load(made_up.SUBJECTS, tmp_path)
        plain = entry("cat", model="m1", subjects=subjects).job
        images = {
            path: source if isinstance(source, Deferred) else probe(source, tmp_path, HashCache())
            for path, source in operation.media_in(plain.parameters)
        }
        parameters = {key: plain.parameters[key] for key in ("model", "subjects")}
        draft = replace(plain.draft, operation=operation.name)
        job = replace(plain, draft=draft, parameters=parameters, media=images)
        context = replace(run.context, operations={operation.name: operation})
        ready = await prepare(context, replace(entry("cat"), job=job), made())
        sent = body_of(ready)["subjects"]
        assert sent[1] == {"name": "cat", "images": sent[0]["images"][:1]}
        assert sent[0]["images"][0].startswith("data:image/png;base64,")
        assert sent[0]["images"][1] == "https://a/b.png"
        assert ready.intent.request["subjects"] == [
            {"name": "girl", "images": [{"sha256": sha256}, {"url": "https://a/b.png"}]},
            {"name": "cat", "images": [{"sha256": sha256}]},
        ]

    play(tmp_path, scene)


def test_an_image_that_has_changed_stops_the_job(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        write_file(tmp_path, "cat.png", image_bytes())
        image = probe("cat.png", tmp_path, HashCache())
        write_file(tmp_path, "cat.png", image_bytes(size=(256, 256)))
        with pytest.raises(UnusableResult) as caught:
            await prepared(run, entry(media=listed(image), images=["cat.png"]))
        assert caught.value.error.code == "image_changed"

    play(tmp_path, scene)


def test_the_file_of_another_job_is_put_in(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        write_file(tmp_path, "cat.png", image_bytes())
        needing = entry("cat", media=listed(output()), images=[output()])
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
        needing = entry("cat", media=listed(output()), images=[output()])
        with pytest.raises(UnusableResult) as caught:
            await prepared(run, needing, made())
        assert caught.value.error.code == "unfit_result_of_another_job"
        assert 'with the result of job "cat": ' in str(caught.value)
        assert str(tmp_path) not in str(caught.value).replace("../", "")

    play(tmp_path, scene)


def with_limits(run: LiveRun, **limits: Any) -> LiveRun:
    """The run, whose images have these limits in addition."""
    operation = run.context.operations["vidu/reference2image"]
    images = replace(operation.media["images"], **limits)
    changed = replace(operation, media={"images": images})
    operations = {**run.context.operations, changed.name: changed}
    return replace(run, context=replace(run.context, operations=operations))


NEEDING = entry("cat", media=listed(output()), images=[output()])
FRESH = "https://files.example/fresh.png"


@pytest.mark.parametrize("limits", [{"forms": ("url",)}, {"max_inline_bytes": 2}])
def test_a_file_that_cannot_be_sent_is_sent_by_a_fresh_url(
    tmp_path: Path, limits: dict[str, Any]
) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        vidu.payloads["911"] = ""
        vidu.statuses["911"] = {"state": "success", "creations": [{"url": FRESH}]}
        write_file(tmp_path, "cat.png", image_bytes())
        upstream = made(task=TaskFacts(id="911"))
        ready = await prepared(with_limits(run, **limits), NEEDING, upstream)
        assert body_of(ready)["images"] == [FRESH]
        assert ready.intent.request["images"] == [{"url": FRESH}]
        assert vidu.asked_for["911"] == 1

    play(tmp_path, scene)


def by_url(vidu: FakeVidu, *, finished: datetime, content: bytes = b"") -> dict[str, Outcome]:
    """What `made` returns, with a URL of then; the provider has another one now."""
    vidu.payloads["911"] = ""
    vidu.statuses["911"] = {"state": "success", "creations": [{"url": FRESH}]}
    old = "https://files.example/old.png"
    sha256 = hashlib.sha256(content).hexdigest()
    file = StoredFile(path="cat.png", sha256=sha256, bytes=len(content), media_type="image/png")
    return made(files=(file,), task=TaskFacts(id="911", urls=(old,), finished_at=stamp(finished)))


URL_OF_CAT = entry("cat", media=listed(output("url")), images=[output("url")])


def test_a_url_where_none_is_taken_is_named_by_its_job(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        upstream = by_url(vidu, finished=run.context.now())
        with pytest.raises(UnusableResult) as caught:
            await prepared(with_limits(run, forms=("data_uri",)), URL_OF_CAT, upstream)
        assert "the result of cat is a URL; only files are accepted here" in str(caught.value)

    play(tmp_path, scene)


@pytest.mark.parametrize(("minutes", "name", "asked"), [(29, "old", 0), (31, "fresh", 1)])
def test_a_url_that_may_have_expired_is_asked_for_afresh(
    tmp_path: Path, minutes: int, name: str, asked: int
) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        upstream = by_url(vidu, finished=run.context.now() - timedelta(minutes=minutes))
        ready = await prepared(run, URL_OF_CAT, upstream)
        assert body_of(ready)["images"] == [f"https://files.example/{name}.png"]
        assert vidu.asked_for["911"] == asked

    play(tmp_path, scene)


def test_what_goes_by_its_url_is_measured_where_its_file_is_here(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        content = image_bytes(size=(16, 16))
        upstream = by_url(vidu, finished=run.context.now(), content=content)
        write_file(tmp_path, "cat.png", content)
        with pytest.raises(UnusableResult) as caught:
            await prepared(run, URL_OF_CAT, upstream)
        # Named by its file: a signed URL lets anybody fetch it.
        assert "is 16x16 pixels" in str(caught.value)
        assert "https:" not in str(caught.value)
        (tmp_path / "cat.png").unlink()
        assert await prepared(run, URL_OF_CAT, upstream)

    play(tmp_path, scene)


def test_a_file_that_is_too_large_for_a_request_may_go_by_its_url(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        upstream = by_url(vidu, finished=run.context.now(), content=image_bytes())
        write_file(tmp_path, "cat.png", image_bytes())
        limited = with_limits(run, max_inline_bytes=2)
        assert await prepared(limited, URL_OF_CAT, upstream)

    play(tmp_path, scene)


def test_a_file_of_which_no_url_is_known_stops_a_job_that_needs_one(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        write_file(tmp_path, "cat.png", image_bytes())
        with pytest.raises(UnusableResult) as caught:
            await prepared(with_limits(run, forms=("url",)), NEEDING, made())
        assert "only URLs are accepted here" in str(caught.value)

    play(tmp_path, scene)


def test_a_medium_is_sent_in_the_form_that_its_operation_wants(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        image = local_image(tmp_path)
        wanted = {"data": "base64", "type": "media_type"}
        ready = await prepared(
            with_limits(run, forms=("base64",), as_object=wanted),
            entry(media=listed(image), images=["a.png"]),
        )
        content = base64.b64encode((tmp_path / "a.png").read_bytes()).decode()
        assert body_of(ready)["images"] == [{"data": content, "type": "image/png"}]
        assert ready.intent.request["images"] == [{"sha256": image.sha256}]

    play(tmp_path, scene)


def test_the_next_request_is_there_before_its_turn(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        planned = with_images("a", local_image(tmp_path))
        prefetcher = Prefetcher(run.context, lambda _: [planned])
        await prefetcher.build_ahead()
        (tmp_path / "a.png").unlink()
        ready = await prefetcher.take(planned)
        assert ready is not None
        assert ready.intent.job == "a"
        assert b"data:image/png;base64," in (ready.request.body or b"")
        assert await prefetcher.take(planned) is None  # it is held no longer

    play(tmp_path, scene)


def test_only_a_few_requests_are_built_ahead(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        image = local_image(tmp_path)
        line = [with_images(f"j{n}", image) for n in range(MAX_REQUESTS + 2)]
        prefetcher = Prefetcher(run.context, lambda count: line[:count])
        await prefetcher.build_ahead()
        assert await prefetcher.take(line.pop(0)) is not None
        await prefetcher.build_ahead()
        ready = [await prefetcher.take(each) is not None for each in line]
        assert ready == [True] * MAX_REQUESTS + [False]

    play(tmp_path, scene)


def test_a_changed_image_is_reported_at_its_turn(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        planned = with_images("a", local_image(tmp_path))
        write_file(tmp_path, "a.png", image_bytes(size=(256, 256)))
        prefetcher = Prefetcher(run.context, lambda _: [planned])
        await prefetcher.build_ahead()
        assert await prefetcher.take(planned) is None

    play(tmp_path, scene)


def test_only_requests_with_local_images_are_built_ahead(tmp_path: Path) -> None:
    image = local_image(tmp_path)
    far = probe("https://example.com/a.png", tmp_path, HashCache())
    assert size_of(with_images("a")) == 0
    assert size_of(with_images("a", far)) == 0
    assert size_of(with_images("a", image, needs=("b",))) == 0
    assert size_of(with_images("a", image, far)) > (tmp_path / "a.png").stat().st_size


def test_a_too_large_request_is_built_at_its_turn(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        image = local_image(tmp_path)
        many = MAX_BYTES // size_of(with_images("a", image)) + 1
        planned = with_images("a", *[image] * many)
        prefetcher = Prefetcher(run.context, lambda _: [planned])
        await prefetcher.build_ahead()
        assert await prefetcher.take(planned) is None

    play(tmp_path, scene)


def test_a_taken_job_has_the_next_one_built(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        planned = with_images("a", local_image(tmp_path))
        prefetcher = Prefetcher(run.context, lambda _: [planned])
        building = asyncio.create_task(prefetcher.keep_building())
        assert await prefetcher.take(with_images("first")) is None
        await asyncio.sleep(0)  # the builder starts with what it finds
        assert await asyncio.wait_for(prefetcher.take(planned), 20) is not None
        building.cancel()

    play(tmp_path, scene)
