"""`vidu-run schema`: the names and texts of the schemas, and the check of operations' files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import runner
from runner.operations import load_operations, operation_files, schema_folder
from tests.commands.conftest import Project
from tests.commands.process import LIMIT_S, running

FILE = schema_folder() / "vidu" / "reference2image.schema.json"


def test_the_schemas_can_be_listed_and_printed(project: Project) -> None:
    names = project.run("schema").out.split()
    assert names == sorted(["manifest", "marks", "operation", "results", *load_operations()])
    for name in names:
        assert json.loads(project.run("schema", name).out)["$schema"].startswith("https://json-s")


def test_an_unknown_schema_gets_a_hint(project: Project) -> None:
    ran = project.run("schema", "manifets")
    assert ran.code == 2
    assert "manifest" in ran.err


def test_one_schema_is_printed_at_a_time(project: Project) -> None:
    ran = project.run("schema", "manifest", "results")
    assert ran.code == 2
    assert "one schema is printed at a time" in ran.err


def test_the_installed_operations_are_checked(project: Project) -> None:
    ran = project.run("schema", "--check")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        f"{file}: an operation, no errors" for file in operation_files()
    ]


def test_a_right_file_is_one_line(project: Project) -> None:
    project.write(FILE.read_text(encoding="utf-8"), "vidu/reference2image.schema.json")
    ran = project.run("schema", "--check", "vidu/reference2image.schema.json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "vidu/reference2image.schema.json: an operation, no errors\n"


def test_every_mistake_is_reported_in_file_order(project: Project) -> None:
    text = FILE.read_text(encoding="utf-8")
    text = text.replace('"default": "16:9"', '"default": "16x9"')
    text = text.replace('["viduq2", [1, 3], "2K", 12],', '["viduq2", [1, 3], 12],')
    text = text.replace('"makes": "image"', '"makes": "imgae"')
    project.write(text, "vidu/reference2image.schema.json")
    ran = project.run("schema", "--check", "vidu/reference2image.schema.json")
    assert (ran.code, ran.out) == (3, "")
    lines = ran.err.splitlines()
    found = [line.split("error: ")[1] for line in lines if "error: " in line]
    assert found == [
        'the default "16x9" is rejected by its own rule',
        'unknown x-operation.makes "imgae" (known: image, video, audio)',
        "the row has 3 cells, but needs 4",
    ]
    place = text[: text.index('"16x9"')]
    line, column = place.count("\n") + 1, len(place) - place.rindex("\n")
    assert f"vidu/reference2image.schema.json:{line}:{column}: error: the default" in ran.err
    assert 'hint: did you mean "16:9"?' in ran.err


def test_one_wrong_file_of_several_fails_the_check(project: Project) -> None:
    project.write("{}", "wrong.schema.json")
    ran = project.run("schema", "--check", FILE, "wrong.schema.json")
    assert (ran.code, ran.out) == (3, "")
    assert "wrong.schema.json:1:1: error: this is not an operation's file" in ran.err


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.schema.json", "", "the operation's file is empty"),
        ("a.schema.json", "null", "the operation's file is empty"),
        ("a.schema.json", "[]", "an operation's file is a mapping of keys to values, not a list"),
        ("a.schema.json", "type: object", "this is not JSON: a value is expected here"),
        ("a.schema.json", '{"a": 1, "a": 2}', 'duplicate key "a"'),
        ("a.schema.json", "[" * 5000, "nested more than 100 deep"),
        ("a.schema.json", " " * (8 * 2**20 + 1), "it is larger than 8 MiB"),
        ("a.schema.yaml", "type: object", "an operation's file is JSON, not YAML"),
        ("m.json", '{"version": 1, "jobs": []}', "this is a manifest or its results"),
    ],
)
def test_another_file_is_reported_as_what_it_is(
    project: Project, name: str, text: str, message: str
) -> None:
    project.write(text, name)
    ran = project.run("schema", "--check", name)
    assert (ran.code, ran.out) == (3, "")
    assert message in ran.err


def test_yaml_is_not_recommended_for_an_operation(project: Project) -> None:
    project.write("# an operation\ntype: object\n", "a.schema.json")
    error = project.run("schema", "--check", "a.schema.json").err
    assert "hint: remove it, for an operation's file is JSON, not YAML" in error


def test_a_missing_file_is_reported(project: Project) -> None:
    ran = project.run("schema", "--check", "none.schema.json")
    assert ran.code == 3
    assert ran.err.startswith("none.schema.json: error: there is no such file")


# ------------------------------------------------------------------------ a wrong file is installed


def run_installed(project: Project, text: str) -> tuple[int, str]:
    """Validate a manifest by a program in whose schemas this is the text of an operation."""
    site = project.folder / ".site"
    shutil.copytree(schema_folder(), site / "schemas")
    (site / "runner").symlink_to(Path(runner.__file__).parent)
    (site / "schemas" / "vidu" / FILE.name).write_text(text, encoding="utf-8")
    project.jobs("  - {id: a, prompt: a cat}")
    with running(project, "validate", "spring.yaml") as process:
        out, error = process.communicate(timeout=LIMIT_S)
    assert out == ""
    return process.returncode, error


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"makes": "image"', '"mekes": "image"', 'unknown key "mekes" in x-operation'),
        (
            '["viduq2", [0, 0], "1080p", 6]',
            '["viduq2", [0], "1080p", 6]',
            "is not a value or a range",
        ),
    ],
)
def test_a_wrong_installed_operation_is_explained(
    project: Project, old: str, new: str, message: str
) -> None:
    code, error = run_installed(project, FILE.read_text(encoding="utf-8").replace(old, new))
    assert code == 70
    assert error.startswith("error: an installed operation cannot be used\n  hint: ")
    assert message in error
    assert "crash log" not in error


def test_a_wrong_operation_that_no_job_asks_for_is_left_alone(project: Project) -> None:
    site = project.folder / ".site"
    shutil.copytree(schema_folder(), site / "schemas")
    (site / "runner").symlink_to(Path(runner.__file__).parent)
    (site / "schemas" / "vidu" / "text2video.schema.json").write_text("{", encoding="utf-8")
    project.jobs("  - {id: a, prompt: a cat}")
    with running(project, "validate", "spring.yaml") as process:
        out, error = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, error) == (0, "")
    assert out == "spring.yaml: 1 job, no errors\n"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("vidu/frams.schema.json", 'did you mean "frames.schema.json"?'),
        ("vidu/frames.json", 'did you mean "frames.schema.json"?'),
        ("vidu/zebra.schema.json", ""),
        ("vidu/text2video", "the file of that operation is "),
    ],
)
def test_an_absent_file_gets_the_name_it_may_mean(project: Project, name: str, hint: str) -> None:
    project.write("{}", "vidu/frames.schema.json")
    ran = project.run("schema", "--check", name)
    assert ran.err.startswith(f"{name}: error: there is no such file")
    assert ran.err.partition("hint: ")[2].startswith(hint)
    assert ("hint: " in ran.err) is bool(hint)
