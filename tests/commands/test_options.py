"""Flags and manifests that contradict each other, and where the files of one manifest are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.commands.options import Options, ProjectPaths
from runner.errors import UsageError
from tests.commands.conftest import Project

TWO = """
  - {id: a, prompt: a red boat, seed: 7}
  - {id: b, prompt: a blue boat, resolution: 2K}
"""


def test_one_results_manifest_cannot_hold_two_manifests(project: Project) -> None:
    project.jobs(TWO)
    project.jobs(TWO, "autumn.yaml")
    ran = project.run("spring.yaml", "autumn.yaml", "-o", "all.yaml")
    assert ran.code == 2
    assert "-o" in ran.err


def paths(manifest: str = "campaign/spring.yaml", **flags: object) -> ProjectPaths:
    path = Path(manifest)
    return ProjectPaths.of(path, Options(manifests=(path,), environ={}, **flags))  # type: ignore[arg-type]


def test_everything_is_beside_the_manifest() -> None:
    found = paths()
    assert found.results == Path("campaign/spring.results.yaml")
    assert found.base == Path("campaign")
    assert found.ledger == Path("campaign/.vidu-run/ledger.sqlite3")
    assert found.archive == Path("campaign/.vidu-run/files")
    assert found.below_outputs == ("spring",)


def test_a_rehearsal_shares_no_file_with_a_real_run() -> None:
    real, rehearsal = paths(), paths(emulate=True)
    for name in ("results", "ledger", "digests", "archive", "below_outputs"):
        assert getattr(real, name) != getattr(rehearsal, name), name


def test_results_under_another_name_move_their_base() -> None:
    found = paths(results=Path("made/all.json"))
    assert (found.results, found.base) == (Path("made/all.json"), Path("made"))
    assert found.state == Path("campaign/.vidu-run")


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (None, "spring.yaml"),
        ("shared", "campaign/spring.yaml"),
        ("campaign/deep/state", "../spring.yaml"),
        ("other/state", "../campaign/spring.yaml"),
    ],
)
def test_a_manifest_is_named_by_its_place_beside_the_ledger(state: str | None, name: str) -> None:
    assert paths(state_dir=Path(state) if state else None).name == name


def test_a_name_is_kept_when_manifest_and_ledger_move(tmp_path: Path) -> None:
    names = set[str]()
    for folder in (tmp_path / "here", tmp_path / "there" / "deep"):
        state = folder / "state"
        names.add(paths(str(folder / "set" / "spring.yaml"), state_dir=state).name)
    assert names == {"set/spring.yaml"}


def test_a_link_does_not_change_the_name(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert paths(str(tmp_path / "link" / "spring.yaml")).name == "spring.yaml"


def options(**flags: object) -> Options:
    return Options(manifests=(Path("spring.yaml"),), environ={"A": "1"}, **flags)  # type: ignore[arg-type]


def test_a_base_url_on_the_command_line_is_its_variable() -> None:
    given = options(base_url=("vidu=http://localhost:8080",))
    assert given.environment() == {"A": "1", "VIDU_BASE_URL": "http://localhost:8080"}


@pytest.mark.parametrize("pair", ["http://localhost", "vidu=", "other=http://localhost"])
def test_a_base_url_without_its_provider_is_refused(pair: str) -> None:
    with pytest.raises(UsageError) as caught:
        options(base_url=(pair,)).environment()
    assert caught.value.hint == "providers: vidu, modelverse"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"results": Path("./spring.yaml")}, "-o spring.yaml is the manifest itself"),
        ({"time_scale": 0.5}, "--time-scale works only with --emulate"),
        ({"fail_fast": True, "max_failures": "3"}, "--fail-fast means --max-failures 1"),
        ({"manifests": (Path("a.yaml"), Path("x/../a.yml"))}, "would write the same results file"),
    ],
)
def test_flags_that_contradict_each_other_are_refused(flags: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        replace(options(), **flags).check()
    assert words in caught.value.message


def test_to_fail_fast_is_to_allow_one_failure() -> None:
    assert options(fail_fast=True).flags()["max_failures"] == "1"


def test_flags_for_another_command_keep_its_paths() -> None:
    given = options(emulate=True, state_dir=Path("led ger"), outputs="made", yes=True)
    assert given.path_flags() == ["--emulate", "--state-dir 'led ger'", "--outputs made"]


@pytest.mark.parametrize("flag", ["-o", "--outputs", "--state-dir"])
@pytest.mark.parametrize("path", ["~/made", "$HOME/made"])
def test_a_path_that_no_shell_expanded_is_an_error(project: Project, flag: str, path: str) -> None:
    project.jobs(TWO)
    ran = project.run("plan", "spring.yaml", flag, path)
    assert ran.code == 2
    assert f'{flag} {path} contains "{Path(path).parts[0]}", which is not expanded' in ran.err


@pytest.mark.parametrize("verb", ["validate", "plan"])
def test_outputs_that_nothing_expands_are_an_error(project: Project, verb: str) -> None:
    path = project.jobs(TWO)
    path.write_text(path.read_text() + "run: {outputs: ~/made}\n")
    ran = project.run(verb, "spring.yaml")
    assert ran.code == 3
    assert 'spring.yaml:8:16: error: outputs contains "~", which is not expanded' in ran.err
