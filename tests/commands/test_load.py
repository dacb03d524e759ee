"""Every problem of every manifest is reported at once, with its location, in file order."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from runner.commands.load import read_manifests, uncollected
from runner.commands.options import Options
from runner.errors import Diagnostic, ManifestError

HEAD = """\
version: 1
defaults: {operation: vidu/reference2image, model: viduq2}
"""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def options_for(path: Path) -> Options:
    return Options(manifests=(path,), environ={}, progress="none")


def problems(text: str, *, head: str = HEAD) -> list[Diagnostic]:
    Path("m.yaml").write_text(head + text, encoding="utf-8")
    try:
        (manifest,) = read_manifests(options_for(Path("m.yaml")))
    except ManifestError as error:
        return error.diagnostics
    return manifest.warnings


def first_lines(text: str, *, head: str = HEAD) -> list[str]:
    return [str(problem).splitlines()[0] for problem in problems(text, head=head)]


def test_an_error_about_one_value_hides_no_other() -> None:
    found = first_lines("""jobs:
  - {id: a, prompt: x, aspect_ratio: 16:9, seed: 010}
  - {id: b, prompt: x, resolution: 9K, images: [no.png, 5]}
  - {id: c, promt: x}
""")
    assert found == [
        'm.yaml:4:38: error: YAML reads 16:9 as the number 969; quote it: "16:9"',
        'm.yaml:4:50: error: YAML reads 010 as the octal number 8; quote it: "010"',
        'm.yaml:5:36: error: job "b": resolution "9K" is not offered by viduq2 (1080p, 2K, 4K)',
        'm.yaml:5:49: error: job "b": no.png does not exist',
        'm.yaml:5:57: error: job "b": images[1] is the number 5, but must be text',
        'm.yaml:6:5: error: job "c": prompt is missing (vidu/reference2image needs it)',
        'm.yaml:6:13: error: job "c": unknown parameter "promt" of vidu/reference2image',
    ]


def test_a_matrix_takes_and_rows_that_are_wrong_hide_no_other() -> None:
    offered = 'resolution "9K" is not offered by viduq2 (1080p, 2K, 4K)'
    head = HEAD.replace("viduq2}", "viduq2, resolution: 9K}")
    found = first_lines(
        """jobs:
  - {id: a, prompt: x, matrix: {x: 3}}
  - {id: b, prompt: x, takes: 0, images: [no.png]}
  - {id: c, prompt: "${{ row.p }}", foreach: no.csv, seed: x}
  - {id: d, operation: "${{ vars.no }}", foreach: no.csv}
""",
        head=head,
    )
    assert found == [
        "m.yaml:2:72: error: " + offered + " (3 jobs, first: a)",
        "m.yaml:4:36: error: matrix.x must be a list",
        'm.yaml:5:31: error: job "b": takes 0 is out of range (at least 1)',
        'm.yaml:5:43: error: job "b": no.png does not exist',
        'm.yaml:6:46: error: foreach "no.csv": there is no such file',
        'm.yaml:6:60: error: job "c": seed is the text "x", but must be a whole number',
        'm.yaml:7:29: error: job "d": vars is empty',
        'm.yaml:7:51: error: foreach "no.csv": there is no such file',
    ]


def test_warnings_come_in_the_order_of_the_file() -> None:
    found = first_lines("""vars: {pic: "https://a.b/c.png?X-Amz-Date=1"}
jobs:
  - {id: a, prompt: "{{ vars.pic }}"}
  - {id: b, prompt: "{{ vars.pic }}"}
  - {id: c, prompt: x, images: ["${{ vars.pic }}"]}
""")
    assert [line.split(" ")[0] for line in found] == [
        "m.yaml:3:13:",
        "m.yaml:5:21:",
        "m.yaml:6:10:",
        "m.yaml:6:21:",
    ]
    assert "looks signed" in found[0]
    assert all(": warning: " in line for line in found)


def test_a_signed_url_from_a_row_is_reported_at_its_row() -> None:
    Path("r.csv").write_text("pic\nhttps://a.b/c.png\nhttps://a.b/c.png?Signature=1\n")
    jobs = """jobs:
  - {id: "a-${{ take }}", foreach: r.csv, prompt: x, images: ["${{ row.pic }}"]}
