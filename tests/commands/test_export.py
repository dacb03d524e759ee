"""`vidu-run export`: to standard output and to files, of what is there, and of what is not."""

from __future__ import annotations

import csv
import io
import json
import resource
import signal
from pathlib import Path
from typing import Any

import pytest

from runner.export.formats import ENDINGS, Format
from tests.builders import file_entry, image_bytes, result_row, results_document
from tests.commands.conftest import Project

TWO = """
  - {id: a, prompt: 一只小猫, seed: 7, tags: [hero]}
  - {id: b, prompt: "=1+1", seed: 8}
"""


def written(project: Project, *rows: dict[str, Any]) -> None:
    """Results of spring.yaml, without a ledger and without the manifest."""
    project.write(json.dumps(results_document(rows), indent=2), "spring.results.yaml")


def marks(project: Project, name: str = "spring.marks.yaml", mark: str = "picked") -> None:
    fingerprint = result_row("a")["fingerprint"]
    line = f'{{id: a, fingerprint: "{fingerprint}", mark: {mark}, stars: 4, note: 手指}}'
    project.write(f"version: 1\nmarks:\n  - {line}\n", name)


def table(text: str) -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}


@pytest.fixture
def made(project: Project) -> Project:
    """A project with results of two jobs."""
    written(
        project,
        result_row("a", tags=["hero"], prompt="一只小猫"),
        result_row("b", prompt="=1+1", state="pending", reason="over budget"),
    )
    return project


