from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import Location
from runner.expansion.expand import Expansion
from runner.expansion.fingerprints import MAX_EXACT, canonical, duplicate_warnings, finalize
from runner.model.jobs import Draft, Job, JobMedia, Media
from runner.model.values import Deferred, JobOutput
from runner.operations import load_operations
from tests import made_up
from tests.builders import listed

Expand = Callable[..., Expansion]

OPERATIONS = load_operations()
VECTORS = json.loads(
    (Path(__file__).parents[1] / "data" / "fingerprints.json").read_text(encoding="utf-8")
)["vectors"]


def media(source: str, sha256: str | None = None) -> Media:
    return Media(source=source, path=None, sha256=sha256, media_type=None, size_bytes=None)


def draft(id_: str = "a", operation: str = "vidu/reference2image", **values: Any) -> Draft:
    take = values.pop("take", 1)
    needs = values.pop("needs", ())
    return Draft(
        entry=0,
        id=id_,
        operation=operation,
        parameters=values,
        base=Path(),
        needs=needs,
        take=take,
    )


def finalized(*drafts: Draft) -> list[Job]:
    """Images are URLs here, unless another job makes them."""

    def media_of(one: Draft) -> JobMedia:
        images = one.parameters.get("images", ())
        return listed(*(i if isinstance(i, Deferred) else media(i) for i in images))

    return finalize(drafts, OPERATIONS, media_of)


def fingerprints(*drafts: Draft) -> list[str]:
    return [job.fingerprint for job in finalized(*drafts)]


# --------------------------------------------------------------------------------- golden vectors


def of_vector(jobs: Sequence[Mapping[str, Any]]) -> list[Job]:
    images = {job["id"]: tuple(map(_image, job.get("images", ()))) for job in jobs}
    drafts = [_draft(job) for job in jobs]
    return finalize(drafts, OPERATIONS, lambda one: listed(*images[one.id]))


def _draft(job: Mapping[str, Any]) -> Draft:
    parameters = {key: _value(value) for key, value in job["parameters"].items()}
    if "images" in job:
        parameters["images"] = [json.dumps(image) for image in job["images"]]
    return Draft(
        entry=0,
        id=job["id"],
        operation=job["operation"],
        parameters=parameters,
        base=Path(),
        needs=tuple(job.get("needs", ())),
        take=job.get("take", 1),
    )


def _value(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"deferred"}:
        parts = [p if isinstance(p, str) else JobOutput(**p) for p in value["deferred"]]
        return Deferred(parts=tuple(parts))
    return value


def _image(image: Mapping[str, Any]) -> Media | Deferred:
    if "sha256" in image:
        return media("cat.png", image["sha256"])
    return media(image["url"]) if "url" in image else cast("Deferred", _value(image))


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_a_golden_vector_never_changes(vector: Mapping[str, Any]) -> None:
    found = [
        {"fingerprint": job.fingerprint, "seed": _plain(job.parameters.get("seed"))}
        for job in of_vector(vector["jobs"])
    ]
    assert found == vector["expected"]


def _plain(seed: Any) -> Any:
    return None if isinstance(seed, Deferred) else seed


def test_the_scheme_is_the_documented_one() -> None:
    image = hashlib.sha256(b"picture").hexdigest()
    job = draft(
        prompt="猫",
        model="viduq2",
        aspect_ratio="16:9",
        resolution="2K",
        images=["cat.png"],
        payload="mine",
        callback_url="https://example.com",
    )
    [found] = finalize([job], OPERATIONS, lambda _: listed(media("cat.png", image)))
    request: dict[str, Any] = {
        "v": 1,
        "operation": "vidu/reference2image",
        "parameters": {
            "prompt": "猫",
            "model": "viduq2",
            "resolution": "2K",
            "images": [{"sha256": image}],
        },
    }
    digest = hashlib.sha256(rfc8785.dumps({**request, "take": 1})).digest()
    seed = 1 + int.from_bytes(digest[:8]) % (2**31 - 1)
    assert found.parameters["seed"] == seed
    request["parameters"]["seed"] = seed
    assert found.fingerprint == hashlib.sha256(rfc8785.dumps(request)).hexdigest()


# ------------------------------------------------------------------------------ what has no effect