"""
    (problem,) = problems(jobs.replace("${{ take }}", "${{ row.pic | slug }}"))
    assert problem.warning
    assert str(problem.location) == "r.csv:3"
    assert problem.location
    assert str(problem.location.via) == "m.yaml:4:73"


def test_a_result_in_an_impossible_place_is_refused() -> None:
    wrong = "seed is another job's output, a text, but must be a whole number"
    found = first_lines("""jobs:
  - {id: p, prompt: x}
  - {id: a, prompt: "${{ jobs.p.output }}"}
  - {id: b, prompt: "${{ vars.no }}", images: ["pre${{ jobs.p.output }}"]}
  - {id: c, prompt: y, seed: "${{ jobs.p.output }}"}
  - {id: d, prompt: "seed ${{ jobs.p.seed }} of ${{ jobs.p.url }}"}
""")
    assert found == [
        'm.yaml:5:21: error: job "a": prompt takes text, not the file that job "p" makes',
        'm.yaml:6:26: error: job "b": vars is empty',
        'm.yaml:6:48: error: job "b": images[0] has text around the file that job "p" makes',
        'm.yaml:7:30: error: job "c": ' + wrong,
    ]


def test_a_null_from_an_expression_is_reported_at_its_place() -> None:
    found = first_lines("""vars: {none: null}
jobs: [{id: a, prompt: "${{ vars.none }}"}]
""")
    missing = "prompt is missing (vidu/reference2image needs it): ${{ vars.none }} gives null"
    assert found == [f'm.yaml:3:14: error: job "a": {missing}']


@pytest.mark.parametrize("path", ["plan", "validate.yaml"])
def test_a_file_named_like_a_verb_is_a_manifest(path: str) -> None:
    Path(path).write_text(HEAD + "jobs: [{id: a, prompt: x}]\n")
    assert len(read_manifests(options_for(Path(path)))) == 1


@pytest.mark.parametrize("path", ["", ".", "/", ".."])
def test_a_path_without_a_name_is_a_directory(path: str) -> None:
    Options(manifests=(Path(path),)).check()
    with pytest.raises(ManifestError, match="is a directory, not a file"):
        read_manifests(options_for(Path(path)))


def test_garbage_collection_is_off_inside_and_on_afterwards() -> None:
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_garbage_collection_is_on_after_an_error() -> None:
    with pytest.raises(KeyboardInterrupt), uncollected():
        raise KeyboardInterrupt
    assert gc.isenabled()


def test_a_nested_block_leaves_garbage_collection_off() -> None:
    with uncollected():
        with uncollected():
            pass
        assert not gc.isenabled()


def test_objects_of_the_block_are_never_collected() -> None:
    before = gc.get_freeze_count()
    with uncollected():
        made = [[n] for n in range(1000)]
    assert gc.get_freeze_count() - before >= len(made)


def test_a_part_of_a_wrong_form_leaves_the_others_explained() -> None:
    jobs = "jobs:\n  - {id: a, operation: vidu/reference2image, model: null, prompt: cat}\n"
    assert first_lines(jobs, head="version: 1\ndefaults: [vidu/reference2image]\n") == [
        "m.yaml:2:11: error: defaults is a list, but must be a mapping",
        'm.yaml:4:5: error: job "a": model is missing (vidu/reference2image needs it)',
    ]


def test_what_cannot_be_seen_in_a_column_is_named() -> None:
    Path("rows.csv").write_text("id,pro\u200bmpt\na,cat\n", encoding="utf-8")
    (problem,) = problems(
        "jobs:\n  - {foreach: rows.csv, id: '${{ row.id }}', prompt: '${{ row.prompt }}'}\n"
    )
    assert "U+200B (zero width space)" in str(problem)
    assert "\u200b" not in str(problem)
