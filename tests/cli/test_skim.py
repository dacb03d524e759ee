"""Skim: ids and tags by the lines of a manifest alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.cli.skim import MAX_BYTES, skim
from runner.commands.example_files import examples_folder
from runner.commands.load import read_manifests
from runner.commands.options import Options

MANIFEST = """
version: 1
defaults: {id: not-a-job, tags: [none]}
jobs:
  - id: window # the first one
    prompt: |
      id: no
      - id: no
    tags: [cat, "早晨"]

  - prompt: a cat
    id: "quoted"
    subjects:
      - id: neither
        tags: [nor]
    tags:
      - cat
      - dog
  - {operation: vidu/reference2image, id: flow, tags: [bird], images: [{id: nor-this}]}
  # - id: commented
  - id: look-${{ matrix.style }}
    tags: ["${{ matrix.style }}", drawn]
providers:
  vidu: {id: other}
"""


def test_ids_and_tags_are_those_of_jobs(tmp_path: Path) -> None:
    path = tmp_path / "spring.yaml"
    path.write_text(MANIFEST, encoding="utf-8")
    ids, tags = skim(path)
    assert ids == ["window", "quoted", "flow"]
    assert tags == ["cat", "早晨", "dog", "bird", "drawn"]


def test_results_beside_it_have_what_expressions_amount_to(tmp_path: Path) -> None:
    path = tmp_path / "spring.yaml"
    path.write_text("jobs:\n  - id: look-${{ matrix.style }}\n", encoding="utf-8")
    for kind, name in (("", "look-noir"), (".emulated", "look-水墨")):
        rows = f"version: 1\njobs:\n- id: {name}\n  state: succeeded\nremoved:\n- id: gone\n"
        (tmp_path / f"spring{kind}.results.yaml").write_text(rows, encoding="utf-8")
    assert skim(path)[0] == ["look-noir", "look-水墨"]


@pytest.mark.parametrize("name", ["quickstart", "storyboard", "film"])
def test_the_ids_of_examples_are_all_found(name: str) -> None:
    path = examples_folder() / f"{name}.yaml"
    (manifest,) = read_manifests(Options(manifests=(path,), progress="none", dry=True))
    jobs = [job.draft for job in manifest.jobs]
    ids, tags = skim(path)
    assert ids == [job.id for job in jobs]
    assert {*tags} == {tag for job in jobs for tag in job.tags}


@pytest.mark.parametrize("text", ["", "jobs:", "jobs: []", "jobs:\n  - ", "\0\xff", "[1, 2"])
def test_what_is_no_manifest_has_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "spring.yaml"
    path.write_text(text, encoding="latin-1")
    assert skim(path) == ([], [])


def test_of_a_large_file_only_the_beginning_is_read(tmp_path: Path) -> None:
    path = tmp_path / "spring.yaml"
    many = (f"  - {{id: a{n}, prompt: a cat}}\n" for n in range(100_000))
    path.write_text("jobs:\n" + "".join(many), encoding="utf-8")
    assert path.stat().st_size > MAX_BYTES
    ids, _ = skim(path)
    assert 10_000 < len(ids) < 100_000
