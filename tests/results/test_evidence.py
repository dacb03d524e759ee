"""Evidence: what an earlier results manifest proves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runner.documents.dump import dump
from runner.model.file_facts import FileFacts, ResultWarning
from runner.model.operations import Amount
from runner.model.outcomes import Outcome, State
from runner.model.plans import Evidence
from runner.model.requests import INCOMPLETE, RESULT_GONE, Billed, ErrorClass, JobError, Shortfall
from runner.model.tasks import TaskFacts
from runner.results.evidence import read_results
from runner.results.rows import Header, row
from runner.results.write import write_results
from tests.results.conftest import document

MakeOutcome = Callable[..., Outcome]


@pytest.fixture(params=["r.yaml", "r.json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


def fingerprint(name: str) -> str:
    return name.encode().hex().rjust(64, "0")


def test_written_results_are_read_as_evidence(
    path: Path, header: Header, outcome: MakeOutcome
) -> None:
    made = outcome(usage={"duration": 5}, estimated=Amount(unit="cny", value=Decimal("1.41")))
    write_results(path, header, [made])
    earlier = read_results(path)
    assert earlier.diagnostics == ()
    assert earlier.evidence == (
        Evidence(
            job="window",
            fingerprint=made.job.fingerprint,
            state=State.SUCCEEDED,
            task=replace(made.task, cost=made.task.actual),
            estimated=made.estimated,
            files=made.files,
            attempts=1,
        ),
    )


def test_facts_labels_and_warnings_are_read_back(
    path: Path, header: Header, outcome: MakeOutcome
) -> None:
    (file,) = outcome().files
    facts = FileFacts(width=1280, height=720, seconds=5.04, labels=("aigc",))
    warning = ResultWarning(code="wrong_duration", message="5.04 s instead of 8 s")
    made = replace(file, facts=facts, warnings=(warning,))
    short = Shortfall(code=INCOMPLETE, message="one of two")
    write_results(path, header, [outcome(files=(made, file), shortfall=short)])
    (proof,) = read_results(path).evidence
    assert (proof.files, proof.shortfall) == ((made, file), short)


def test_only_what_may_have_been_paid_for_is_evidence(
    path: Path, header: Header, outcome: MakeOutcome
) -> None:
    outcomes = [
        outcome("done"),
        outcome("going", state=State.PENDING, files=()),
        outcome("lost sight of", state=State.AMBIGUOUS, files=()),
        outcome("unknown", state=State.AMBIGUOUS, task_id=None, urls=()),
        outcome("waiting", state=State.PENDING, task_id=None, submitted_at=None, files=()),
        outcome("refused", state=State.FAILED, files=()),
        outcome("left out", state=State.SKIPPED, files=()),
    ]
    write_results(path, header, outcomes)
    found = read_results(path)
    assert {proof.job: proof.state for proof in found.evidence} == {
        "done": State.SUCCEEDED,
        "going": State.PENDING,
        "lost sight of": State.PENDING,
        "unknown": State.AMBIGUOUS,
    }


def test_a_result_that_is_gone_was_paid_for(
    path: Path, header: Header, outcome: MakeOutcome
) -> None:
    error = JobError(
        code=RESULT_GONE, message="gone", class_=ErrorClass.PROVIDER, billed=Billed.YES
    )
    write_results(path, header, [outcome("a", state=State.FAILED, error=error, files=())])
    (proof,) = read_results(path).evidence
    assert proof.state is State.SUCCEEDED


def test_a_removed_job_is_evidence_too(path: Path, header: Header, outcome: MakeOutcome) -> None:
    write_results(path, header, [], [row(outcome("gone"), path.parent)])
    assert [proof.fingerprint for proof in read_results(path).evidence] == [fingerprint("gone")]


def test_the_surest_evidence_comes_first(tmp_path: Path, outcome: MakeOutcome) -> None:
    rows = [
        row(outcome("a", state=state, credits=number), tmp_path)
        for state, number in [(State.AMBIGUOUS, 1), (State.SUCCEEDED, 2), (State.SUCCEEDED, 3)]
    ]
    path = tmp_path / "r.yaml"
    path.write_text(dump(document(rows)), encoding="utf-8")
    assert [proof.task.credits for proof in read_results(path).evidence] == [2, 3, 1]


def test_rows_of_removed_jobs_are_kept_once(
    path: Path, header: Header, outcome: MakeOutcome
) -> None:
    gone = [row(outcome(name), path.parent) for name in ("b", "c", "d")]
    write_results(path, header, [outcome("a"), outcome("b")], gone)
    earlier = read_results(path)
    assert [each["id"] for each in earlier.removed({"a", "c"})] == ["b", "d"]


def test_a_missing_results_manifest_is_no_evidence(path: Path) -> None:
    earlier = read_results(path)
    assert (earlier.rows, earlier.evidence, earlier.diagnostics) == ((), (), ())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "is damaged"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"", "is empty"),
        (b"\0" * 9, "is empty"),
        (b"[1]", "was not written by vidu-run"),
        (b'{"version": 1}', "was not written by vidu-run"),
        (b'{"version": 2, "jobs": []}', "has version 2, not 1"),
        (b"[" * 100_000, "is damaged"),
        (b'{"version": 1, "jobs": ' + b"1" * 10_000 + b"}", "is "),
    ],
)
def test_a_file_that_is_not_a_results_manifest_is_a_warning(
    path: Path, content: bytes, words: str
) -> None:
    path.write_bytes(content)
    earlier = read_results(path)
    (problem,) = earlier.diagnostics
    assert problem.warning
    assert words in problem.message
    assert earlier.evidence == ()


def cut_before(path: Path, job: str) -> None:
    """Cut the YAML file off before the row of that job."""
    text = path.read_text("utf-8")
    path.write_text(text[: text.index(f"  - id: {job}\n")], "utf-8")


@pytest.mark.parametrize("skipped", ["", "a"])
def test_a_file_cut_between_rows_is_incomplete(
    tmp_path: Path, header: Header, outcome: MakeOutcome, skipped: str
) -> None:
    path = tmp_path / "r.yaml"
    write_results(path, header, [outcome(name) for name in "abc"])
    cut_before(path, "c")
    earlier = read_results(path, skip=lambda job, _: job in skipped)
    (problem,) = earlier.diagnostics
    assert "the results manifest is incomplete: 2 of 3 jobs (see totals.jobs)" in problem.message
    assert earlier.evidence == ()


def test_a_file_cut_after_the_last_job_is_incomplete(
    tmp_path: Path, header: Header, outcome: MakeOutcome
) -> None:
    path = tmp_path / "r.yaml"
    write_results(path, header, [outcome("a")], [row(outcome("b"), tmp_path)])
    for cut in ("removed:", "  - id: b"):
        text = path.read_text("utf-8")
        path.write_text(text[: text.index(cut)], "utf-8")
        (problem,) = read_results(path).diagnostics
        assert "is incomplete: its end, the list `removed`, is missing" in problem.message
        write_results(path, header, [outcome("a")], [row(outcome("b"), tmp_path)])


def test_more_rows_than_the_totals_count_are_a_warning(
    tmp_path: Path, header: Header, outcome: MakeOutcome
) -> None:
    path = tmp_path / "r.yaml"
    write_results(path, header, [outcome("a"), outcome("b")])
    path.write_text(path.read_text("utf-8").replace("  jobs: 2\n", "  jobs: 1\n"), "utf-8")
    (problem,) = read_results(path).diagnostics
    assert "has 2 jobs, but totals.jobs is 1" in problem.message


def test_skipped_rows_count_as_present(path: Path, header: Header, outcome: MakeOutcome) -> None:
    gone = [row(outcome(name), path.parent) for name in ("x", "y")]
    write_results(path, header, [outcome(name) for name in "abc"], gone)
    earlier = read_results(path, skip=lambda job, _: job in "abx")
    assert earlier.diagnostics == ()
    assert [each["id"] for each in earlier.rows] == ["c", "y"]


def test_an_unreadable_results_manifest_is_a_warning(path: Path) -> None:
    path.mkdir()
    (problem,) = read_results(path).diagnostics
    assert "cannot be read: Is a directory" in problem.message


ODD_ROWS: list[tuple[Any, str]] = [
    (None, "its row 1 has no id"),
    ("row", "its row 1 has no id"),
    ({"id": ""}, "its row 1 has no id"),
    ({"state": None}, 'the row of "x" has no valid state'),
    ({"state": ["succeeded"]}, 'the row of "x" has no valid state'),
    ({"state": "succeded"}, 'the row of "x" has no valid state'),
    ({"fingerprint": None}, 'the row of "x" has no valid fingerprint'),
    ({"fingerprint": "a" * 63}, 'the row of "x" has no valid fingerprint'),
    ({"state": "failed"}, 'the row of "x" is failed, but has files'),
    ({"state": "pending", "task_id": True}, 'the row of "x" has no valid task_id'),
    ({"state": "pending", "task_id": None}, 'the row of "x" was submitted, but has no task_id'),
]


@pytest.mark.parametrize(("odd", "words"), ODD_ROWS)
def test_a_row_that_hides_the_fate_of_its_job_is_damage(
    tmp_path: Path, outcome: MakeOutcome, odd: Any, words: str
) -> None:
    path = tmp_path / "r.yaml"
    first = {**row(outcome("x"), tmp_path), **odd} if isinstance(odd, dict) else odd
    rows = [first, row(outcome("a"), tmp_path)]
    path.write_text(dump(document(rows)), encoding="utf-8")
    earlier = read_results(path)
    assert earlier.evidence == ()
    assert f"the results manifest is damaged: {words}" in earlier.diagnostics[0].message


@pytest.mark.parametrize("key", ["state", "fingerprint", "task_id", "files", "error"])
def test_a_row_without_a_key_is_damage(tmp_path: Path, outcome: MakeOutcome, key: str) -> None:
    path = tmp_path / "r.yaml"
    lacking = row(outcome("x"), tmp_path)
    del lacking[key]
    path.write_text(dump(document([], [lacking])), encoding="utf-8")
    assert 'the row of "x" has no ' in read_results(path).diagnostics[0].message


def test_invalid_values_of_a_row_count_as_unknown(tmp_path: Path, outcome: MakeOutcome) -> None:
    path = tmp_path / "r.yaml"
    odd = {
        **row(outcome("x"), tmp_path),
        "task_id": 911092490931552256,
        "seed": "1",
        "credits": True,
        "cost": {"actual": {"credits": True}},
        "usage": 5,
        "urls": [1, "https://a"],
        "files": [{"path": "a.png", "sha256": "a", "bytes": 1, "media_type": "image/png"}, {}],
        "attempts": 1 << 64,
        "submitted_at": 1,
        "finished_at": None,
    }
    path.write_text(dump(document([odd])), encoding="utf-8")
    (proof,) = read_results(path).evidence
    assert proof.task == TaskFacts(id="911092490931552256", urls=("https://a",))
    assert (proof.files, proof.attempts) == ((), 1)


@pytest.mark.parametrize("name", ["a\0.png", "a" * 5000])
def test_a_path_that_no_system_accepts_is_no_file(
    tmp_path: Path, outcome: MakeOutcome, name: str
) -> None:
    path = tmp_path / "r.json"
    odd = row(outcome("x"), tmp_path)
    odd["files"][0]["path"] = name
    path.write_text(json.dumps(document([odd])), encoding="utf-8")
    (proof,) = read_results(path).evidence
    assert proof.files == ()


def test_a_damaged_yaml_manifest_is_reported_at_its_line(path: Path) -> None:
    yaml = path.with_suffix(".yaml")
    yaml.write_text("version: 1\njobs: [\n")
    (problem,) = read_results(yaml).diagnostics
    assert problem.location is not None
    assert (problem.location.path, problem.location.line) == (str(yaml), 3)
