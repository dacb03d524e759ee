"""Requests with local images that are built before their turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from PIL import Image

from runner.engine.submit import prefetch as module
from runner.engine.submit.prefetch import MAX_REQUESTS, Prefetcher
from runner.hashing import HashCache
from runner.media.probe import probe
from runner.model import Action, Draft, Job, Media, PlanEntry, Reason, ReasonCode
from tests.engine.builders import PICTURE, live_run

NOWHERE = "http://127.0.0.1:9"


def picture(folder: Path, name: str) -> Media:
    path = folder / f"{name}.png"
    Image.new("RGB", (128, 128), "teal").save(path)
    return probe(path.name, folder, HashCache())


def entry(name: str, *images: Media, needs: tuple[str, ...] = ()) -> PlanEntry:
    draft = Draft(entry=0, id=name, operation=PICTURE.name, parameters={}, base=Path(), needs=needs)
    job = Job(
        draft=draft,
        parameters={"model": "viduq2", "prompt": name},
        media={"images": images},
        fingerprint=name,
    )
    return PlanEntry(job=job, action=Action.SUBMIT, reason=Reason(ReasonCode.NEW, "new"))


@asynccontextmanager
async def building(folder: Path, line: list[PlanEntry]) -> AsyncIterator[Prefetcher]:
    """With the line moved once, by a job that is in its turn."""
    async with live_run(NOWHERE, folder) as run:
        prefetcher = Prefetcher(run.context, lambda count: line[:count])
        work = asyncio.create_task(prefetcher.keep_building())
        assert await prefetcher.take(entry("first")) is None
        yield prefetcher
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def built(prefetcher: Prefetcher) -> None:
    """Wait until nothing more is to be built."""
    async with asyncio.timeout(20):
        while not prefetcher.idle:  # noqa: ASYNC110 - it does not know that it is looked at
            await asyncio.sleep(0.01)


def test_the_next_request_is_there_before_its_turn(tmp_path: Path) -> None:
    async def scene() -> None:
        one = entry("a", picture(tmp_path, "a"))
        async with building(tmp_path, [one]) as prefetcher:
            await built(prefetcher)
            (tmp_path / "a.png").unlink()
            prepared = await prefetcher.take(one)
            assert prepared is not None
            assert prepared.intent.job == "a"
            assert b"data:image/png;base64," in (prepared.request.body or b"")

    asyncio.run(scene())


def test_what_is_taken_is_held_no_longer(tmp_path: Path) -> None:
    async def scene() -> None:
        line = [entry("a", picture(tmp_path, "a"))]
        async with building(tmp_path, line) as prefetcher:
            await built(prefetcher)
            one = line.pop()
            assert await prefetcher.take(one) is not None
            assert await prefetcher.take(one) is None
            assert prefetcher.held_bytes == 0

    asyncio.run(scene())


def test_the_next_request_follows_when_one_is_taken(tmp_path: Path) -> None:
    async def scene() -> None:
        image = picture(tmp_path, "a")
        line = [entry(f"j{n}", image) for n in range(MAX_REQUESTS + 2)]
        async with building(tmp_path, line) as prefetcher:
            await built(prefetcher)
            assert prefetcher.ready == [f"j{n}" for n in range(MAX_REQUESTS)]
            await prefetcher.take(line.pop(0))
            await built(prefetcher)
            assert prefetcher.ready == [f"j{n}" for n in range(1, MAX_REQUESTS + 1)]

    asyncio.run(scene())


def test_an_image_that_changed_is_left_to_be_told_at_its_turn(tmp_path: Path) -> None:
    async def scene() -> None:
        one = entry("a", picture(tmp_path, "a"))
        Image.new("RGB", (200, 200), "red").save(tmp_path / "a.png")
        async with building(tmp_path, [one]) as prefetcher:
            await built(prefetcher)
            assert await prefetcher.take(one) is None

    asyncio.run(scene())


def test_only_requests_with_local_images_are_built_ahead(
    tmp_path: Path,
) -> None:
    image = picture(tmp_path, "a")
    far = probe("https://example.com/a.png", tmp_path, HashCache())
    assert module.size_of(entry("a")) == 0
    assert module.size_of(entry("a", far)) == 0
    assert module.size_of(entry("a", image, needs=("b",))) == 0
    assert module.size_of(entry("a", image, far)) > (tmp_path / "a.png").stat().st_size


def test_a_too_large_request_is_built_at_its_turn(tmp_path: Path) -> None:
    async def scene() -> None:
        image = picture(tmp_path, "a")
        many = module.MAX_BYTES // module.size_of(entry("a", image)) + 1
        async with building(tmp_path, [entry("a", *[image] * many)]) as prefetcher:
            await built(prefetcher)
            assert prefetcher.ready == []

    asyncio.run(scene())
