from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from runner.errors import Location, merge
from runner.expansion.expand import Expansion, expand
from runner.model.values import Deferred, JobOutput
from runner.operations import load_operations
from tests.builders import drafts_by_id, hints, reported

Expand = Callable[..., Expansion]


def test_a_job_overrides_its_operation_s_defaults(expanded: Expand) -> None:
    head = """
version: 1
defaults:
  operation: vidu/reference2image
  prompt: general
  tags: [x]
  vidu/reference2image: {model: viduq2, resolution: 2K, aspect_ratio: "1:1"}
  modelverse/reference2video: {model: other, duration: 3}
"""
    jobs = """
jobs:
  - {id: a, resolution: null, aspect_ratio: "9:16", x-note: {mine: 1}}
  - {id: b, operation: modelverse/reference2video, prompt: own, tags: [y], description: why}
"""
    found = drafts_by_id(expanded(jobs, head=head))
    assert found["a"].operation == "vidu/reference2image"
    assert found["a"].parameters == {"prompt": "general", "model": "viduq2", "aspect_ratio": "9:16"}
    assert found["a"].tags == ("x",)
    assert found["b"].parameters == {"prompt": "own", "model": "other", "duration": 3}
    assert found["b"].tags == ("y",)
    assert [draft.entry for draft in found.values()] == [0, 1]


def test_matrix_rows_and_takes_may_come_from_the_defaults(expanded: Expand) -> None:
    head = """
version: 1
defaults:
  operation: vidu/reference2image
  matrix: {x: [1, 2], y: [3]}
  foreach: r.txt
  takes: 2.0
"""
    jobs = """
jobs:
  - {id: "a${{ matrix.x }}${{ matrix.y }}", foreach: null, matrix: {y: [4]}}
  - {id: "b${{ row.text }}", matrix: null, takes: null}
"""
    found = drafts_by_id(expanded(jobs, head=head, files={"r.txt": "p\nq\n"}))
    assert list(found) == ["a14.1", "a14.2", "a24.1", "a24.2", "bp", "bq"]


def test_defaults_may_contain_expressions_of_the_job(expanded: Expand) -> None:
    head = "version: 1\ndefaults: {operation: vidu/reference2image, prompt: 'a ${{ matrix.x }}'}\n"
    found = drafts_by_id(
        expanded("jobs: [{id: '${{ matrix.x }}', matrix: {x: [p, q]}}]", head=head)
    )
    assert [draft.parameters["prompt"] for draft in found.values()] == ["a p", "a q"]


def test_rows_vary_slower_than_the_matrix_and_takes_faster(expanded: Expand) -> None:
    jobs = """
jobs:
  - id: ${{ row.name }}-${{ matrix.m }}
    foreach: rows.csv
    matrix: {m: [1, 2]}
    takes: 2
    prompt: ${{ row.name }} ${{ take }}
"""
    found = drafts_by_id(expanded(jobs, files={"rows.csv": "name\nx\ny\n"}))
    ids = ["x-1.1", "x-1.2", "x-2.1", "x-2.2", "y-1.1", "y-1.2", "y-2.1", "y-2.2"]
    assert list(found) == ids
    draft = found["y-1.2"]
    assert (draft.take, draft.matrix, draft.parameters["prompt"]) == (2, {"m": 1}, "y 2")
    assert draft.row is not None
    assert (draft.row.path, draft.row.line) == ("rows.csv", 3)


def test_references_become_deferred_values_and_needs(expanded: Expand) -> None:
    jobs = """
jobs:
  - {id: window}
  - {id: look, takes: 2}
  - id: dance
    prompt: like ${{ jobs.window.url }}!
    images: ["${{ jobs['look.1'].output }}", "${{ jobs.window.outputs[2] }}"]
    seed: ${{ jobs.window.seed }}
"""
    draft = drafts_by_id(expanded(jobs))["dance"]
    look = JobOutput(job="look.1", attribute="output")
    assert draft.needs == ("window", "look.1")
    assert draft.parameters["images"][0] == Deferred(parts=(look,))
    assert draft.parameters["images"][1].parts[0].index == 2
    url = JobOutput(job="window", attribute="url")
    assert draft.parameters["prompt"] == Deferred(parts=("like ", url, "!"))
    assert draft.parameters["seed"].parts[0].attribute == "seed"


