"""Loading manifests from files and texts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner import ManifestError, load, plan
from tests.api.conftest import TWO

WRONG = TWO.replace("prompt: a blue boat", "prmpt: a blue boat, resolution: 9K")


def test_a_file_is_read_by_its_path(spring: Path) -> None:
    for source in (spring, "spring.yaml"):
        manifest = load(source)
        assert [job.id for job in manifest] == ["a", "b"]
        assert (len(manifest), manifest.warnings) == (2, ())
    assert repr(load("spring.yaml")) == "<Manifest spring.yaml: 2 jobs>"


def test_a_text_is_the_manifest_that_a_file_would_be(spring: Path) -> None:
    of_file, of_text = load(spring), load(TWO)
    assert [job.fingerprint for job in of_text] == [job.fingerprint for job in of_file]
    assert of_text.path == Path("manifest.yaml")


def test_paths_in_a_text_start_where_it_is_to_stand() -> None:
    text = TWO.replace("seed: 7", "images: [cat.png]")
    with pytest.raises(ManifestError) as caught:
        load(text, path="sub/spring.yaml")
    (problem,) = caught.value.problems
    assert problem.file == os.path.join("sub", "spring.yaml")  # noqa: PTH118 - a text
    assert problem.message == "cat.png does not exist"


def test_a_place_is_for_texts_only(spring: Path) -> None:
    with pytest.raises(TypeError, match="is the path of a file"):
        load(spring, path="other.yaml")


def test_a_json_text_may_have_a_single_line() -> None:
    text = '{"version": 1, "jobs": [{"id": "a", "operation": "vidu/reference2image", '
    text += '"model": "viduq2", "prompt": "a boat"}]}'
    assert [job.id for job in load(text, path="m.json")] == ["a"]


def test_every_problem_is_a_record_with_its_place() -> None:
    with pytest.raises(ManifestError) as caught:
        load(WRONG, path="spring.yaml")
    problems = caught.value.problems
    found = {(each.line, each.column, each.message) for each in problems}
    assert (5, 13, 'unknown parameter "prmpt" of vidu/reference2image') in found
    assert len(found) == len(problems) >= 2
    assert {(each.severity, each.file, each.job) for each in problems} == {
        ("error", "spring.yaml", "b")
    }
    hints = [each.hint for each in problems if each.column == 13]
    assert hints == ['did you mean "prompt"?']
    assert caught.value.exit == 3


def test_a_missing_file_is_a_problem() -> None:
    with pytest.raises(ManifestError) as caught:
        load("spring.yaml")
    assert str(caught.value.problems[0]) == "spring.yaml: error: there is no such file"


def test_loading_and_planning_write_nothing(spring: Path, folder: Path) -> None:
    plan(load(spring), emulate=True)
    assert list(folder.iterdir()) == [spring]


def test_expressions_read_the_environment_that_is_given() -> None:
    text = TWO.replace("version: 1", "version: 1\nenv: [HERO]").replace(
        "a red boat", '"${{ env.HERO }}"'
    )
    manifest = load(text, environ={"HERO": "a cat"})
    assert manifest.jobs[0].parameters["prompt"] == "a cat"
    assert "HERO" not in os.environ
    entries = plan(manifest, emulate=True, environ={"HERO": "a dog"}).entries
    assert entries[0].job.parameters["prompt"] == "a dog"
