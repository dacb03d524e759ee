"""The Dockerfile: what it copies is there, complete, and not left out of the build's context."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def instructions() -> list[tuple[str, str]]:
    """Name and text of each instruction, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    pairs = (line.partition(" ") for line in lines if line.strip())
    return [(name, " ".join(rest.split())) for name, _, rest in pairs]


def stages() -> list[list[tuple[str, str]]]:
    """The instructions of each stage, FROM first."""
    found: list[list[tuple[str, str]]] = []
    for name, text in instructions():
        if name == "FROM":
            found.append([])
        found[-1].append((name, text))
    return found


def copied() -> list[str]:
    """What is copied from the build's context."""
    texts = [text for name, text in instructions() if name == "COPY"]
    return [path for text in texts if "--from" not in text for path in shlex.split(text)[:-1]]


@pytest.mark.parametrize("path", copied())
def test_what_is_copied_exists_and_reaches_the_build(path: str) -> None:
    assert (ROOT / path).exists()
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert kept.index("*") < kept.index(f"!{path}")


def test_all_that_the_wheel_consists_of_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    named = [project["project"]["readme"], *project["project"]["license-files"], *wheel]
    assert {*named, "pyproject.toml"} == {*copied()}


def test_nothing_of_the_build_is_in_the_image() -> None:
    build, image = stages()
    assert build[0] == ("FROM", "python:3.13-slim AS build")
    assert image[0] == ("FROM", "python:3.13-slim"), "the environment links to this Python"
    assert not any("uv" in shlex.split(text) for _, text in image)
    assert ("COPY", "--from=build /opt/vidu-run /opt/vidu-run") in image


def test_the_image_works_for_any_user() -> None:
    _, image = stages()
    names = [name for name, _ in image]
    assert "USER" not in names
    assert "VOLUME" not in names, "an unnamed one would take the ledger with it"
    (env,) = [dict(each.split("=") for each in shlex.split(t)) for n, t in image if n == "ENV"]
    assert env["HOME"] == "/tmp"  # noqa: S108 - the only folder that every user can write
    assert ("RUN", "mkdir -m 1777 /state") in image
    assert ("WORKDIR", "/work") in image
    (entry,) = [json.loads(text) for name, text in image if name == "ENTRYPOINT"]
    assert entry == ["vidu-run"]


def test_the_page_uses_the_folders_of_the_image() -> None:
    page = (ROOT / "docs/docker.md").read_text(encoding="utf-8")
    assert '-v "$PWD:/work"' in page
    assert "vidu-spring:/state" in page
    assert "--state-dir /state" in page
