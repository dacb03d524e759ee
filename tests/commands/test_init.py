"""`vidu-run init`: a manifest to start from, with all that it needs beside it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from runner.cli.start import EXAMPLES as OFFERED
from runner.commands.example_files import EXAMPLES, examples_folder
from runner.commands.init import IGNORED, missing_lines
from runner.operations import schema_folder
from tests.commands.conftest import Project

SCHEMA = (schema_folder() / "manifest.schema.json").read_bytes()


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_the_starter_is_written_with_its_schema(project: Project) -> None:
    ran = project.run("init")
    assert (ran.code, ran.err) == (0, "")
    assert names(project.folder) == [".gitignore", "manifest.schema.json", "manifest.yaml"]
    assert (project.folder / "manifest.schema.json").read_bytes() == SCHEMA


@pytest.mark.parametrize("example", [None, *EXAMPLES])
def test_what_is_written_validates_without_a_warning(project: Project, example: str | None) -> None:
    project.run("init", "new folder/春", *(["--example", example] if example else []))
    ran = project.run("validate", f"new folder/春/{example or 'manifest'}.yaml")
    assert (ran.code, ran.err) == (0, "")


def test_every_example_is_offered() -> None:
    there = {path.stem for path in examples_folder().glob("*.yaml") if "." not in path.stem}
    assert OFFERED == EXAMPLES
    assert {*EXAMPLES, "starter"} == there


def test_editors_find_the_schema_by_the_first_lines(project: Project) -> None:
    project.run("init", "--example", "campaign")
    lines = (project.folder / "campaign.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# yaml-language-server: $schema=manifest.schema.json"
    assert lines[1] == "# $schema: manifest.schema.json"
    assert not any("manifests/" in line for line in lines), "a path of the repository"


def test_an_example_brings_its_pictures_and_tables(project: Project) -> None:
    project.run("init", "a", "--example", "storyboard")
    project.run("init", "b", "--example", "prompt-set")
    assert {"refs/courier.png", "refs/storefront.png"} <= {*names(project.folder / "a")}
    assert "prompts/prompt-set.csv" in names(project.folder / "b")


def test_the_commented_out_job_of_the_starter_is_valid(project: Project) -> None:
    project.run("init")
    path = project.folder / "manifest.yaml"
    head, mark, job = path.read_text(encoding="utf-8").partition("  # - id: ")
    assert mark
    path.write_text(head + re.sub("(?m)^  # ", "  ", mark + job), encoding="utf-8")
    ran = project.run("validate", "manifest.yaml")
    assert (ran.err, ran.out) == ("", "manifest.yaml: 4 jobs, no errors\n")


@pytest.mark.parametrize("name", ["manifest.yaml", "manifest.schema.json"])
def test_what_is_there_is_named_and_nothing_written(project: Project, name: str) -> None:
    project.write("mine\n", name)
    ran = project.run("init")
    assert ran.code == 2
    assert f"nothing was written: {name} is there already" in ran.err
    assert names(project.folder) == [name]
    assert (project.folder / name).read_text(encoding="utf-8") == "mine\n"


def test_a_second_example_joins_the_first(project: Project) -> None:
    project.run("init", "--example", "storyboard")
    ran = project.run("init", "--example", "film")
    assert ran.code == 0
    assert ran.out.startswith("wrote 1 file:\n  film.yaml\n"), "the rest is the same"


def test_a_link_to_nothing_is_not_written_through(project: Project) -> None:
    (project.folder / "manifest.yaml").symlink_to("elsewhere.yaml")
    assert project.run("init").code == 2
    assert not (project.folder / "elsewhere.yaml").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(project: Project) -> None:
    project.write("mine", "spring")
    for folder in ("spring", "spring/cats"):
        ran = project.run("init", folder)
        assert ran.code == 2
        assert "error: spring is a file, not a folder" in ran.err


def test_a_folder_that_cannot_be_written_leaves_nothing(project: Project) -> None:
    # The last name that is written is one that cannot be opened as a file.
    (project.folder / ".gitignore").mkdir()
    ran = project.run("init")
    assert ran.code == 6
    assert "error: .gitignore cannot be written: Is a directory" in ran.err
    assert names(project.folder) == []


def test_the_next_commands_can_be_copied_and_run(project: Project) -> None:
    out = project.run("init", "春 1").out
    commands = [line.split("  # ")[0] for line in out.splitlines() if "  # " in line]
    rehearsal, plan, real = (shlex.split(line, comments=True)[1:] for line in commands)
    assert project.run(*rehearsal, "--time-scale", "0").code == 0
    assert project.run(*plan).code == 0
    assert project.run(*real).code == 4, "without a key"
    assert "the real run; it needs VIDU_API_KEY\n" in out


def test_gitignore_lines_are_added_once_to_what_is_there() -> None:
    assert all(f"\n{name}\n" in missing_lines(b"") for name, _ in IGNORED)
    mine = b"*.tmp\n/outputs"
    added = missing_lines(mine)
    assert added.startswith("\n\n# vidu-run")
    assert "outputs/" not in added
    assert missing_lines(mine + added.encode()) == ""


def test_gitignore_keeps_lines_of_windows_editors() -> None:
    whole = "".join(f"{name}\r\n" for name, _ in IGNORED).encode()
    assert missing_lines(whole) == ""


def test_validate_reports_a_schema_of_another_version(project: Project) -> None:
    project.run("init")
    path = project.folder / "manifest.schema.json"
    path.write_bytes(SCHEMA.replace(b"version 1", b"version 0", 1))
    ran = project.run("validate", "manifest.yaml")
    assert ran.code == 0
    assert "manifest.schema.json: warning: this schema for editors is not that of" in ran.err
    assert "vidu-run schema manifest > manifest.schema.json" in ran.err
    path.write_text('{"$id": "mine"}', encoding="utf-8")
    assert project.run("validate", "manifest.yaml").err == ""
