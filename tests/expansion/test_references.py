from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.expansion.expand import Expansion
from runner.expansion.references import JobResults
from runner.model.values import Attribute, JobOutput
from tests.builders import hints, reported

Expand = Callable[..., Expansion]


OUTPUT = JobOutput(job="a", attribute="output")


def test_each_part_of_a_result_can_be_named() -> None:
    job: Any = JobResults()["a"]
    assert job["output"].parts == (OUTPUT,)
    assert job["url"].parts == (JobOutput(job="a", attribute="url"),)
    names: tuple[Attribute, ...] = ("cover", "creation_id", "task_id", "seed")
    for name in names:
        assert job[name].parts == (JobOutput(job="a", attribute=name),)
    assert job["outputs"][2].parts == (JobOutput(job="a", attribute="output", index=2),)


def test_other_parts_are_unknown() -> None:
    job = JobResults()["a"]
    with pytest.raises(KeyError):
        job["file"]
    assert list(job) == [
        *("output", "outputs", "url", "cover", "creation_id", "task_id", "seed", "picked"),
    ]


@pytest.mark.parametrize("index", [-1, 100, slice(0, 1)])
def test_an_output_has_an_index_from_0_to_99(index: Any) -> None:
    outputs: Any = JobResults()["a"]["outputs"]
    assert len(outputs) == 100
    with pytest.raises(IndexError):
        outputs[index]


def test_every_id_is_accepted_until_all_are_known() -> None:
    jobs: Any = JobResults()
    assert jobs["whatever"]["seed"].parts[0].job == "whatever"
    assert list(jobs) == []
    with pytest.raises(KeyError):
        jobs[3]


def test_a_referenced_id_is_composed() -> None:
    job: Any = JobResults()["cafe\u0301"]
    assert job["seed"].parts[0].job == "caf\u00e9"


def test_an_unknown_job_suggests_the_nearest(expanded: Expand) -> None:
    found = expanded("""jobs:
  - {id: window}
  - {id: look, takes: 2}
  - {id: shot-noir}
  - {id: a, images: ["${{ jobs.windw.output }}", "${{ jobs.windw.url }}"]}
  - {id: b, prompt: "x ${{ jobs.look.seed }}"}
  - {id: c, prompt: "${{ jobs.shot.url }}"}
""")
    assert reported(found) == [
        '7:22 there is no job "windw"',
        '8:21 there is no job "look"',
        '9:21 there is no job "shot"',
    ]
    assert hints(found) == [
        'did you mean "window"?',
        "it has takes: name one of them, as in jobs['look.1'].output",
        "did you mean jobs['shot-noir']?",
    ]


def test_an_id_that_may_exist_is_not_reported(expanded: Expand) -> None:
    found = expanded('jobs: [{id: "${{ vars.x }}"}, {id: b, prompt: "${{ jobs.a.url }}"}]')
    assert reported(found) == ["3:18 vars is empty"]


def test_a_job_with_errors_can_be_referenced(expanded: Expand) -> None:
    found = expanded('jobs: [{id: a, prompt: "${{ x }}"}, {id: b, prompt: "${{ jobs.a.url }}"}]')
    assert reported(found) == ['3:29 unknown name "x"']


def test_a_cycle_of_jobs_is_reported_once_with_its_members(expanded: Expand) -> None:
    found = expanded("""jobs:
  - {id: a, images: [x.png, "${{ jobs.b.output }}"]}
  - {id: b, prompt: "${{ jobs.c.url }}"}
  - {id: c, prompt: "${{ jobs.a.url }}"}
  - {id: d, prompt: "${{ jobs.d.url }}"}
""")
    assert reported(found) == [
        "4:29 jobs wait for each other in a circle: a -> b -> c -> a",
        "7:21 the job needs its own output",
    ]


def test_an_unknown_job_is_reported_with_the_job_s_other_errors(expanded: Expand) -> None:
    found = expanded('jobs: [{id: a, prompt: "${{ vars.x }}", seed: "${{ jobs.b.seed }}"}]')
    assert reported(found) == ["3:29 vars is empty", '3:47 there is no job "b"']


def test_a_cycle_is_reported_with_other_errors_of_its_jobs(expanded: Expand) -> None:
    found = expanded('jobs: [{id: a, prompt: "${{ vars.x }}", seed: "${{ jobs.a.seed }}"}]')
    assert reported(found) == [
        "3:29 vars is empty",
        "3:47 the job needs its own output",
    ]


def test_an_id_that_cannot_exist_is_reported(expanded: Expand) -> None:
    found = expanded("""jobs:
  - {id: "a-${{ vars.x }}", takes: 2}
  - {id: b-1, matrix: {x: }}
  - {id: c, images: ["${{ jobs['a-x.1'].output }}", "${{ jobs['b-1.7'].output }}"]}
  - {id: d, images: ["${{ jobs.a.output }}", "${{ jobs['b-2'].output }}"]}
""")
    assert reported(found)[-2:] == ['7:22 there is no job "a"', '7:46 there is no job "b-2"']


def test_with_many_unknown_ids_any_job_may_exist(expanded: Expand) -> None:
    bad = "\n".join(f"  - {{id: 'a{n}${{{{ vars.x }}}}'}}" for n in range(200))
    found = expanded(f"jobs:\n{bad}\n  - {{id: z, images: ['${{{{ jobs.y.output }}}}']}}\n")
    assert not any("there is no job" in line for line in reported(found))