def locate(path: tuple[str | int, ...], *, key: bool = False) -> Location:
    return Location(path=".".join(map(str, path)) + "!" * key)


def test_parts_of_a_wrong_form_are_skipped() -> None:
    def run(value: dict[str, Any]) -> Expansion:
        return expand(value, Path(), load_operations(), env={}, locate=locate)

    assert run({}).drafts == []
    assert run({"jobs": {"a": 1}, "vars": [1], "env": "HOME", "providers": [1]}).drafts == []
    assert run({"jobs": [3, None, {}, {"id": 5}, {"id": None}], "defaults": "x"}).drafts == []


names = st.sampled_from(["version", "vars", "env", "defaults", "jobs", "providers"])


keys = st.sampled_from(
    ["id", "operation", "matrix", "foreach", "takes", "tags", "prompt", "include", "exclude", "a"]
)


texts = st.sampled_from(
    ["a", "vidu/reference2image", "${{ vars.a }}", "${{ matrix.a }}", "${{ jobs.a.output }}", "${{"]
)


wild: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


entry = st.dictionaries(keys, wild).map(lambda found: {"id": "a", **found})


@given(st.dictionaries(names, wild), st.lists(entry, max_size=3))
def test_no_value_makes_it_crash(value: dict[str, Any], jobs: list[Any]) -> None:
    document = {**value, "jobs": jobs}
    found = expand(document, Path("/nowhere"), load_operations(), env={}, locate=locate)
    for draft in [*found.drafts, *(partial.draft for partial in found.partial_jobs)]:
        found.locate(draft, ("prompt", 0))
        found.locate(draft, ("prompt",), key=True)
    assert len({draft.id.casefold() for draft in found.drafts}) == len(found.drafts)


def test_one_job_with_errors_hides_no_other(expanded: Expand) -> None:
    found = expanded("""jobs:
  - {id: a, prompt: "${{ vars.hero }}"}
  - {id: b/c}
  - {id: good}
  - {id: d, operation: "${{ vars.op }}"}
  - {id: e, takes: "${{ vars.none }}"}
  - {id: f, prompt: "${{ nope }", resolution: "${{ matrix.x }}"}
vars: {op: vidu/reference2imag, none: 0}
""")
    assert [draft.id for draft in found.drafts] == ["good"]
    assert reported(found) == [
        '4:26 vars has no "hero"',
        '5:10 id "b/c" contains "/", which is not allowed in a file name',
        '7:24 unknown operation "vidu/reference2imag"',
        "8:20 takes must be a whole number from 1 to 1,000,000",
        "9:31 } is not allowed here",
        '9:52 unknown name "matrix"',
    ]
    assert (hints(found)[2] or "").startswith('did you mean "vidu/reference2image"?')
    assert [problem.job for problem in found.diagnostics][:4] == ["a", None, "d", "e"]


def test_an_unset_operation_lists_the_known_ones(expanded: Expand) -> None:
    found = expanded("jobs: [{id: a, operation: null}]")
    assert reported(found) == ["3:27 no operation is named"]
    assert hints(found) == ["vidu-run operations lists all"]


def test_errors_without_an_expression_are_left_to_validation(expanded: Expand) -> None:
    found = expanded("""jobs:
  - {id: a, operation: vidu/nothing}
  - {id: b, takes: 0}
  - {id: c, takes: true}
  - {id: d, tags: x}
  - {id: e, tags: [[1]]}
  - {id: f, matrix: 3}
  - {id: g, foreach: [x]}
  - {id: 7}
  - {id: ""}
  - text
""")
    assert found.diagnostics == []
    assert found.drafts == []
    assert expanded("jobs: [{id: a}]", head="version: 1\n").diagnostics == []


