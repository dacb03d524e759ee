"""Results files on the command line: nothing else is replaced by them, or read as a manifest."""

from __future__ import annotations

import os

import pytest

from tests.commands.conftest import Project

ONE = "  - {id: a, prompt: a red boat, seed: 7}\n"
VERBS = (["run"], ["run", "-n"], ["plan"], ["status"], ["fetch"])


@pytest.mark.parametrize("name", ["autumn.yaml", "run.sh", "list.json", "notes"])
def test_no_other_file_is_replaced_by_results(online: Project, name: str) -> None:
    online.jobs(ONE)
    text = online.jobs(ONE, "other.yaml").read_text() if "." in name else "echo hi\n"
    online.write(text, name)
    for verb in VERBS:
        ran = online.run(*verb, "spring.yaml", "-o", name)
        assert ran.code == 2
        assert f"-o {name} is not a results manifest, and would be overwritten" in ran.err
    assert (online.folder / name).read_text() == text
    assert not (online.folder / ".vidu-run").exists()


def test_other_files_are_safe_where_nothing_is_submitted(online: Project) -> None:
    online.jobs(ONE)
    online.run("spring.yaml")
    online.write("echo hi\n", "run.sh")
    assert online.run("spring.yaml", "-o", "run.sh").code == 2
    assert (online.folder / "run.sh").read_text() == "echo hi\n"


def test_a_picture_is_not_replaced_by_results(online: Project) -> None:
    online.jobs(ONE)
    online.run("spring.yaml")
    picture = online.folder / "outputs/spring/a.png"
    content = picture.read_bytes()
    assert online.run("spring.yaml", "-o", "outputs/spring/a.png").code == 2
    assert picture.read_bytes() == content


@pytest.mark.parametrize("name", ["folder", "pipe", "/dev/null"])
def test_results_go_to_regular_files_only(online: Project, name: str) -> None:
    online.jobs(ONE)
    (online.folder / "folder").mkdir()
    os.mkfifo(online.folder / "pipe")
    ran = online.run("spring.yaml", "-o", name)
    assert (ran.code, f"-o {name} is " in ran.err) == (2, True)


@pytest.mark.parametrize("cut", [False, True])
def test_the_results_of_another_manifest_are_not_replaced(online: Project, cut: bool) -> None:
    online.jobs(ONE)
    online.jobs(ONE.replace("red", "blue"), "autumn.yaml")
    online.run("autumn.yaml")
    others = online.folder / "autumn.results.yaml"
    content = others.read_bytes()[: 300 if cut else None]
    others.write_bytes(content)
    ran = online.run("spring.yaml", "-o", "autumn.results.yaml")
    assert ran.code == 2
    assert "autumn.results.yaml has the results of autumn.yaml" in ran.err
    assert others.read_bytes() == content


def test_the_results_of_a_renamed_manifest_are_taken_over(online: Project) -> None:
    path = online.jobs(ONE)
    online.run("spring.yaml", "-o", "made.yaml")
    path.rename(path.with_name("summer.yaml"))
    ran = online.run("summer.yaml", "-o", "made.yaml")
    assert (ran.code, "1 reused" in ran.err) == (0, True)


def test_two_manifests_of_one_name_do_not_share_results(online: Project) -> None:
    online.jobs(ONE)
    online.run("spring.yaml")
    online.jobs(ONE.replace("red", "blue"), "spring.yml")
    before = (online.folder / "spring.results.yaml").read_bytes()
    ran = online.run("spring.yml")
    assert ran.code == 2
    assert "spring.results.yaml has the results of spring.yaml" in ran.err
    assert (online.folder / "spring.results.yaml").read_bytes() == before


@pytest.mark.parametrize("name", ["spring.results.yaml", "made.json"])
def test_results_beside_their_manifest_are_skipped(online: Project, name: str) -> None:
    online.jobs(ONE)
    assert online.run("spring.yaml", "-o", name).code == 0
    for verb in (["validate"], ["run"]):
        ran = online.run(*verb, name, "spring.yaml")
        assert ran.code == 0
        assert ran.err.startswith(f"{name}: skipped, it has the results of spring.yaml\n")


def test_results_alone_are_reported_in_one_line(online: Project) -> None:
    online.jobs(ONE)
    online.run("spring.yaml")
    text = (online.folder / "spring.results.yaml").read_text()
    for kept in (len(text), 500):
        (online.folder / "spring.results.yaml").write_text(text[:kept])
        ran = online.run("spring.results.yaml")
        assert ran.code == 3
        assert ran.err == (
            "spring.results.yaml: error: this is a results manifest, not a manifest\n"
            "  hint: name its manifest, spring.yaml\n"
        )


def test_a_manifest_named_like_results_is_a_manifest(online: Project) -> None:
    online.jobs(ONE, "spring.results.yaml")
    assert online.run("validate", "spring.results.yaml").code == 0
