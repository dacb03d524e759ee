"""What a job asks for differently than the last time, and how it is described."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.ledger.records import LastRequest
from runner.model.jobs import Draft, Job, Media
from runner.model.plans import Changed
from runner.model.values import Deferred, JobOutput, substitute
from runner.operations import load_operations
from runner.planning.changes import changes_of, describe
from tests import made_up
from tests.builders import listed

OPERATION = load_operations()["vidu/reference2image"]
CAT = Deferred(parts=(JobOutput(job="cat", attribute="output"),))


def picture(sha256: str) -> Media:
    return Media(
        source="a.png", path=Path("a.png"), sha256=sha256, media_type="image/png", size_bytes=1
    )


def link(url: str) -> Media:
    return Media(source=url, path=None, sha256=None, media_type=None, size_bytes=None)


def job(
    *images: Media | Deferred, seed: int | None = 7, needs: tuple[str, ...] = (), **rest: Any
) -> Job:
    """A job for a picture; without `seed` it is drawn, as 99."""
    written = {"model": "viduq2", "prompt": "a boat", **rest}
    if images:
        written["images"] = [CAT if isinstance(one, Deferred) else one.source for one in images]
    if seed is not None:
        written["seed"] = seed
    draft = Draft(
        entry=0, id="a", operation=OPERATION.name, parameters=written, base=Path(), needs=needs
    )
    return Job(
        draft=draft,
        parameters={**written, "seed": 99 if seed is None else seed},
        media=listed(*images),
        fingerprint="new",
    )


def before(*images: dict[str, Any], operation: str = OPERATION.name, **rest: Any) -> LastRequest:
    request = {"model": "viduq2", "prompt": "a boat", "seed": 7, **rest}
    if images:
        request["images"] = list(images)
    return LastRequest(operation=operation, fingerprint="old", request=request)


def reason(now: Job, then: LastRequest) -> str:
    changes = changes_of(now, OPERATION, then)
    return describe(changes) if changes else ""


def test_a_changed_parameter_is_described_with_both_values() -> None:
    found = changes_of(job(aspect_ratio="1:1"), OPERATION, before(aspect_ratio="4:3"))
    assert found == [Changed(name="aspect_ratio", before="4:3", after="1:1")]
    assert describe(found) == "changed: aspect_ratio 4:3 -> 1:1"


def test_an_absent_parameter_counts_as_its_default() -> None:
    assert reason(job(aspect_ratio="1:1"), before()) == "changed: aspect_ratio 16:9 -> 1:1"
    assert reason(job(), before(resolution="2K")) == "changed: resolution 2K -> 1080p"
    assert reason(job(aspect_ratio="16:9"), before()) == ""


def test_the_tag_and_parameters_without_effect_are_ignored() -> None:
    now = job(callback_url="https://a", payload="mine")
    assert reason(now, before(payload="00ff", callback_url="https://b")) == ""


def test_the_same_request_has_no_changes() -> None:
    then = LastRequest(operation=OPERATION.name, fingerprint="new", request={"prompt": "other"})
    assert changes_of(job(), OPERATION, then) == []


def test_long_texts_are_shown_from_their_first_difference() -> None:
    start = "a quiet harbour in the morning, painted with "
    now, then = job(prompt=start + "ink"), before(prompt=start + "oil, and a red boat far away")
    assert reason(now, then) == ('changed: prompt "…ed with oil, and a red b…" -> "…ed with ink"')


def test_a_short_text_with_spaces_is_quoted() -> None:
    assert reason(job(prompt="a dog"), before()) == 'changed: prompt "a boat" -> "a dog"'


def test_line_breaks_do_not_break_the_line() -> None:
    assert "\n" not in reason(job(prompt="a\nb"), before())


def test_images_are_described_by_index_and_short_digest() -> None:
    now = job(picture("ab" * 32), picture("cd" * 32), link("https://x/y.png"))
    then = before({"sha256": "ab" * 32}, {"sha256": "ef" * 32})
    assert reason(now, then) == "changed: images[1] efefefef -> cdcdcdcd, images[2] added"
    assert reason(job(), then) == "changed: images[0] removed, images[1] removed"
    swapped = before({"url": "https://x/z.png"})
    assert reason(job(link("https://x/y.png")), swapped) == (
        "changed: images[0] https://x/z.png -> https://x/y.png"
    )


def test_another_job_s_result_changed_where_nothing_else_did() -> None:
    then = before({"sha256": "ab" * 32})
    assert reason(job(CAT, needs=("cat",)), then) == 'changed: the result of "cat"'
    assert reason(job(CAT, needs=("cat",), seed=None), then) == 'changed: the result of "cat"'
    assert reason(job(CAT, needs=("cat",), prompt="a dog"), then) == (
        'changed: prompt "a boat" -> "a dog"'
    )


def test_a_text_with_another_jobs_result_is_not_compared() -> None:
    now = job(prompt=CAT, needs=("cat",))
    assert reason(now, before(prompt="as it was sent")) == 'changed: the result of "cat"'


def test_a_drawn_seed_is_a_change_only_on_its_own() -> None:
    assert reason(job(seed=None, resolution="2K"), before()) == "changed: resolution 1080p -> 2K"
    assert reason(job(seed=None), before()) == "changed: seed 7 -> 99"
    assert reason(job(seed=8, resolution="2K"), before()) == (
        "changed: resolution 1080p -> 2K, seed 7 -> 8"
    )


def test_another_operation_is_one_change() -> None:
    assert reason(job(prompt="a dog"), before(operation="vidu/img2video")) == (
        "changed: operation vidu/img2video -> vidu/reference2image"
    )


def test_many_changes_are_counted() -> None:
    now = job(prompt="x", aspect_ratio="1:1", resolution="2K", seed=8, model="viduq1")
    assert reason(now, before()).endswith(" and 2 more")


@pytest.mark.parametrize("value", [True, [1, 2], {"a": 1}, 3.5, None])
def test_any_old_value_can_be_described(value: Any) -> None:
    assert reason(job(resolution="2K"), before(resolution=value)).startswith("changed: resolution ")


# ------------------------------------------------------------------------ images inside of lists


def cast_changes(folder: Path, now: dict[str, Any], then: dict[str, Any]) -> str:
    """What changed in a request with subjects; `images` are digests, or of another job."""
    operation = made_up.load(made_up.SUBJECTS, folder)
    asked = Draft(entry=0, id="a", operation=operation.name, parameters=now, base=folder)
    images = {
        path: image if isinstance(image, Deferred) else picture(image)
        for path, image in operation.media_in(now)
    }
    changed = Job(draft=asked, parameters=now, media=images, fingerprint="new")
    sent = {path: {"sha256": image} for path, image in operation.media_in(then)}
    request = substitute(then, sent)
    last = LastRequest(operation=operation.name, fingerprint="old", request=request)
    return describe(changes_of(changed, operation, last) or ())


GIRL = {"name": "girl", "images": ["ab" * 32]}


@pytest.mark.parametrize(
    ("now", "then", "text"),
    [
        ([{**GIRL, "name": "lady"}], [GIRL], "subjects[0].name girl -> lady"),
        (
            [{**GIRL, "images": ["cd" * 32]}],
            [GIRL],
            "subjects[0].images[0] abababab -> cdcdcdcd",
        ),
        ([GIRL, {"server_id": "7"}], [GIRL], "subjects[1] added"),
        ([GIRL], [GIRL, {**GIRL, "name": "boy"}], "subjects[1] removed"),
        ([GIRL], [{"server_id": "7"}, GIRL], "subjects[0].name not set -> girl"),
        ([{**GIRL, "weight": 3}], [{**GIRL, "weight": 2}], "subjects[0].weight 2 -> 3"),
    ],
)
def test_changes_inside_a_list_are_named(
    tmp_path: Path, now: list[Any], then: list[Any], text: str
) -> None:
    assert text in cast_changes(tmp_path, {"subjects": now}, {"subjects": then})


def test_what_another_job_makes_is_no_change_inside_a_list(tmp_path: Path) -> None:
    now = {"subjects": [{**GIRL, "images": [CAT], "name": "lady"}]}
    assert cast_changes(tmp_path, now, {"subjects": [GIRL]}) == (
        "changed: subjects[0].name girl -> lady"
    )


def test_an_added_item_is_plain_data(tmp_path: Path) -> None:
    operation = made_up.load(made_up.SUBJECTS, tmp_path)
    name = Deferred(parts=("like ", JobOutput(job="cat", attribute="seed")))
    now = {"subjects": [GIRL, {"name": name, "images": ["cd" * 32]}]}
    asked = Draft(entry=0, id="a", operation=operation.name, parameters=now, base=tmp_path)
    images = {path: picture(image) for path, image in operation.media_in(now)}
    request = substitute(now, {("subjects",): [{**GIRL, "images": [{"sha256": "ab" * 32}]}]})
    (added,) = changes_of(
        Job(draft=asked, parameters=now, media=images, fingerprint="new"),
        operation,
        LastRequest(operation=operation.name, fingerprint="old", request=request),
    )
    assert (added.name, added.before) == ("subjects[1]", None)
    assert added.after == {
        "name": "like ${{ jobs['cat'].seed }}",
        "images": ["cd" * 32],
        "kind": "person",
        "weight": 2,
    }
