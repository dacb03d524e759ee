"""Writing: the file is whole, and changes only with the results."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from runner.documents.files import load
from runner.errors import Exit, OutputError
from runner.model.outcomes import Outcome, State
from runner.model.reasons import Reason, ReasonCode
from runner.results.rows import Header, head, row
from runner.results.write import write_results

MakeOutcome = Callable[..., Outcome]
SCHEMA = Path(__file__).parents[2] / "schemas" / "results.schema.json"
NAMES = ["spring.results.yaml", "spring.results.json"]


@pytest.fixture(params=NAMES)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


@pytest.fixture
def later(header: Header) -> Header:
    return replace(
        header,
        run="20261120T120000Z-00000002",
        started_at="2026-11-20T12:00:00Z",
        finished_at="2026-11-20T12:00:01Z",
    )


def read(path: Path) -> Any:
    text = path.read_text("utf-8")
    return json.loads(text) if path.suffix == ".json" else load(text)


@pytest.mark.parametrize("jobs", [0, 1, 3])
def test_a_results_manifest_is_valid_and_has_all_rows_in_order(
    path: Path, header: Header, outcome: MakeOutcome, jobs: int
) -> None:
    outcomes = [outcome(f"job{n}") for n in range(jobs)]
    removed = [row(outcome(f"gone{n}"), path.parent) for n in range(jobs)]
    assert write_results(path, header, outcomes, removed)
    document = read(path)
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(document)
    assert document == {
        **head(header, outcomes),
        "jobs": [row(each, path.parent) for each in outcomes],
        "removed": removed,
    }
    assert list(document) == ["version", "manifest", "run", "totals", "jobs", "removed"]


def test_json_is_formatted_like_json_dumps(
    tmp_path: Path, header: Header, outcome: MakeOutcome
) -> None:
    path = tmp_path / "r.json"
    write_results(path, header, [outcome("a"), outcome("b")])
    text = path.read_text("utf-8")
    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"


def test_only_the_results_are_left_in_the_folder(
    path: Path, header: Header, outcome: MakeOutcome
) -> None:
    write_results(path, header, [outcome()])
    write_results(path, header, [outcome()])
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_run_that_changes_nothing_leaves_the_file_untouched(
    path: Path, header: Header, later: Header, outcome: MakeOutcome
) -> None:
    write_results(path, header, [outcome("a"), outcome("b")])
    before = (path.read_bytes(), path.stat().st_ino)
    reason = Reason(ReasonCode.DONE, "done\n\nand\n  there")
    again = [outcome(name, reused=True, reason=reason) for name in "ab"]
    assert not write_results(path, later, again)
    assert (path.read_bytes(), path.stat().st_ino) == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def of_entry(outcome: Outcome, **axes: Any) -> Outcome:
    """The outcome of a job whose entry has several jobs."""
    return replace(outcome, job=replace(outcome.job, draft=replace(outcome.job.draft, **axes)))


SEVERAL = {"matrix": {"look": "noir\n\nno:\n  - ir", "size": [1, 2]}, "has_takes": True}


def test_a_file_without_axes_stays_if_nothing_else_changes(
    path: Path, header: Header, later: Header, outcome: MakeOutcome
) -> None:
    write_results(path, header, [outcome("a"), outcome("b")])
    before = path.read_bytes()
    new = [of_entry(outcome("a"), **SEVERAL), of_entry(outcome("b"), has_takes=True)]
    assert not write_results(path, later, new)
    assert path.read_bytes() == before


def test_axes_come_with_another_change(
    path: Path, header: Header, later: Header, outcome: MakeOutcome
) -> None:
    write_results(path, header, [outcome("a"), outcome("b")])
    new = [of_entry(outcome("a"), **SEVERAL), outcome("b", credits=7)]
    assert write_results(path, later, new)
    assert read(path)["jobs"][0]["axes"] == {"matrix": SEVERAL["matrix"], "take": 1}


def test_other_axes_are_a_change(
    path: Path, header: Header, later: Header, outcome: MakeOutcome
) -> None:
    write_results(path, header, [of_entry(outcome(), matrix={"look": "noir"})])
    assert not write_results(path, later, [of_entry(outcome(), matrix={"look": "noir"})])
    assert write_results(path, later, [of_entry(outcome(), matrix={"look": "red"})])
    assert write_results(path, header, [outcome()])


CHANGES: list[dict[str, Any]] = [
    {"credits": 7},
    {"state": State.PENDING},
    {"urls": ("https://fresh",)},
    {"usage": {"reused": 1}},
    {"attempts": 2},
]


@pytest.mark.parametrize("change", CHANGES)
def test_any_other_change_is_written(
    path: Path, header: Header, later: Header, outcome: MakeOutcome, change: dict[str, Any]
) -> None:
    write_results(path, header, [outcome("a"), outcome("b")])
    assert write_results(path, later, [outcome("a"), outcome("b", **change)])
    assert read(path)["run"]["id"] == later.run


def test_an_added_or_removed_row_is_a_change(
    path: Path, header: Header, later: Header, outcome: MakeOutcome
) -> None:
    write_results(path, header, [outcome("a")])
    assert write_results(path, later, [outcome("a")], [row(outcome("b"), path.parent)])
    assert write_results(path, header, [outcome("a")])


def test_a_changed_manifest_is_a_change(
    path: Path, header: Header, later: Header, outcome: MakeOutcome
) -> None:
    write_results(path, header, [outcome()])
    assert write_results(path, replace(later, sha256="c" * 64), [outcome()])


def test_an_unfinished_file_of_the_same_run_is_completed(
    path: Path, header: Header, outcome: MakeOutcome
) -> None:
    write_results(path, replace(header, finished_at=None, exit_code=None), [outcome()])
    assert read(path)["run"]["finished_at"] is None
    assert write_results(path, header, [outcome()])
    assert read(path)["run"]["exit_code"] == 0


def test_two_concurrent_runs_leave_one_whole_file(
    path: Path, header: Header, outcome: MakeOutcome
) -> None:
    def write(n: int) -> bool:
        run = replace(header, run=f"run-{n}")
        return write_results(path, run, [outcome(f"job{n}-{m}") for m in range(30)])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(write, range(24)))
    document = read(path)
    number = document["run"]["id"].removeprefix("run-")
    assert [each["id"] for each in document["jobs"]] == [f"job{number}-{m}" for m in range(30)]
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_missing_folder_is_created(tmp_path: Path, header: Header, outcome: MakeOutcome) -> None:
    path = tmp_path / "a" / "b" / "r.yaml"
    assert write_results(path, header, [outcome()])
    assert path.exists()


def test_an_unwritable_path_is_an_error_and_the_old_file_stays(
    path: Path, header: Header, outcome: MakeOutcome
) -> None:
    blocked = path / "r.yaml"
    path.write_text("a file where a folder should be")
    with pytest.raises(OutputError, match="cannot be written") as caught:
        write_results(blocked, header, [outcome()])
    assert caught.value.exit is Exit.INCOMPLETE
    assert "-o" in (caught.value.hint or "")
    assert path.read_text() == "a file where a folder should be"


def test_a_write_that_fails_leaves_the_old_file_whole(
    path: Path, header: Header, later: Header, outcome: MakeOutcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_results(path, header, [outcome("a")])
    before = path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match="No space left"):
            write_results(path, later, [outcome("b")])
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_lone_surrogate_does_not_stop_the_results(
    path: Path, header: Header, outcome: MakeOutcome
) -> None:
    assert write_results(path, header, [outcome(task_id="9\ud800")])
    assert read(path)["jobs"][0]["task_id"] in {"9?", "9\ufffd"}


LOOKALIKES = ["reason:", "reused: true", "  reused: 1", "run:", "a: b\n\nreason: c"]
TEXTS = st.text() | st.lists(st.sampled_from(LOOKALIKES), min_size=1).map("\n".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(texts=st.tuples(TEXTS, TEXTS))
def test_no_prompt_hides_a_change(
    path: Path, header: Header, later: Header, outcome: MakeOutcome, texts: tuple[str, str]
) -> None:
    made = outcome()
    before, after = (
        replace(made, job=replace(made.job, parameters={"prompt": text, "x": text}))
        for text in texts
    )
    path.unlink(missing_ok=True)
    write_results(path, header, [before])
    assert write_results(path, later, [after]) == (texts[0] != texts[1])
