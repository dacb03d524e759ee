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
CLIP = "vidu/text2video"


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


def advised(*drafts: Draft) -> list[tuple[str, str | None]]:
    checked = check_references(drafts, load_operations())
    return [(finding.message, finding.hint) for _, findings in checked for finding in findings]


def test_an_image_may_come_from_an_image_job() -> None:
    assert reported(draft("a", IMAGE), draft("b", VIDEO, result("a"))) == []


@pytest.mark.parametrize("attribute", ["output", "url"])
def test_a_video_is_not_an_image(attribute: Attribute) -> None:
    clip, still = draft("clip", VIDEO), draft("still", IMAGE, "a.png", result("clip", attribute))
    assert reported(clip, still) == [
        ("still", 'images[1] is what job "clip" makes, a video: only images are accepted')
    ]


def test_the_cover_of_a_video_is_an_image() -> None:
    assert reported(draft("clip", CLIP), draft("still", IMAGE, result("clip", "cover"))) == []


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


@pytest.mark.parametrize("parts", [("pre", OUTPUT), (OUTPUT, ".png")])
def test_a_file_has_no_text_around_it(parts: tuple[str | JobOutput, ...]) -> None:
    assert reported(draft("a", IMAGE), with_text(images=[Deferred(parts=parts)])) == [
        ("b", 'images[0] has text around the file that job "a" makes')
    ]


@pytest.mark.parametrize("parts", [("pre", URL), (URL, "?x=1")])
def test_a_url_of_an_image_has_no_text_around_it(parts: tuple[str | JobOutput, ...]) -> None:
    assert advised(draft("a", IMAGE), with_text(images=[Deferred(parts=parts)])) == [
        (
            'images[0] has text around the URL of what job "a" makes',
            "write ${{ jobs.a.url }} and nothing else",
        )
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


# --------------------------------------------------------------------- creations, covers, seeds


def chain(operation: str, name: str, value: Deferred, **more: Any) -> Draft:
    """A job that uses what job "a" makes."""
    parameters = {name: value, **more}
    return Draft(
        entry=1, id="b", operation=operation, parameters=parameters, base=Path(), needs=("a",)
    )


def maker(operation: str = "vidu/text2video", **parameters: Any) -> Draft:
    return Draft(entry=0, id="a", operation=operation, parameters=parameters, base=Path())


EXTEND, UPSCALE = "vidu/extend", "vidu/upscale-new"
TO_VIDEO = "vidu/img2video makes a video of an image: use what such a job makes"


def test_a_creation_id_may_be_that_of_a_video() -> None:
    found = chain(UPSCALE, "video_creation_id", result("a", "creation_id"))
    assert advised(maker(), found) == []


@pytest.mark.parametrize(
    ("attribute", "what"),
    [
        ("output", 'the file that job "a" makes'),
        ("url", 'the URL of what job "a" makes'),
        ("cover", 'the cover of what job "a" makes'),
        ("task_id", 'the task id of job "a"'),
        ("seed", 'the seed of job "a"'),
    ],
)
def test_nothing_else_is_the_id_of_a_creation(attribute: Attribute, what: str) -> None:
    found = chain(UPSCALE, "video_creation_id", result("a", attribute))
    assert advised(maker(), found) == [
        (
            f"video_creation_id takes the id of a creation, not {what}",
            "write ${{ jobs.a.creation_id }}",
        )
    ]


def test_the_id_of_a_creation_has_no_text_around_it() -> None:
    value = Deferred(parts=(JobOutput(job="a", attribute="creation_id"), "-1"))
    assert advised(maker(), chain(UPSCALE, "video_creation_id", value)) == [
        (
            'video_creation_id has text around the creation id of job "a"',
            "write ${{ jobs.a.creation_id }} and nothing else",
        )
    ]


def test_a_creation_is_a_video_where_one_is_needed() -> None:
    found = chain(UPSCALE, "video_creation_id", result("a", "creation_id"))
    assert advised(maker(IMAGE), found) == [
        (
            'video_creation_id is the creation of job "a", an image: only videos are accepted',
            TO_VIDEO,
        )
    ]


@pytest.mark.parametrize("attribute", ["output", "creation_id"])
def test_a_creation_of_another_provider_is_not_known(attribute: Attribute) -> None:
    found = chain(UPSCALE, "video_creation_id", result("a", attribute))
    assert advised(maker(VIDEO), found) == [
        (
            'video_creation_id takes a creation of vidu, and job "a" is one of modelverse',
            "write video_url: ${{ jobs.a.url }} instead",
        )
    ]


@pytest.mark.parametrize(
    ("operation", "attribute", "what"),
    [
        (VIDEO, "creation_id", "creation id"),
        ("vidu/audio-tts", "creation_id", "creation id"),
        (VIDEO, "cover", "cover"),
        ("vidu/text2audio", "cover", "cover"),
        (EXTEND, "seed", "seed"),
    ],
)
def test_what_an_operation_never_makes_is_an_error(
    operation: str, attribute: Attribute, what: str
) -> None:
    ((message, hint),) = advised(maker(operation), with_text(prompt=result("a", attribute)))
    assert message == f'prompt is the {what} of job "a", but {operation} makes none'
    assert hint


# ------------------------------------------------------------------------------- kinds and lengths


def test_a_video_in_the_place_of_an_image_has_a_cover() -> None:
    still = chain("vidu/img2video", "images", [result("a")])  # type: ignore[arg-type]
    ((_, hint),) = advised(maker(), still)
    assert hint == "for a picture of it, write ${{ jobs.a.cover }}"


def test_a_video_without_a_cover_gets_no_hint_of_one() -> None:
    still = chain(IMAGE, "images", [result("a")])  # type: ignore[arg-type]
    ((_, hint),) = advised(maker(VIDEO), still)
    assert hint is None


@pytest.mark.parametrize("attribute", ["output", "url", "cover"])
def test_an_image_in_the_place_of_a_video_can_become_one(attribute: Attribute) -> None:
    ((_, hint),) = advised(maker(IMAGE), chain(UPSCALE, "video_url", result("a", attribute)))
    assert hint == TO_VIDEO


@pytest.mark.parametrize(
    ("name", "attribute"),
    [("video_url", "output"), ("video_url", "url"), ("video_creation_id", "creation_id")],
)
def test_a_video_that_will_be_too_short_is_an_error(name: str, attribute: Attribute) -> None:
    found = chain(EXTEND, name, result("a", attribute))
    assert advised(maker(duration=2), found) == [
        (
            f'{name} is what job "a" makes, of 2 s, and takes at least 4 s',
            'give job "a" a duration of at least 4 s',
        )
    ]
    assert advised(maker(duration=4), found) == []


def test_a_video_whose_length_is_open_is_accepted() -> None:
    assert (
        advised(
            maker(EXTEND, duration=2, video_creation_id="900"),
            chain(EXTEND, "video_url", result("a")),
        )
        == []
    )
