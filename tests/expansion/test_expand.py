"""Manifests become drafts: defaults, variables, matrix, rows and takes together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from runner.errors import Location
from runner.expansion import Expansion, expand
from runner.model import Deferred, Draft, JobOutput
from runner.operations import load_operations

Expand = Callable[..., Expansion]


def by_id(expansion: Expansion) -> dict[str, Draft]:
    assert expansion.diagnostics == []
    return {draft.id: draft for draft in expansion.drafts}


def test_a_job_lies_over_its_operation_s_defaults(expanded: Expand) -> None:
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
    found = by_id(expanded(jobs, head=head))
    assert found["a"].operation == "vidu/reference2image"
    assert found["a"].parameters == {"prompt": "general", "model": "viduq2", "aspect_ratio": "9:16"}
    assert found["a"].tags == ("x",)
    assert found["b"].parameters == {"prompt": "own", "model": "other", "duration": 3}
    assert (found["b"].tags, found["b"].description) == (("y",), "why")
    assert [draft.entry for draft in found.values()] == [0, 1]


def test_every_job_may_get_its_matrix_rows_and_takes_from_the_defaults(expanded: Expand) -> None:
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
    found = by_id(expanded(jobs, head=head, files={"r.txt": "p\nq\n"}))
    assert list(found) == ["a14.1", "a14.2", "a24.1", "a24.2", "bp", "bq"]


def test_expressions_are_evaluated_in_every_text(expanded: Expand) -> None:
    jobs = """
