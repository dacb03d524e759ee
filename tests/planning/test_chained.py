"""Chained jobs: what a plan finds out about requests with other jobs' results."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.file_names import located
from runner.hashing import HashCache
from runner.model.jobs import Job
from runner.model.operations import Operation
from runner.model.outcomes import State
from runner.model.plans import Action, Evidence
from runner.model.requests import ONLY_WATERMARKED, Shortfall
from runner.model.tasks import StoredFile, TaskFacts
from runner.model.values import Attribute, Deferred, JobOutput
from runner.planning.chained import ResultFiles, find_unusable
from tests.builders import image_bytes, listed, write_file
from tests.engine.builders import PICTURE, plan_entry

SMALL, LARGE = (16, 16), (256, 256)


def part(attribute: Attribute = "output", job: str = "cat") -> Deferred:
    return Deferred(parts=(JobOutput(job=job, attribute=attribute),))


def made(**changes: Any) -> Evidence:
    """What is known of a job `cat`, which has made one picture."""
    file = StoredFile(path="out/cat.png", sha256="0" * 64, bytes=3, media_type="image/png")
    known = Evidence(
        job="cat",
        fingerprint="cat",
        state=State.SUCCEEDED,
        task=TaskFacts(id="911", urls=("https://files.example/old.png",)),
        estimated=None,
        files=(file,),
        attempts=1,
    )
    return replace(known, **changes)


def using(folder: Path, *images: Deferred, **parameters: Any) -> Job:
    asked = {"model": "viduq2", "prompt": "a cat", "images": [*images], **parameters}
    job = plan_entry("film", "cat").job
    media = listed(*images)
    return replace(
        job, parameters=asked, media=media, draft=replace(job.draft, parameters=asked, base=folder)
    )


def code_of(
    job: Job,
    folder: Path,
    known: Evidence | None = None,
    *,
    has_results: bool = True,
    operation: Operation = PICTURE,
) -> str | None:
    def find(file: StoredFile) -> Path | None:
        path = located(file.path, folder)
        return path if path.exists() else None

    place = ResultFiles(base=folder, has_results=has_results, hashes=HashCache(), find=find)
    entry = replace(plan_entry("cat", action=Action.REUSE), evidence=known or made())
    error = find_unusable(job, operation, {"cat": entry}, place)
    return f"{error.code}: {error.message}" if error else None


def picture(folder: Path, size: tuple[int, int]) -> None:
    write_file(folder, "out/cat.png", image_bytes(size=size))


def test_a_fitting_picture_is_usable(tmp_path: Path) -> None:
    picture(tmp_path, LARGE)
    assert code_of(using(tmp_path, part()), tmp_path) is None


def test_an_unfit_picture_is_named_as_the_manifest_would(tmp_path: Path) -> None:
    picture(tmp_path, SMALL)
    found = code_of(using(tmp_path / "manifests", part()), tmp_path) or ""
    start = 'unfit_result_of_another_job: with the result of job "cat": ../out/cat.png is 16x16'
    assert found.startswith(start)


def test_a_job_whose_other_upstream_is_not_here_is_judged(tmp_path: Path) -> None:
    picture(tmp_path, SMALL)
    found = code_of(using(tmp_path, part("output", "dog"), part()), tmp_path) or ""
    assert found.startswith("unfit_result_of_another_job")


@pytest.mark.parametrize(
    ("attribute", "code"), [("seed", "unknown_seed"), ("task_id", "unknown_task")]
)
def test_a_value_that_no_record_has_is_known_to_be_missing(
    tmp_path: Path, attribute: Attribute, code: str
) -> None:
    known = made(task=TaskFacts())
    found = code_of(using(tmp_path, seed=part(attribute)), tmp_path, known) or ""
    assert found.startswith(code)


def test_what_only_the_provider_knows_is_left_to_the_run(tmp_path: Path) -> None:
    picture(tmp_path, SMALL)
    assert code_of(using(tmp_path, part("url")), tmp_path) is None
    assert code_of(using(tmp_path, part()), tmp_path, has_results=False) is None
    assert code_of(using(tmp_path, prompt=part("creation_id")), tmp_path) is None


def test_a_file_that_is_gone_is_left_to_the_run(tmp_path: Path) -> None:
    assert code_of(using(tmp_path, part()), tmp_path) is None


@pytest.mark.parametrize("attribute", ["output", "url"])
def test_a_file_that_goes_by_url_is_measured_where_it_is_here(
    tmp_path: Path, attribute: Attribute
) -> None:
    picture(tmp_path, SMALL)
    images = replace(PICTURE.media["images"], max_inline_bytes=2)
    operation = replace(PICTURE, media={"images": images})
    content = image_bytes(size=SMALL)
    known = made()
    [file] = known.files
    same = replace(file, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
    job = using(tmp_path, part(attribute))
    found = code_of(job, tmp_path, replace(known, files=(same,)), operation=operation)
    assert found is not None
    assert "out/cat.png is 16x16 pixels" in found
    assert code_of(job, tmp_path, known, operation=operation) is None  # edited since


def test_a_request_that_is_too_large_inline_is_left_to_the_run(tmp_path: Path) -> None:
    picture(tmp_path, LARGE)
    operation = replace(PICTURE, body_limit_bytes=(100, 100))
    assert code_of(using(tmp_path, part()), tmp_path, operation=operation) is None


def test_a_result_with_the_vendors_mark_is_waited_for(tmp_path: Path) -> None:
    picture(tmp_path, SMALL)
    marked = made(shortfall=Shortfall.named(ONLY_WATERMARKED, "only the watermarked version"))
    assert code_of(using(tmp_path, part()), tmp_path, marked) is None
