from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model.jobs import Draft
from runner.model.values import Deferred, JobOutput
from runner.operations import load_operations
from runner.validation.jobs import check_job

IMAGE = "vidu/reference2image"
VIDEO = "modelverse/reference2video"
LEAST = {"model": "viduq2", "prompt": "a cat"}


def draft(parameters: dict[str, Any], *, needs: tuple[str, ...] = ()) -> Draft:
    return Draft(entry=0, id="a", operation=IMAGE, parameters=parameters, base=Path(), needs=needs)


def messages_of(parameters: dict[str, Any], operation: str = IMAGE) -> list[str]:
    needs = ("other",) if "Deferred" in repr(parameters) else ()
    found = check_job(draft(parameters, needs=needs), load_operations()[operation])
    return [finding.message for finding in found]


def result(*parts: str | JobOutput) -> Deferred:
    return Deferred(parts=parts)


OUTPUT = JobOutput(job="other", attribute="output")
SEED = JobOutput(job="other", attribute="seed")


def test_warnings_do_not_need_the_unknown_parameters() -> None:
    known = draft({**LEAST, "seed": -4})
    found = check_job(known, load_operations()[IMAGE], frozenset({"prompt"}))
    assert [(finding.path, finding.warning) for finding in found] == [(("seed",), True)]
    assert not check_job(known, load_operations()[IMAGE], frozenset({"prompt", "seed"}))


def test_a_wrong_parameter_has_an_error_and_no_warning() -> None:
    (message,) = messages_of({**LEAST, "seed": -4.5})
    assert message == "seed is the number -4.5, but must be a whole number"


def test_a_wrong_parameter_leaves_the_warnings_of_others() -> None:
    found = messages_of({**LEAST, "seed": -4, "resolution": "9K"})
    assert [message.split()[0] for message in found] == ["resolution", "seed"]


def test_another_jobs_output_may_be_an_image() -> None:
    assert messages_of({**LEAST, "model": "viduq1", "images": [result(OUTPUT)]}) == []


def test_images_of_other_jobs_count_towards_the_maximum() -> None:
    found = messages_of({**LEAST, "images": [result(OUTPUT)] * 8})
    assert found == ["images has 8 items, but viduq2 takes at most 7"]


def test_another_jobs_seed_may_be_a_seed() -> None:
    assert messages_of({**LEAST, "seed": result(SEED)}) == []


def test_another_jobs_result_may_be_part_of_a_text() -> None:
    assert messages_of({"model": "viduq2", "prompt": result("seed ", SEED)}) == []


def test_a_seed_is_not_an_image() -> None:
    (finding,) = check_job(
        draft({**LEAST, "images": [result(SEED)]}, needs=("other",)), load_operations()[IMAGE]
    )
    assert finding.message == "images[0] is another job's seed, a number, but must be text"
    assert finding.hint == "for an image write .output; with text around it a seed becomes text"


def test_one_output_is_not_a_list_of_images() -> None:
    (finding,) = check_job(
        draft({**LEAST, "images": result(OUTPUT)}, needs=("other",)), load_operations()[IMAGE]
    )
    assert finding.hint == 'write it as a list: ["${{ ... }}"]'


def test_nothing_is_reported_about_unknown_parameters() -> None:
    parameters = {"resolution": "9K", "aspect_ratio": "5:4", "model": "viduq2"}
    found = check_job(
        draft(parameters), load_operations()[IMAGE], frozenset({"prompt", "aspect_ratio"})
    )
    assert [finding.path for finding in found] == [("resolution",)]


def test_an_output_is_not_a_seed() -> None:
    found = messages_of({**LEAST, "seed": result(OUTPUT)})
    assert found == ["seed is another job's output, a text, but must be a whole number"]


def test_a_seed_on_its_own_is_not_a_text() -> None:
    found = messages_of({"model": "viduq2", "prompt": result(SEED)})
    assert found == ["prompt is another job's seed, a number, but must be text"]


def test_a_deferred_value_is_not_shown_as_its_stand_in() -> None:
    found = messages_of({**LEAST, "resolution": result(OUTPUT)})
    assert found == ["resolution (another job's result) is not offered by viduq2 (1080p, 2K, 4K)"]


def test_a_text_with_results_has_its_least_possible_length() -> None:
    found = messages_of({"model": "viduq2", "prompt": result("字" * 2000, OUTPUT)})
    assert found == ["prompt has 2001 characters, but at most 2000 are allowed"]