parameters = st.fixed_dictionaries(
    {"model": st.sampled_from(["viduq1", "viduq2"]), "prompt": st.text(min_size=1)},
    optional={
        "seed": st.integers(1, 2**31 - 1),
        "aspect_ratio": st.sampled_from(["1:1", "9:16"]),
        "resolution": st.sampled_from(["2K", "4K"]),
        "images": st.lists(st.sampled_from(["https://a/1.png", "https://a/2.png"])),
    },
)


@given(parameters, st.data())
def test_order_labels_and_defaults_have_no_effect(
    values: dict[str, Any], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(list(values)))
    other = {key: values[key] for key in order}
    other.setdefault("aspect_ratio", "16:9")
    other.setdefault("resolution", "1080p")
    other.setdefault("images", [])
    other |= {"payload": "x", "callback_url": "https://example.com"}
    one = finalized(draft("a", **values))[0]
    two = replace(draft("b", **other), entry=7, tags=("t",), base=Path("/x"))
    found = finalized(two)[0]
    assert found.fingerprint == one.fingerprint
    assert found.parameters["seed"] == one.parameters["seed"]


@given(parameters, parameters)
def test_different_requests_have_different_fingerprints(
    one: dict[str, Any], two: dict[str, Any]
) -> None:
    def effective(values: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in values.items() if value != []}

    equal = effective(one) == effective(two)
    assert (fingerprints(draft(**one)) == fingerprints(draft(**two))) == equal


@given(parameters.map(lambda found: {k: v for k, v in found.items() if k != "seed"}))
def test_a_drawn_seed_written_out_is_the_same_request(values: dict[str, Any]) -> None:
    [drawn] = finalized(draft(**values))
    assert 1 <= drawn.parameters["seed"] <= 2**31 - 1
    [written] = finalized(draft(**values, seed=drawn.parameters["seed"]))
    assert written.fingerprint == drawn.fingerprint


@given(parameters, st.integers(1, 5))
def test_takes_differ_and_the_first_is_the_request_itself(
    values: dict[str, Any], takes: int
) -> None:
    seed = values.pop("seed", None)
    many = [draft(f"a.{take}", **values, take=take) for take in range(1, takes + 1)]
    if seed is not None:
        many = [replace(one, parameters={**values, "seed": seed + one.take - 1}) for one in many]
    found = fingerprints(*many)
    assert len(set(found)) == takes
    plain = values if seed is None else {**values, "seed": seed}
    assert found[0] == fingerprints(draft("a", **plain))[0]


def test_an_image_counts_by_its_content_not_its_name() -> None:
    def mark(source: str, sha256: str) -> str:
        one = draft(model="viduq2", images=[source])
        image = media(source, sha256)
        return finalize([one], OPERATIONS, lambda _: listed(image))[0].fingerprint

    assert mark("a.png", "1" * 64) == mark("b.png", "1" * 64)
    assert mark("a.png", "1" * 64) != mark("a.png", "2" * 64)


def test_a_whole_float_is_its_integer() -> None:
    name = "modelverse/reference2video"
    assert fingerprints(draft(operation=name, duration=3.0)) == fingerprints(
        draft(operation=name, duration=3)
    )


def test_true_does_not_equal_a_default_of_one() -> None:
    name = "modelverse/reference2video"
    found = [
        fingerprints(draft(operation=name, **values))[0]
        for values in ({"bgm": False}, {"bgm": True}, {"bgm": 0}, {})
    ]
    assert found[0] == found[3]
    assert len(set(found)) == 3


def test_a_seed_of_null_is_drawn_like_an_absent_one() -> None:
    assert fingerprints(draft(seed=None)) == fingerprints(draft())


# ------------------------------------------------------------------------------- seed 0, no seed


def test_equal_requests_with_seed_0_differ_by_their_ordinal() -> None:
    equal = [draft(id_, seed=0, prompt="x") for id_ in "abc"]
    found = fingerprints(*equal, draft("d", seed=0, prompt="y"))
    assert len(set(found)) == 4
    assert fingerprints(equal[2])[0] == found[0]
    assert [job.parameters["seed"] for job in finalized(*equal)] == [0, 0, 0]


def test_ordinals_stay_when_another_job_needs_one_of_them() -> None:
    late = Deferred(parts=(JobOutput(job="b", attribute="output"),))
    pair = [draft("a", seed=0), draft("b", seed=0)]
    before = fingerprints(*pair)
    after = fingerprints(draft("first", images=[late], needs=("b",)), *pair)
    assert after[1:] == before


