"""Row filter: which rows are left out unparsed."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.documents.dump import dump
from runner.documents.files import load
from runner.model.outcomes import Outcome
from runner.results.evidence import read_results
from runner.results.row_filter import JSON, YAML, filter_rows
from runner.results.rows import Header, row
from runner.results.write import write_results
from tests.results.conftest import document

MakeOutcome = Callable[..., Outcome]


@pytest.fixture(params=["r.yaml", "r.json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


def filtered(path: Path, *skipped: str) -> dict[str, Any]:
    layout = JSON if path.suffix == ".json" else YAML
    with path.open("rb") as file:
        text = filter_rows(file, layout, lambda job, _: job in skipped)[0].decode()
    document = json.loads(text) if path.suffix == ".json" else load(text)
    assert isinstance(document, dict)
    return document


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [each["id"] for each in rows]


def test_rows_to_skip_are_left_out(path: Path, header: Header, outcome: MakeOutcome) -> None:
    gone = [row(outcome(name), path.parent) for name in ("x", "y")]
    write_results(path, header, [outcome(name) for name in "abcd"], gone)
    found = filtered(path, "a", "c", "x")
    assert (ids(found["jobs"]), ids(found["removed"])) == (["b", "d"], ["y"])


def test_the_last_row_of_a_list_stays(path: Path, header: Header, outcome: MakeOutcome) -> None:
    gone = [row(outcome("x"), path.parent)]
    write_results(path, header, [outcome("a"), outcome("b")], gone)
    found = filtered(path, "a", "b", "x")
    assert (ids(found["jobs"]), ids(found["removed"])) == (["b"], ["x"])


def test_the_predicate_gets_id_and_fingerprint(
    path: Path, header: Header, outcome: MakeOutcome
) -> None:
    write_results(path, header, [outcome("a"), outcome("b")])
    asked: list[tuple[str, str]] = []

    def skipped(job: str, fingerprint: str) -> bool:
        asked.append((job, fingerprint))
        return False

    with path.open("rb") as file:
        layout = JSON if path.suffix == ".json" else YAML
        filter_rows(file, layout, skipped)
    assert asked == [("a", "61".rjust(64, "0"))]


@pytest.mark.parametrize(
    "marks",
    [
        "<<<<<<< ours\n",
        "=======\n",
        "  stray: 1\n",
        "# a comment\n",
    ],
)
def test_an_unusual_row_is_left_to_the_parser(
    tmp_path: Path, header: Header, outcome: MakeOutcome, marks: str
) -> None:
    path = tmp_path / "r.yaml"
    write_results(path, header, [outcome("a"), outcome("b")])
    lines = path.read_text("utf-8").splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if line.startswith("    state"))
    path.write_text("".join([*lines[:at], marks, *lines[at:]]), "utf-8")
    with path.open("rb") as file:
        assert marks.encode() in filter_rows(file, YAML, lambda *_: True)[0]


def test_a_row_with_two_fingerprints_is_left_to_the_parser(
    tmp_path: Path, header: Header, outcome: MakeOutcome
) -> None:
    path = tmp_path / "r.yaml"
    write_results(path, header, [outcome("a"), outcome("b")])
    text = path.read_text("utf-8").replace("    state:", f"    fingerprint: {'f' * 64}\n    state:")
    path.write_text(text, "utf-8")
    with path.open("rb") as file:
        assert filter_rows(file, YAML, lambda *_: True)[0].decode() == text


def test_rows_of_another_layout_are_not_filtered(tmp_path: Path, outcome: MakeOutcome) -> None:
    path = tmp_path / "r.yaml"
    rows = [row(outcome(name), tmp_path) for name in "ab"]
    path.write_text(json.dumps(document(rows)), "utf-8")
    earlier = read_results(path, skip=lambda *_: True)
    assert ids([dict(each) for each in earlier.rows]) == ["a", "b"]


def test_a_file_that_is_invalid_without_some_rows_is_read_whole(
    tmp_path: Path, outcome: MakeOutcome
) -> None:
    path = tmp_path / "r.yaml"
    rows = [row(outcome(name), tmp_path) for name in "ab"]
    first, second = dump(document(rows)).split("  - id: b\n")
    first = re.sub(r"urls:\n.*", "urls: &shared [https://a]", first)
    second = re.sub(r"urls:\n.*", "urls: *shared", second)
    path.write_text(f"{first}  - id: b\n{second}", "utf-8")
    earlier = read_results(path, skip=lambda job, _: job == "a")
    assert earlier.diagnostics == ()
    assert [(proof.job, proof.task.urls) for proof in earlier.evidence] == [
        ("a", ("https://a",)),
        ("b", ("https://a",)),
    ]


@given(blocks=st.lists(st.text(st.sampled_from("\n  - {id:\"a'é"), max_size=40), max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_that_are_not_skipped_keep_every_byte(blocks: list[str]) -> None:
    text = dump({"version": 1, "jobs": [{"id": "a", "prompt": text} for text in blocks]}).encode()
    for layout in (YAML, JSON):
        assert filter_rows(io.BytesIO(text), layout, lambda *_: False) == (text, 0)
        assert filter_rows(io.BytesIO(text), layout, lambda *_: True) == (text, 0)


def test_a_file_without_rows_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_bytes(b"x" * (20 << 20))
    with path.open("rb") as file:
        assert len(filter_rows(file, YAML, lambda *_: True)[0]) == 20 << 20