def test_defaults_of_one_operation_have_no_matrix(expanded: Expand) -> None:
    head = """version: 1
defaults:
  operation: vidu/reference2image
  vidu/reference2image: {matrix: {a: [1]}}
"""
    found = expanded("jobs: [{id: a}]", head=head)
    assert reported(found) == ["4:34 matrix cannot be a default of one operation"]


def test_one_cause_in_all_takes_is_reported_once(expanded: Expand) -> None:
    found = expanded("jobs: [{id: 'a/b', takes: 3, prompt: '${{ vars.x }}'}]")
    assert [str(problem).splitlines()[0] for problem in merge(found.diagnostics)] == [
        'm.yaml:3:13: error: id "a/b" contains "/", which is not allowed in a file name (3 jobs)',
        "m.yaml:3:43: error: vars is empty (3 jobs)",
    ]


def test_a_job_with_errors_is_kept_for_further_checks(expanded: Expand) -> None:
    found = expanded("""jobs:
  - {id: a, matrix: {x: 3}, prompt: "${{ matrix.x }}", resolution: 9K}
  - {id: b, prompt: "${{ vars.x }}", resolution: 9K, takes: 3}
""")
    assert found.drafts == []
    assert [(s.draft.entry, s.draft.id, set(s.unknown)) for s in found.partial_jobs] == [
        (0, "a", {"prompt"}),
        (1, "b.1", {"prompt"}),
    ]
    assert all(s.draft.parameters["resolution"] == "9K" for s in found.partial_jobs)


def test_one_cause_in_a_default_is_reported_once(expanded: Expand) -> None:
    head = "version: 1\ndefaults: {operation: vidu/reference2image, prompt: '${{ vars.x }}'}\n"
    [problem] = merge(expanded("jobs: [{id: a}, {id: b}, {id: c}]", head=head).diagnostics)
    assert problem.jobs == 3
    assert str(problem.location) == "m.yaml:2:58"


def test_too_many_jobs_are_reported_once(expanded: Expand) -> None:
    many = "{id: 'b${{ matrix.x }}', takes: 1000000, matrix: {x: [1, 2]}}"
    found = expanded(f"jobs: [{{id: a, takes: 3}}, {many}]")
    assert [draft.id for draft in found.drafts] == ["a.1", "a.2", "a.3"]
    assert reported(found) == ["3:27 the manifest has more than 1,000,000 jobs"]


def test_errors_beside_a_wrong_matrix_are_reported_too(expanded: Expand) -> None:
    found = expanded("""vars: {s: abc}
jobs:
  - id: a
    matrix: {x: ["${{ vars.no }}"]}
    prompt: "${{ matrix.x }}"
    model: "${{ vars. }}"
    payload: "${{ vars.none }}"
    seed: "${{ vars.s }}"
    images: [{url: "${{ row.u }}"}]
""")
    assert reported(found) == [
        '6:23 vars has no "no"',
        "8:23 a name must follow the dot",
        '9:19 vars has no "none"',
        '11:25 unknown name "row"',
    ]
    [partial] = found.partial_jobs
    assert partial.unknown == {"prompt", "model", "payload", "images"}
    assert partial.draft.parameters["seed"] == "abc"


def test_errors_beside_unknown_values_are_reported_too(expanded: Expand) -> None:
    found = expanded("""jobs:
  - id: a-${{ matrix.x }}
    matrix: {x: }
    foreach: nowhere.csv
    description: "${{ row.d }} ${{ env.NO }}"
    tags: ["${{ matrix.x }}", "${{ vars.tag }}"]
    prompt: "${{ matrix.x }} ${{ vars.no }}"
    payload: "${{ matrix.x | int }} ${{ row.x }}"
    images: ["${{ row.image }}", "${{ jobs.zz.output }}", "${{ jobs['a-1'].output }}"]
""")
    assert sorted(reported(found)) == [
        '11:34 there is no job "zz"',
        "5:17 matrix.x must be a list",
        '6:14 foreach "nowhere.csv": there is no such file',
        "7:36 env is empty",
        "8:36 vars is empty",
        "9:34 vars is empty",
    ]
    [partial] = found.partial_jobs
    assert partial.unknown == {"prompt", "payload", "images"}
