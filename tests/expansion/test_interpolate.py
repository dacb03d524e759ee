from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.expansion.expand import Expansion
from tests.builders import drafts_by_id, hints, reported

Expand = Callable[..., Expansion]


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
"""
    draft = drafts_by_id(expanded(jobs, env={"STUDIO": "Lo", "HOME": "/"}))["猫-1"]
    assert draft.parameters == {
        "model": "viduq2",
        "prompt": "a 猫 by Lo, ${{ and 1",
        "images": ["a.png", "b.png"],
        "seed": 3,
    }
    assert draft.tags == ("猫", "7")


def test_values_are_data_and_not_evaluated_again(expanded: Expand) -> None:
    jobs = "jobs: [{id: 'r', foreach: p.txt, prompt: '${{ row.text }}'}]"
    found = drafts_by_id(expanded(jobs, files={"p.txt": "${{ vars.x }}\n"}))
    assert found["r"].parameters["prompt"] == "${{ vars.x }}"


def test_a_cell_keeps_its_type_unless_a_filter_changes_it(expanded: Expand) -> None:
    jobs = """
jobs:
  - {id: "${{ row.n }}", foreach: a.jsonl, seed: "${{ row.n }}", resolution: "${{ row.r }}"}
  - {id: "c${{ row.n }}", foreach: a.csv, seed: "${{ row.n | int }}"}
"""
    files = {"a.jsonl": '{"n": 5, "r": null}', "a.csv": "n\n6\n"}
    found = drafts_by_id(expanded(jobs, files=files))
    assert found["5"].parameters == {"model": "viduq2", "seed": 5}
    assert found["c6"].parameters["seed"] == 6


@pytest.mark.parametrize("written", ["jobs", "jobs.a", "jobs.a.outputs"])
def test_a_job_without_a_part_of_its_result_is_not_a_value(expanded: Expand, written: str) -> None:
    found = expanded(f"jobs: [{{id: a}}, {{id: b, prompt: '${{{{ {written} }}}}'}}]")
    assert reported(found) == [f"3:34 ${{{{ {written} }}}} is not a value"]


def test_an_unknown_part_of_a_result_lists_the_known_ones(expanded: Expand) -> None:
    found = expanded("jobs: [{id: a}, {id: b, prompt: '${{ jobs.a.file }}'}]")
    assert reported(found) == ['3:38 jobs.a has no "file"']
    assert hints(found) == [
        "known: output, outputs, url, cover, creation_id, task_id, seed, picked"
    ]