def test_a_deferred_value_may_be_nested() -> None:
    found = messages_of({**LEAST, "payload": {"a": result(OUTPUT)}})
    assert found == ["payload is a mapping, but must be text"]


def test_errors_come_in_the_order_of_the_jobs_keys() -> None:
    found = messages_of({"resolution": "8K", "prompt": "", "model": "viduq2", "seed": "x"})
    assert [message.split()[0] for message in found] == ["resolution", "prompt", "seed"]


def test_required_parameters_of_all_and_of_one_model_are_errors() -> None:
    assert messages_of({"model": "viduq1"}) == [
        "prompt is missing (vidu/reference2image needs it)",
        "images is missing (viduq1 needs it)",
    ]


def test_an_unknown_parameter_is_reported_at_its_key() -> None:
    (finding,) = check_job(draft({**LEAST, "promt": "b"}), load_operations()[IMAGE])
    assert (finding.path, finding.key) == (("promt",), True)


def test_an_unknown_parameter_lists_the_known_ones() -> None:
    (finding,) = check_job(draft({**LEAST, "zzz": "b"}), load_operations()[IMAGE])
    assert finding.hint is not None
    assert finding.hint.startswith("known: model, images, prompt, seed")


def test_warnings_come_with_errors() -> None:
    found = messages_of({"model": "viduq2", "prompt": "", "seed": -1})
    assert found == [
        "prompt is empty",
        "seed -1 is outside 0 to 2147483647; larger or negative ones may be refused",
    ]


def test_a_long_value_is_shortened() -> None:
    (message,) = messages_of({**LEAST, "callback_url": "x" * 5000})
    assert len(message) < 150
    assert "…" in message


def test_a_deeply_nested_value_is_rejected() -> None:
    deep: Any = []
    for _ in range(400):
        deep = [deep]
    assert messages_of({**LEAST, "seed": deep}) == ["seed is a list, but must be a whole number"]


def test_a_url_that_ends_with_a_line_break_is_rejected() -> None:
    assert messages_of({**LEAST, "callback_url": "https://example.com/\n"}) == [
        'callback_url "https://example.com/\\n" is not an http or https URL'
    ]


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "16:9", "auto", "2K", "720p", "small", "https://a.b/c", "ftp://x", "x"]),
    st.lists(st.sampled_from(["a.png", "", "https://a.b/c", 3]), max_size=9),
)
NAMES = sorted({name for op in load_operations().values() for name in op.schema["properties"]})


@given(
    model=st.sampled_from(["viduq1", "viduq2"]),
    rest=st.dictionaries(st.sampled_from(NAMES), SCALARS),
    name=st.sampled_from([IMAGE, VIDEO]),
)
def test_both_validators_agree_and_every_error_is_explained(
    model: str, rest: dict[str, Any], name: str
) -> None:
    operation = load_operations()[name]
    parameters = {"model": model, **rest}
    schema = dict(operation.schema)
    fast = jsonschema_rs.Draft202012Validator(schema).is_valid(parameters)
    assert jsonschema.Draft202012Validator(schema).is_valid(parameters) == fast
    errors = [f for f in check_job(draft(parameters), operation) if not f.warning]
    assert (errors == []) == fast
    assert all("schema" not in error.message for error in errors)


CITED = "vidu/reference2video-subjects"


@pytest.mark.parametrize(
    ("prompt", "named"),
    [("@tom sees @kate", []), ("@tom runs", ["kate"]), ("two run", ["tom", "kate"]), ("", [])],
)
def test_a_subject_that_the_prompt_does_not_cite_is_a_warning(
    prompt: str, named: list[str]
) -> None:
    subjects = [{"name": name, "images": ["https://a.b/c.png"]} for name in ("tom", "kate")]
    parameters = {"model": "viduq2", "prompt": prompt, "subjects": subjects}
    draft = Draft(entry=0, id="a", operation=CITED, parameters=parameters, base=Path())
    found = [each for each in check_job(draft, load_operations()[CITED]) if each.warning]
    assert [each.message for each in found] == [
        f'prompt does not cite subject "{name}": @ and its name stand for it' for name in named
    ]
    assert all(each.path[0] == "subjects" and each.path[-1] == "name" for each in found)
