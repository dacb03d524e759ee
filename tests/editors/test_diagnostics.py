"""What an editor underlines, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.commands.example_files import EXAMPLES, examples_folder
from runner.commands.init import init
from tests.editors.language_server import LanguageServer, Report
from tests.editors.manifests import VIDEO, job, manifest

MISTAKES = {
    "unknown key": (job("promt: a cat"), "promt", "Property promt is not allowed."),
    "unknown key at the top": (
        manifest("nonsense: 1"),
        "nonsense",
        "Property nonsense is not allowed.",
    ),
    "model of another operation": (
        job("model: viduq3-pro"),
        "viduq3-pro",
        'Value is not accepted. Valid values: "viduq2", "viduq1".',
    ),
    "wrong type": (job("prompt: 5"), "5", 'Incorrect type. Expected "string".'),
    "missing id": (manifest("jobs:\n  - prompt: a cat"), "p", 'Missing property "id".'),
    "wrong duration": (
        job("model: viduq3-pro", "duration: 99", operation=VIDEO),
        "99",
        "Value is above the maximum of 16.",
    ),
    "wrong takes": (job("takes: 0"), "0", "Value is below the minimum of 1."),
    "wrong unit of a budget": (
        manifest("run: {budget: {usd: 5}}"),
        "usd",
        "Property usd is not allowed.",
    ),
    "null among images": (
        job("images: [a.png, null]"),
        "null",
        'Incorrect type. Expected "string".',
    ),
    "resolution of videos": (
        job("resolution: 540p"),
        "540p",
        'Value is not accepted. Valid values: "1080p", "2K", "4K".',
    ),
    "wrong time limit": (
        manifest("run: {timeout: 5x}"),
        "5x",
        "Expected a duration such as 30m, 5s, 1h30m or a number of seconds.",
    ),
    "wrong ratio": (
        job("model: viduq1", "aspect_ratio: '21:9'"),
        "'21:9'",
        'Value is not accepted. Valid values: "16:9", "9:16", "1:1", "3:4", "4:3".',
    ),
}


@pytest.mark.parametrize(("text", "underlined", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_underlined(
    server: LanguageServer, text: str, underlined: str, message: str
) -> None:
    assert server.check(text) == [Report(text=underlined, message=message)]


def test_null_in_a_job_unsets_a_default(server: LanguageServer) -> None:
    assert server.check(job("seed: null", "takes: null", "model:")) == []


@pytest.mark.parametrize(
    "text",
    [
        job(*(f"{key}: ${{{{ vars.a }}}}" for key in ("model", "seed", "images", "takes"))),
        job("images: ['${{ jobs.b.output }}', a.png]", "tags: ['${{ row.tag }}']"),
        job("duration: ${{ matrix.s }}", "matrix: {s: [5, 8]}", operation="${{ vars.what }}"),
        manifest("defaults:\n  vidu/img2video: {duration: '${{ vars.s }}'}"),
    ],
)
def test_an_expression_is_accepted_anywhere(server: LanguageServer, text: str) -> None:
    assert server.check(text) == []


def test_a_setting_underlines_a_ratio_without_quotes(program: list[str], tmp_path: Path) -> None:
    server = LanguageServer(program, tmp_path, {"yamlVersion": "1.1"})
    try:
        [found] = server.check(job("aspect_ratio: 16:9"))
        assert found.text == "16:9"
        assert server.check(job('aspect_ratio: "16:9"')) == []
    finally:
        server.close()


@pytest.mark.parametrize("path", sorted(examples_folder().glob("*.yaml")), ids=lambda p: p.name)
def test_an_example_has_no_mistake(server: LanguageServer, path: Path) -> None:
    assert_clean(server, path)


@pytest.mark.parametrize("example", [None, *EXAMPLES])
def test_what_init_writes_has_no_mistake(
    server: LanguageServer, tmp_path: Path, example: str | None
) -> None:
    folder = tmp_path / "春 1"
    init(folder, example)
    assert_clean(server, folder / f"{example or 'manifest'}.yaml")


def assert_clean(server: LanguageServer, path: Path) -> None:
    """The file has no mistake, and its first lines lead to the schema, which would find one."""
    text = path.read_text(encoding="utf-8")
    assert server.check(text, path) == []
    [found] = server.check(f"{text}\nnonsense: 1\n", path.with_name(f"other {path.name}"))
    assert found.text == "nonsense"
