"""A language server for the tests of the editors' schema."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.editors.language_server import LanguageServer

_LOCK = Path(__file__).parent / "package-lock.json"
_INSTALLED = Path(__file__).parents[2] / ".venv" / "editors"
_PROGRAM = _INSTALLED / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"


@pytest.fixture(scope="module")
def program() -> list[str]:
    """The command that starts the server; without it the tests are skipped."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node is installed here, which runs the language server of editors")
    if not _is_installed():
        pytest.skip("the language server of editors is not installed: make editors")
    return [node, str(_PROGRAM), "--stdio"]


@pytest.fixture(scope="module")
def server(
    program: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LanguageServer]:
    """Started once for each file of tests."""
    server = LanguageServer(program, tmp_path_factory.mktemp("editor"))
    yield server
    server.close()


def _is_installed() -> bool:
    """Whether `make editors` has run for the versions that are asked for now."""
    installed = _INSTALLED / _LOCK.name
    return _PROGRAM.is_file() and installed.read_bytes() == _LOCK.read_bytes()