def test_equal_requests_with_a_known_seed_are_one() -> None:
    found = fingerprints(draft("a", prompt="x"), draft("b", prompt="x"), draft("c", prompt="y"))
    assert found[0] == found[1] != found[2]


def test_an_operation_without_a_seed_numbers_its_takes() -> None:
    operations = {"o/p": replace(OPERATIONS["vidu/reference2image"], name="o/p", seed=None)}
    drafts = [draft(f"a.{take}", "o/p", take=take, prompt="x") for take in (1, 2)]
    jobs = finalize([*drafts, draft("a", "o/p", prompt="x")], operations, lambda _: {})
    assert jobs[0].parameters == {"prompt": "x"}
    assert jobs[0].fingerprint == jobs[2].fingerprint != jobs[1].fingerprint


def test_drawn_seeds_keep_within_the_operation_s_range() -> None:
    small = {"vidu/reference2image": replace(OPERATIONS["vidu/reference2image"], seed_max=3)}
    drafts = [draft(str(n), prompt=str(n)) for n in range(40)]
    seeds = {job.parameters["seed"] for job in finalize(drafts, small, lambda _: {})}
    assert seeds == {1, 2, 3}


# ----------------------------------------------------------------------------------- other jobs


def test_renaming_an_upstream_job_changes_nothing() -> None:
    def pair(id_: str) -> list[str]:
        late = Deferred(parts=(JobOutput(job=id_, attribute="output"),))
        return fingerprints(
            draft("dance", images=[late], needs=(id_,)), draft(id_, prompt="window")
        )

    assert pair("window") == pair("renamed")


def test_another_upstream_request_changes_its_dependents() -> None:
    late = Deferred(parts=(JobOutput(job="up", attribute="output"),))
    down = draft("down", images=[late], needs=("up",))
    assert (
        fingerprints(down, draft("up", prompt="x"))[0]
        != (fingerprints(down, draft("up", prompt="y"))[0])
    )


def test_each_part_of_a_result_gives_another_request() -> None:
    parts: list[tuple[str | JobOutput, ...]] = [
        (JobOutput(job="up", attribute="output"),),
        (JobOutput(job="up", attribute="output", index=1),),
        (JobOutput(job="up", attribute="url"),),
        (JobOutput(job="up", attribute="seed"),),
        ("x", JobOutput(job="up", attribute="seed")),
    ]
    downs = [
        draft(f"d{n}", prompt=Deferred(parts=part), needs=("up",)) for n, part in enumerate(parts)
    ]
    assert len(set(fingerprints(*downs, draft("up")))) == len(parts) + 1


def test_drafts_keep_their_order_in_a_long_chain() -> None:
    size = 3000
    drafts = [
        draft(
            str(n),
            prompt=Deferred(parts=(JobOutput(job=str(n + 1), attribute="url"),)),
            needs=(str(n + 1),),
        )
        for n in range(size)
    ]
    jobs = finalized(*drafts, draft(str(size)))
    assert [job.id for job in jobs] == [str(n) for n in range(size + 1)]
    assert len({job.fingerprint for job in jobs}) == size + 1


def test_a_reference_counts_at_any_depth() -> None:
    late = Deferred(parts=(JobOutput(job="up", attribute="url"),))
    found = fingerprints(
        draft("a", style={"l": [late]}, needs=("up",)), draft("up"), draft("b", style={"l": ["x"]})
    )
    assert len(set(found)) == 3


def test_an_expanded_manifest_has_stable_fingerprints(expanded: Expand) -> None:
    found = expanded("""jobs:
  - {id: up, prompt: x, takes: 2}
  - {id: down, prompt: y, images: ["${{ jobs['up.2'].output }}"]}
""")
    jobs = finalized(*found.drafts)
    again = finalized(*[replace(one, tags=("t",)) for one in found.drafts])
    assert [job.id for job in jobs] == ["up.1", "up.2", "down"]
    assert [job.fingerprint for job in again] == [job.fingerprint for job in jobs]


# -------------------------------------------------------------------------------- canonical text


texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-MAX_EXACT, MAX_EXACT) | st.floats(allow_nan=False, allow_infinity=False)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=20,
)


@given(json_values)
def test_the_canonical_text_is_that_of_rfc8785(value: Any) -> None:
    assert canonical(value).encode() == rfc8785.dumps(value)