def test_a_run_is_exported_from_its_results(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    ran = online.run("export", "spring.yaml", "--format", "csv")
    assert (ran.code, ran.err) == (0, "")
    rows = table(ran.out)
    assert (rows["a"]["prompt"], rows["b"]["prompt"]) == ("一只小猫", "'=1+1")
    ran = online.run("export", "spring.yaml", "--format", "json")
    assert json.loads(ran.out) == online.results()["jobs"]


def test_without_results_it_says_so_and_exits_as_report_does(project: Project) -> None:
    project.jobs(TWO)
    ran = project.run("export", "spring.yaml", "--format", "csv")
    assert ran.code == project.run("report", "spring.yaml").code == 2
    assert "nothing of spring.yaml has been made yet" in ran.err


def test_a_rehearsal_is_exported_by_its_own_flag(made: Project) -> None:
    results = made.folder / "spring.results.yaml"
    results.rename(made.folder / "spring.emulated.results.yaml")
    assert made.run("export", "spring.yaml", "--emulate", "--format", "jsonl").code == 0
    assert made.run("export", "spring.emulated.results.yaml", "--format", "jsonl").code == 0


def test_other_results_are_named_as_for_other_verbs(made: Project) -> None:
    (made.folder / "spring.results.yaml").rename(made.folder / "o.yaml")
    assert made.run("export", "spring.yaml", "-o", "o.yaml", "--format", "json").code == 0


# ------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize(("ending", "form"), ENDINGS.items())
def test_the_ending_of_the_file_decides(made: Project, ending: str, form: Format) -> None:
    ran = made.run("export", "spring.yaml", "--to", f"out{ending}")
    assert (ran.code, ran.out, ran.err) == (0, "", f"out{ending}: 2 jobs\n")
    in_file = (made.folder / f"out{ending}").read_bytes()
    shown = made.run("export", "spring.yaml", "--format", form.value).out
    assert in_file.decode("utf-8-sig") == shown
    assert in_file.startswith(b"\xef\xbb\xbf") == (form is Format.CSV)


def test_the_format_that_is_named_counts_more(made: Project) -> None:
    assert made.run("export", "spring.yaml", "--to", "a.csv", "--format", "json").code == 0
    assert json.loads((made.folder / "a.csv").read_bytes())


def test_an_earlier_export_is_replaced(made: Project) -> None:
    made.write("old", "out.csv")
    assert made.run("export", "spring.yaml", "--to", "out.csv").code == 0
    assert (made.folder / "out.csv").read_bytes() != b"old"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--format is missing"),
        (("--to", "out"), "ends in no known format"),
        (("--to", "gone/out.csv"), "there is no folder gone"),
        (("--to", "spring.results.yaml/out.csv"), "is not a folder"),
        (("--to", ".", "--format", "csv"), "is a folder"),
        (("--to", "/dev/null", "--format", "csv"), "is not a regular file"),
        (("--to", "~/out.csv"), "is not expanded"),
        (("--to", "$HOME/out.csv"), "is not expanded"),
        (("--to", "spring.yaml", "--format", "csv"), "is the manifest itself"),
        (("--to", "./spring.yaml", "--format", "csv"), "is the manifest itself"),
        (("--to", "spring.results.yaml", "--format", "csv"), "is the results manifest"),
        (("--to", "spring.marks.yaml", "--format", "csv"), "is the marks file"),
        (("--format", "json", "--raw"), "--raw works only with csv"),
        (("--format", "xlsx"), "Invalid value for '--format'"),
        (("--format", "csv", "--select", "gone"), "gone"),
        (("--format", "csv", "--select", "mark:picket"), 'there is no mark "picket"'),
    ],
)
def test_what_cannot_be_meant_is_refused(
    made: Project, arguments: tuple[str, ...], message: str
) -> None:
    made.jobs(TWO)
    marks(made)
    before = {path: path.read_bytes() for path in made.folder.iterdir()}
    ran = made.run("export", "spring.yaml", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert {path: path.read_bytes() for path in made.folder.iterdir()} == before


def test_a_result_is_never_replaced_by_an_export(project: Project) -> None:
    file = file_entry(project.folder, "outputs/spring/a.png", image_bytes(), "image/png")
    written(project, result_row("a", files=[file]))
    ran = project.run("export", "spring.yaml", "--to", "outputs/spring/a.png", "--format", "csv")
    assert (ran.code, "is one of the results" in ran.err) == (2, True)


def test_a_full_disk_is_reported_with_the_file(made: Project) -> None:
    limit = 64  # bytes: what `ulimit -f` does, in this process
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        ran = made.run("export", "spring.yaml", "--to", "out.csv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert ran.code == 6
    assert "error: out.csv cannot be written" in ran.err
    assert not (made.folder / "out.csv").exists()


# ------------------------------------------------------------------------------ selection and marks


def test_selected_jobs_alone_are_exported(made: Project) -> None:
    ran = made.run("export", "spring.yaml", "--format", "csv", "--select", "tag:hero")
    assert list(table(ran.out)) == ["a"]
    ran = made.run("export", "spring.yaml", "--format", "csv", "--select", "state:pending")
    assert list(table(ran.out)) == ["b"]


def test_marks_beside_the_manifest_are_included(made: Project) -> None:
    marks(made)
    row = table(made.run("export", "spring.yaml", "--format", "csv").out)["a"]
    assert (row["mark"], row["stars"], row["note"]) == ("picked", "4", "手指")
    ran = made.run("export", "spring.yaml", "--format", "csv", "--select", "mark:picked")
    assert list(table(ran.out)) == ["a"]


def test_marks_that_are_named_count_more(made: Project) -> None:
    marks(made)
    marks(made, "anna.marks.yaml", "rejected")
    ran = made.run("export", "spring.yaml", "--format", "csv", "--marks", "anna.marks.yaml")
    assert table(ran.out)["a"]["mark"] == "rejected"


def test_marks_with_mistakes_are_an_error(made: Project) -> None:
    made.write("version: 1\nmarks: [{id: a, mark: perhaps}]\n", "spring.marks.yaml")
    ran = made.run("export", "spring.yaml", "--format", "csv")
    assert (ran.code, ran.out) == (3, "")


def test_links_lead_from_the_file_that_is_written(made: Project) -> None:
    written(made, result_row("a", files=[{"path": "outputs/spring/a.png"}]))
    marks(made)
    (made.folder / "docs").mkdir()
    made.run("export", "spring.yaml", "--to", "docs/spring.md")
    text = (made.folder / "docs/spring.md").read_text(encoding="utf-8")
    assert "[a.png](../outputs/spring/a.png)" in text


def test_test_results_name_files_from_the_current_folder(made: Project) -> None:
    folder = made.folder / "spring.d"
    folder.mkdir()
    (made.folder / "spring.results.yaml").rename(folder / "spring.results.yaml")
    ran = made.run("export", Path("spring.d/spring.yaml"), "--format", "junit")
    assert 'file="spring.d/spring.yaml"' in ran.out
