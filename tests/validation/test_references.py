from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.model.jobs import Draft
from runner.model.values import Attribute, Deferred, JobOutput
from runner.operations import load_operations
from runner.validation.references import check_references
from tests import made_up

IMAGE = "vidu/reference2image"
VIDEO = "modelverse/reference2video"


def draft(id_: str, operation: str, *images: Any) -> Draft:
    needs = tuple(part.job for image in images for part in getattr(image, "parts", ()))
    parameters = {"model": "viduq2", "prompt": "a", "images": list(images)}
    return Draft(
        entry=0, id=id_, operation=operation, parameters=parameters, base=Path(), needs=needs
    )


def result(job: str, attribute: Attribute = "output") -> Deferred:
    return Deferred(parts=(JobOutput(job=job, attribute=attribute),))


def reported(*drafts: Draft) -> list[tuple[str, str]]:
    checked = check_references(drafts, load_operations())
    return [(one.id, finding.message) for one, findings in checked for finding in findings]


def test_an_image_may_come_from_an_image_job() -> None:
    assert reported(draft("a", IMAGE), draft("b", VIDEO, result("a"))) == []


@pytest.mark.parametrize("attribute", ["output", "url"])
def test_a_video_is_not_an_image(attribute: Attribute) -> None:
    clip, still = draft("clip", VIDEO), draft("still", IMAGE, "a.png", result("clip", attribute))
    assert reported(clip, still) == [
        ("still", 'images[1] is what job "clip" makes, a video: only images are accepted')
    ]


def test_the_cover_of_a_video_is_an_image() -> None:
    assert reported(draft("clip", VIDEO), draft("still", IMAGE, result("clip", "cover"))) == []


@pytest.mark.parametrize("attribute", ["creation_id", "task_id"])
def test_an_id_is_not_an_image(attribute: Attribute) -> None:
    clip, still = draft("clip", IMAGE), draft("still", IMAGE, result("clip", attribute))
    assert reported(clip, still) == [
        ("still", f'images[0] takes an image, not the {attribute} of job "clip"')
    ]


def test_ids_may_be_part_of_a_text_and_a_cover_may_not() -> None:
    ids = Deferred(parts=(JobOutput(job="a", attribute="task_id"), " and more"))
    assert reported(draft("a", IMAGE), with_text(prompt=ids)) == []
    assert reported(draft("a", IMAGE), with_text(prompt=result("a", "cover"))) == [
        ("b", 'prompt takes text, not the cover of what job "a" makes')
    ]


def test_a_url_does_not_fit_where_only_files_are_accepted() -> None:
    operations = load_operations()
    video = operations[VIDEO]
    images = replace(video.media["images"], forms=("base64",))
    known = {**operations, VIDEO: replace(video, media={"images": images})}
    drafts = [draft("a", IMAGE), draft("b", VIDEO, result("a", "url"))]
    ((_, (finding,)),) = check_references(drafts, known)
    assert finding.message == (
        'images[0] is the URL of what job "a" makes: only files are accepted'
    )
    assert finding.hint == "write ${{ jobs.a.output }}"


def with_text(**parameters: Any) -> Draft:
    found = {"model": "viduq2", "prompt": "a", **parameters}
    return Draft(entry=0, id="b", operation=IMAGE, parameters=found, base=Path(), needs=("a",))


OUTPUT, URL, SEED = (
    JobOutput(job="a", attribute="output"),
    JobOutput(job="a", attribute="url"),
    JobOutput(job="a", attribute="seed"),
)


def test_a_file_is_not_a_text() -> None:
    for value in (Deferred(parts=(OUTPUT,)), Deferred(parts=("like ", OUTPUT))):
        ((draft_, (finding,)),) = check_references(
            [draft("a", IMAGE), with_text(prompt=value)], load_operations()
        )
        assert (draft_.id, finding.path) == ("b", ("prompt",))
        assert finding.message == 'prompt takes text, not the file that job "a" makes'
        assert finding.hint == "for its address, as text, write ${{ jobs.a.url }}"


def test_a_url_and_a_seed_may_be_part_of_a_text() -> None:
    value = Deferred(parts=("like ", URL, ", seed ", SEED))
    assert reported(draft("a", IMAGE), with_text(prompt=value, images=[])) == []
    assert reported(draft("a", IMAGE), with_text(images=[Deferred(parts=(URL, "?w=100"))])) == []


@pytest.mark.parametrize("parts", [("pre", OUTPUT), (OUTPUT, ".png"), ("pre", URL)])
def test_a_file_has_no_text_around_it(parts: tuple[str | JobOutput, ...]) -> None:
    assert reported(draft("a", IMAGE), with_text(images=[Deferred(parts=parts)])) == [
        ("b", 'images[0] has text around the file that job "a" makes')
    ]


def test_another_file_than_the_first_is_a_warning() -> None:
    further = Deferred(parts=(JobOutput(job="a", attribute="output", index=5),))
    ((_, (finding,)),) = check_references(
        [draft("a", IMAGE), with_text(images=[further])], load_operations()
    )
    assert finding.warning
    assert finding.message == (
        'images[0] is file number 6 of job "a", but by its document vidu/reference2image makes one'
    )


def test_other_errors_of_references_are_left_to_other_checks() -> None:
    clip = draft("clip", VIDEO)
    assert reported(clip, draft("b", IMAGE, result("nobody"), result("clip", "seed"))) == []
    assert reported(clip, draft("b", "no/such", result("clip"))) == []


def test_images_that_are_not_a_list_are_left_to_the_schema() -> None:
    odd = Draft(
        entry=0,
        id="b",
        operation=IMAGE,
        parameters={"images": result("clip")},
        base=Path(),
        needs=("clip",),
    )
    assert reported(draft("clip", VIDEO), odd) == []


def test_what_another_job_makes_is_checked_inside_of_lists(tmp_path: Path) -> None:
    made = made_up.load(made_up.SUBJECTS, tmp_path)
    subjects = [
        {"name": result("clip"), "images": [result("look"), result("clip")]},
        {"name": result("look", "seed"), "images": ["a.png"]},
    ]
    cast = Draft(
        entry=0,
        id="cast",
        operation=made.name,
        parameters={"subjects": subjects},
        base=Path(),
        needs=("clip", "look"),
    )
    drafts = [draft("clip", VIDEO), draft("look", IMAGE), cast]
    ((_, findings),) = check_references(drafts, {**load_operations(), made.name: made})
    assert [(each.path, each.message) for each in findings] == [
        (
            ("subjects", 0, "name"),
            'subjects[0].name takes text, not the file that job "clip" makes',
        ),
        (
            ("subjects", 0, "images", 1),
            'subjects[0].images[1] is what job "clip" makes, a video: only images are accepted',
        ),
    ]


def test_jobs_without_references_are_not_checked() -> None:
    assert reported(draft("a", IMAGE)) == []
