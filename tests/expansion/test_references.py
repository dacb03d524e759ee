from __future__ import annotations

from typing import Any

import pytest

from runner.expansion.references import JobResults
from runner.model import JobOutput

OUTPUT = JobOutput(job="a", attribute="output")


def test_each_part_of_a_result_can_be_named() -> None:
    job: Any = JobResults()["a"]
    assert job["output"].parts == (OUTPUT,)
    assert job["url"].parts == (JobOutput(job="a", attribute="url"),)
    assert job["seed"].parts == (JobOutput(job="a", attribute="seed"),)
    assert job["outputs"][2].parts == (JobOutput(job="a", attribute="output", index=2),)


def test_other_parts_are_unknown() -> None:
    job = JobResults()["a"]
    with pytest.raises(KeyError):
        job["file"]
    assert list(job) == ["output", "outputs", "url", "seed"]
    assert len(job) == 4


@pytest.mark.parametrize("index", [-1, 100, slice(0, 1)])
def test_an_output_has_an_index_from_0_to_99(index: Any) -> None:
    outputs: Any = JobResults()["a"]["outputs"]
    assert len(outputs) == 100
    with pytest.raises(IndexError):
        outputs[index]


def test_every_id_is_accepted_until_all_are_known() -> None:
    jobs: Any = JobResults()
    assert "whatever" in jobs
    assert (list(jobs), len(jobs)) == ([], 0)
    with pytest.raises(KeyError):
        jobs[3]


def test_a_referenced_id_is_composed() -> None:
    job: Any = JobResults()["cafe\u0301"]
    assert job["seed"].parts[0].job == "caf\u00e9"