vars: {hero: 猫, pics: [a.png, b.png], n: 3, op: vidu/reference2image}
env: [STUDIO]
jobs:
  - id: ${{ vars.hero }}-1
    operation: ${{ vars.op }}
    prompt: a ${{ vars.hero }} by ${{ env.STUDIO }}, $${{ and ${{ take }}
    images: ${{ vars.pics }}
    seed: ${{ vars.n }}
    tags: ["${{ vars.hero }}", 7]
    description: ${{ vars.n }} cats
"""
    draft = by_id(expanded(jobs, env={"STUDIO": "Lo", "HOME": "/"}))["猫-1"]
    assert draft.parameters == {
        "model": "viduq2",
        "prompt": "a 猫 by Lo, ${{ and 1",
        "images": ["a.png", "b.png"],
        "seed": 3,
    }
    assert draft.tags == ("猫", "7")
    assert draft.description == "3 cats"


def test_defaults_may_hold_expressions_of_the_job(expanded: Expand) -> None:
    head = "version: 1\ndefaults: {operation: vidu/reference2image, prompt: 'a ${{ matrix.x }}'}\n"
    found = by_id(expanded("jobs: [{id: '${{ matrix.x }}', matrix: {x: [p, q]}}]", head=head))
    assert [draft.parameters["prompt"] for draft in found.values()] == ["a p", "a q"]


def test_values_are_data_and_never_evaluated_again(expanded: Expand) -> None:
    jobs = "jobs: [{id: 'r', foreach: p.txt, prompt: '${{ row.text }}'}]"
    found = by_id(expanded(jobs, files={"p.txt": "${{ vars.x }}\n"}))
    assert found["r"].parameters["prompt"] == "${{ vars.x }}"


def test_variables_may_need_each_other_in_any_order(expanded: Expand) -> None:
    jobs = """
vars: {a: "${{ vars.b }} x", b: "${{ vars.c }}", c: 5}
jobs: [{id: j, prompt: "${{ vars.a }}", seed: "${{ vars.b }}"}]
"""
    assert by_id(expanded(jobs))["j"].parameters == {"model": "viduq2", "prompt": "5 x", "seed": 5}


def test_matrix_values_may_be_variables(expanded: Expand) -> None:
    jobs = """
vars: {styles: [noir, 水墨], best: noir}
jobs:
  - id: look-${{ matrix.style }}-${{ matrix.n }}
    matrix: {style: "${{ vars.styles }}", n: [1, 2], exclude: [{style: "${{ vars.best }}", n: 2}]}
"""
    assert list(by_id(expanded(jobs))) == ["look-noir-1", "look-水墨-1", "look-水墨-2"]


def test_rows_come_outside_the_matrix_and_takes_inside(expanded: Expand) -> None:
    jobs = """
jobs:
  - id: ${{ row.name }}-${{ matrix.m }}
    foreach: rows.csv
    matrix: {m: [1, 2]}
    takes: 2
    prompt: ${{ row.name }} ${{ take }}
"""
    found = by_id(expanded(jobs, files={"rows.csv": "name\nx\ny\n"}))
    ids = ["x-1.1", "x-1.2", "x-2.1", "x-2.2", "y-1.1", "y-1.2", "y-2.1", "y-2.2"]
    assert list(found) == ids
    draft = found["y-1.2"]
    assert (draft.take, draft.matrix, draft.parameters["prompt"]) == (2, {"m": 1}, "y 2")
    assert draft.row is not None
    assert (draft.row.path, draft.row.line) == ("rows.csv", 3)


def test_a_cell_keeps_or_takes_its_type_and_null_unsets(expanded: Expand) -> None:
    jobs = """
jobs:
  - {id: "${{ row.n }}", foreach: a.jsonl, seed: "${{ row.n }}", resolution: "${{ row.r }}"}
  - {id: "c${{ row.n }}", foreach: a.csv, seed: "${{ row.n | int }}"}
"""
    files = {"a.jsonl": '{"n": 5, "r": null}', "a.csv": "n\n6\n"}
    found = by_id(expanded(jobs, files=files))
    assert found["5"].parameters == {"model": "viduq2", "seed": 5}
    assert found["c6"].parameters["seed"] == 6


def test_takes_count_on_from_an_explicit_seed(expanded: Expand) -> None:
    jobs = """
jobs:
  - {id: a, takes: 3, seed: 41}
  - {id: b, takes: 2, seed: 0}
  - {id: c, takes: 2}
  - {id: d, takes: 1, seed: 9}
"""
    found = by_id(expanded(jobs))
    seeds = {id_: draft.parameters.get("seed") for id_, draft in found.items()}
    assert seeds == {
        "a.1": 41, "a.2": 42, "a.3": 43, "b.1": 0, "b.2": 0, "c.1": None, "c.2": None, "d.1": 9
    }  # fmt: skip
    assert [draft.take for draft in found.values()] == [1, 2, 3, 1, 2, 1, 2, 1]


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
    draft = by_id(expanded(jobs))["dance"]
    look = JobOutput(job="look.1", attribute="output")
    assert draft.needs == ("window", "look.1")
    assert draft.parameters["images"][0] == Deferred(parts=(look,))
    assert draft.parameters["images"][1].parts[0].index == 2
    url = JobOutput(job="window", attribute="url")
    assert draft.parameters["prompt"] == Deferred(parts=("like ", url, "!"))
    assert draft.parameters["seed"].parts[0].attribute == "seed"


def test_a_file_is_read_once(expanded: Expand) -> None:
    jobs = """
jobs:
  - {id: "a-${{ row.text }}", foreach: r.txt}
  - {id: "b-${{ row.text }}", foreach: ./r.txt}
"""
    found = by_id(expanded(jobs, files={"r.txt": "1\n"}))
    assert found["a-1"].row is found["b-1"].row


def place_at(path: tuple[str | int, ...], *, key: bool = False) -> Location:
    return Location(path=".".join(map(str, path)) + "!" * key)


def test_ill_shaped_parts_are_passed_over_without_a_crash() -> None:
    def run(value: dict[str, Any]) -> Expansion:
        return expand(value, Path(), load_operations(), env={}, locate=place_at)

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
def test_no_value_whatever_makes_it_crash(value: dict[str, Any], jobs: list[Any]) -> None:
    document = {**value, "jobs": jobs}
    found = expand(document, Path("/nowhere"), load_operations(), env={}, locate=place_at)
    for draft in [*found.drafts, *(sketch.draft for sketch in found.partial_jobs)]:
        found.locate(draft, ("prompt", 0))
        found.locate(draft, ("prompt",), key=True)
    assert len({draft.id.casefold() for draft in found.drafts}) == len(found.drafts)
