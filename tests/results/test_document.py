"""Results documents: what is one, what is whole, and what damage is seen."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.model.outcomes import Outcome
from runner.results.document import is_results, named_manifest, read_document
from runner.results.evidence import read_results
from runner.results.rows import Header
from runner.results.write import write_results
from tests.mutation import ROUNDS
from tests.results.conftest import make_outcome, write_all

MakeOutcome = Callable[..., Outcome]

STEP = 1 if ROUNDS > 10_000 else 37
"""Of the lengths at which a file is cut, where it is not near its end."""


@pytest.mark.parametrize("name", ["r.yaml", "r.json"])
@pytest.mark.parametrize("removed", [True, False])
def test_every_cut_is_seen_or_loses_nothing(
    tmp_path: Path, header: Header, name: str, removed: bool
) -> None:
    path = tmp_path / name
    if removed:
        write_all(path, header)
    else:
        write_results(path, header, [make_outcome(tmp_path, each) for each in "ab"])
    whole, content = read_results(path), path.read_bytes()
    near_end = len(content) - 150
    lengths = [*range(0, near_end, STEP), *range(near_end, len(content))]
    for length in lengths:
        path.write_bytes(content[:length])
        cut = read_results(path)
        assert cut.recognized, length
        assert cut.diagnostics or cut.rows == whole.rows, length
    path.write_bytes(content)
    assert not whole.diagnostics


def test_a_cut_is_seen_where_the_ledger_knows_the_rows(tmp_path: Path, header: Header) -> None:
    path = tmp_path / "r.yaml"
    write_all(path, header)
    content = path.read_bytes()
    for length in range(content.index(b"removed:"), len(content) - 5, 5 * STEP):
        path.write_bytes(content[:length])
        assert read_results(path, skip=lambda job, _: len(job) == 2).diagnostics, length


def test_a_file_without_the_end_of_removed_is_an_older_one(tmp_path: Path, header: Header) -> None:
    path = tmp_path / "r.yaml"
    write_all(path, header)
    rows, text = read_results(path).rows, path.read_text("utf-8")
    older = text.replace('removed:  # to the end of the document, "..."', "removed:")
    path.write_text(older.removesuffix("...\n"), "utf-8")
    assert read_results(path).rows == rows


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_whole_file_survives_an_editor(tmp_path: Path, header: Header, newline: str) -> None:
    path = tmp_path / "r.yaml"
    write_all(path, header)
    rows, text = read_results(path).rows, path.read_text("utf-8")
    edited = "\ufeff" + text.removesuffix("\n").replace("\n", newline)
    path.write_bytes(edited.encode())
    assert read_results(path).rows == rows


@pytest.mark.parametrize("name", ["r.yaml", "r.json"])
def test_merge_conflict_markers_are_named_with_their_line(
    tmp_path: Path, header: Header, name: str
) -> None:
    path = tmp_path / name
    write_all(path, header)
    lines = path.read_text("utf-8").splitlines(keepends=True)
    marked = [*lines[:8], "<<<<<<< HEAD\n", lines[8], "=======\n", lines[8], ">>>>>>> b\n"]
    path.write_text("".join([*marked, *lines[9:]]), "utf-8")
    (problem,) = read_results(path).diagnostics
    assert "is damaged: a merge conflict is not resolved here" in problem.message
    assert problem.location is not None
    assert problem.location.line == 9


def test_a_git_lfs_pointer_is_named(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 9\n")
    (problem,) = read_results(path).diagnostics
    assert "is a Git LFS pointer: run `git lfs pull`" in problem.message


def test_the_manifest_of_a_results_manifest_is_read(tmp_path: Path, header: Header) -> None:
    for name in ("r.yaml", "r.json"):
        path = tmp_path / name
        write_results(path, header, [make_outcome(tmp_path)])
        assert named_manifest(path.read_bytes()) == "spring.yaml"
        assert read_results(path).manifest == "spring.yaml"


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\njobs:\n  - {id: a, prompt: x}\n",
        "version: 1\nrun: {concurrency: 1}\njobs: []\n",
        '{"version": 1, "jobs": []}',
        "#!/bin/sh\necho hi\n",
    ],
)
def test_other_files_are_no_results_manifests(tmp_path: Path, text: str) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(text)
    assert not is_results(text.encode())
    assert named_manifest(text.encode()) is None
    assert not read_document(path, None).recognized


def test_sorted_keys_do_not_hide_a_results_manifest(tmp_path: Path, header: Header) -> None:
    path = tmp_path / "r.json"
    write_all(path, header)
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")), sort_keys=True))
    assert read_document(path, None).recognized


@pytest.mark.parametrize(("text", "damaged"), [("\\ud83d", True), ("\\ud83d\\ude00", False)])
def test_half_of_a_surrogate_pair_in_json_is_damage(
    tmp_path: Path, header: Header, text: str, damaged: bool
) -> None:
    path = tmp_path / "r.json"
    write_all(path, header)
    path.write_text(path.read_text("utf-8").replace('"hero"', f'"{text}"'), "utf-8")
    assert bool(read_results(path).diagnostics) is damaged


def test_a_key_twice_in_json_is_damage(tmp_path: Path, header: Header) -> None:
    path = tmp_path / "r.json"
    write_all(path, header)
    text = path.read_text("utf-8").replace('"id": "b",', '"id": "b", "id": "c",')
    path.write_text(text, "utf-8")
    (problem,) = read_results(path).diagnostics
    assert 'is damaged: it has "id" twice' in problem.message


def test_a_pipe_is_rejected_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "m.results.yaml")
    found = read_document(tmp_path / "m.results.yaml", None)
    assert found.problem == "cannot be read: it is not a regular file"