@given(st.dictionaries(texts, json_values, min_size=2, max_size=5))
def test_the_order_of_keys_has_no_effect_on_the_text(value: dict[str, Any]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@given(json_values)
def test_the_canonical_text_is_json_for_the_value(value: Any) -> None:
    assert json.loads(canonical(value), parse_int=float) == value


def test_a_whole_float_is_written_as_its_integer() -> None:
    assert canonical([5.0, -0.0, 1e20]) == "[5,0,100000000000000000000]"


def test_an_integer_beyond_a_double_is_its_digits_quoted() -> None:
    assert canonical([2**53 - 1, 2**53, -(2**53)]) == (
        '[9007199254740991,"9007199254740992","-9007199254740992"]'
    )


def test_infinity_has_no_canonical_text() -> None:
    with pytest.raises(rfc8785.FloatDomainError):
        canonical(float("inf"))


def test_a_whole_float_is_sent_as_its_integer() -> None:
    (job,) = finalized(draft(model="viduq2", prompt="a cat", seed=2e3))
    assert repr(job.parameters["seed"]) == "2000"


# ------------------------------------------------------------------------ images inside of lists


CAST: dict[str, Any] = {
    "model": "m1",
    "subjects": [{"name": "girl", "images": ["girl.png"]}, {"name": "boat", "server_id": "7"}],
}


@pytest.fixture
def cast_mark(tmp_path: Path) -> Callable[..., str]:
    """The fingerprint of a request with subjects; `sha256` is that of each of its images."""
    operation = made_up.load(made_up.SUBJECTS, tmp_path)

    def mark(parameters: dict[str, Any], sha256: str = "1" * 64) -> str:
        one = draft(operation=operation.name, **parameters)
        images = {
            path: media(source, sha256) for path, source in operation.media_in(one.parameters)
        }
        (job,) = finalize([one], {operation.name: operation}, lambda _: images)
        return job.fingerprint

    return mark


def _with_subject(**keys: Any) -> dict[str, Any]:
    first, second = CAST["subjects"]
    return {**CAST, "subjects": [first, {**second, **keys}]}


def test_an_image_inside_of_a_list_counts_by_its_content(cast_mark: Callable[..., str]) -> None:
    text = json.dumps(CAST)
    assert cast_mark(json.loads(text.replace("girl.png", "lady.png"))) == cast_mark(CAST)
    assert cast_mark(CAST, "2" * 64) != cast_mark(CAST)
    request = json.loads(text.replace('"girl.png"', json.dumps({"sha256": "1" * 64})))
    whole = {"v": 1, "operation": "vidu/made-up", "parameters": request}
    assert hashlib.sha256(rfc8785.dumps(whole)).hexdigest() == cast_mark(CAST)


@pytest.mark.parametrize(
    "keys", [{"kind": "person"}, {"weight": 2}, {"weight": 2.0, "kind": "person"}, {"images": []}]
)
def test_defaults_inside_of_a_list_are_the_same_request(
    cast_mark: Callable[..., str], keys: dict[str, Any]
) -> None:
    assert cast_mark(_with_subject(**keys)) == cast_mark(CAST)


@pytest.mark.parametrize(
    "keys", [{"kind": "thing"}, {"weight": 1}, {"name": "ship"}, {"images": ["girl.png"]}]
)
def test_other_values_inside_of_a_list_are_other_requests(
    cast_mark: Callable[..., str], keys: dict[str, Any]
) -> None:
    assert cast_mark(_with_subject(**keys)) != cast_mark(CAST)


def test_the_order_of_a_list_counts(cast_mark: Callable[..., str]) -> None:
    assert cast_mark({**CAST, "subjects": CAST["subjects"][::-1]}) != cast_mark(CAST)


def test_a_repeated_request_is_a_warning_about_takes() -> None:
    def place(found: Draft, path: tuple[str | int, ...], *, key: bool = False) -> Location:
        assert path == ("id",)
        assert not key
        return Location(path="spring.yaml", line=len(found.id))

    requests = {"a": "f1", "b": "f2", "cc": "f1"}
    jobs = [
        Job(draft=draft(name), parameters={}, media={}, fingerprint=fingerprint)
        for name, fingerprint in requests.items()
    ]
    (warning,) = duplicate_warnings(jobs, place)
    assert warning.warning
    assert (warning.job, warning.location) == ("cc", Location(path="spring.yaml", line=2))
    assert "takes: N" in str(warning)
    assert 'the same request as job "a"' in warning.message
