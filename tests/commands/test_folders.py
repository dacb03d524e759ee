"""Folders of a run: shared by two manifests, or not to be written to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.commands.folders import OWNER
from tests.commands.conftest import Project

ROOT = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


@pytest.fixture
def two(online: Project) -> Project:
    """Two manifests of one name in two folders."""
    for name in ("a", "b"):
        online.jobs(f"  - {{id: cat, prompt: cat {name}}}\n", f"{name}/spring.yaml")
    return online


def message(folder: str, owner: str, other: str) -> str:
    return f"error: {folder} has the files of {owner}, which those of {other} would displace\n"


def test_one_command_does_not_mix_the_files_of_two_manifests(two: Project) -> None:
    ran = two.run("a/spring.yaml", "b/spring.yaml", "--outputs", "made")
    assert ran.code == 2
    assert ran.err.startswith(message("made/spring", "a/spring.yaml", "b/spring.yaml"))
    assert not (two.folder / "made").exists()


def test_a_folder_stays_with_the_manifest_that_filled_it(two: Project) -> None:
    for _ in range(2):
        assert two.run("a/spring.yaml", "--outputs", "made").code == 0
    content = (two.folder / "made/spring/cat.png").read_bytes()
    for verb in (["run"], ["plan"], ["fetch"]):
        ran = two.run(*verb, "b/spring.yaml", "--outputs", "made")
        assert ran.code == 2
        assert ran.err.startswith(message("made/spring", "a/spring.yaml", "b/spring.yaml"))
    assert (two.folder / "made/spring/cat.png").read_bytes() == content
    assert not (two.folder / "b/.vidu-run").exists()


def test_the_usual_folder_belongs_to_the_manifest_beside_it(two: Project) -> None:
    two.run("a/spring.yaml")
    assert not (two.folder / "a/outputs/spring" / OWNER).exists()
    ran = two.run("b/spring.yaml", "--outputs", "a/outputs")
    assert ran.code == 2
    assert ran.err.startswith(message("a/outputs/spring", "a/spring.yaml", "b/spring.yaml"))


def test_a_folder_to_which_results_are_copied_is_taken_too(two: Project) -> None:
    two.run("a/spring.yaml")
    assert "1 reused" in two.run("a/spring.yaml", "--outputs", "made").err
    assert two.run("b/spring.yaml", "--outputs", "made").code == 2


def test_a_manifest_may_move_with_its_files(two: Project) -> None:
    two.run("a/spring.yaml", "--outputs", "a/made")
    (two.folder / "a").rename(two.folder / "c")
    assert two.run("c/spring.yaml", "--outputs", "c/made").code == 0


def test_the_folder_of_a_manifest_that_is_gone_is_taken_over(two: Project) -> None:
    two.run("a/spring.yaml", "--outputs", "made")
    (two.folder / "a/spring.yaml").unlink()
    assert two.run("b/spring.yaml", "--outputs", "made").code == 0
    assert (two.folder / "made/spring" / OWNER).read_text() == "../../b/spring.yaml\n"


@pytest.mark.parametrize("name", [b"\0", b"\xff\n", b"", b"a" * 5000])
def test_an_odd_mark_belongs_to_nobody(two: Project, name: bytes) -> None:
    folder = two.folder / "made/spring"
    folder.mkdir(parents=True)
    (folder / OWNER).write_bytes(name)
    assert two.run("a/spring.yaml", "--outputs", "made").code == 0


@ROOT
@pytest.mark.parametrize("locked", ["a", "a/outputs/spring"])
def test_a_read_only_folder_is_reported_before_paying(two: Project, locked: str) -> None:
    folder = two.folder / locked
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o555)
    try:
        ran = two.run("a/spring.yaml", "--state-dir", "state")
    finally:
        folder.chmod(0o755)
    assert ran.code == 6
    assert "Permission denied" in ran.err
    assert "submitted" not in ran.err


@pytest.mark.parametrize("flag", [("-o", "/proc/r.yaml"), ("--outputs", "/proc")])
def test_a_folder_that_takes_no_files_is_reported_before_paying(
    two: Project, flag: tuple[str, str]
) -> None:
    if not Path("/proc/self").exists():
        pytest.skip("there is no /proc")
    ran = two.run("a/spring.yaml", *flag)
    assert ran.code == 6
    assert ran.err.startswith("error: ")
    assert "submitted" not in ran.err


def test_results_below_a_file_are_an_error(two: Project) -> None:
    ran = two.run("a/spring.yaml", "-o", "b/spring.yaml/r.yaml")
    assert ran.code == 2
    assert "-o b/spring.yaml/r.yaml: b/spring.yaml is not a folder" in ran.err


@pytest.mark.parametrize("name", ["CON", "aux.1", "lpt9", "nul"])
def test_an_id_that_windows_refuses_is_a_warning(two: Project, name: str) -> None:
    two.jobs(f"  - {{id: {name}, prompt: cat}}\n")
    ran = two.run("validate", "spring.yaml")
    assert ran.code == 0
    assert f'warning: job "{name}": no file can be called "{name}" on Windows' in ran.err


@pytest.mark.parametrize("name", ["CONE", "a.con", "com10", "auxin"])
def test_ids_that_windows_accepts_are_no_warning(two: Project, name: str) -> None:
    two.jobs(f"  - {{id: {name}, prompt: cat}}\n")
    assert two.run("validate", "spring.yaml").err == ""
