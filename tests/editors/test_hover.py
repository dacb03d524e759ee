"""What an editor shows for the word under the cursor."""

from __future__ import annotations

import pytest

from runner.operations import load_operations
from tests.editors.language_server import LanguageServer
from tests.editors.manifests import IMAGE, VIDEO, job, manifest


@pytest.mark.parametrize("operation", [IMAGE, VIDEO])
def test_a_parameter_is_described_by_its_operation(server: LanguageServer, operation: str) -> None:
    shown = server.hover(job("mod█el: viduq1", operation=operation))
    rule = load_operations()[operation].schema["properties"]["model"]
    assert shown.startswith(f"#### {operation}\n\n{rule['description']}")
    assert all(f"* `{value}`" in shown for value in rule["enum"])


def test_an_operation_is_described(server: LanguageServer) -> None:
    shown = server.hover(job(operation="vidu/reference█2image"))
    assert shown.startswith("#### Job\n")
    assert f"* `{IMAGE}`: {load_operations()[IMAGE].schema['description']}" in shown


def test_defaults_of_an_operation_have_its_title(server: LanguageServer) -> None:
    shown = server.hover(manifest("defaults:\n  vidu/reference█2image: {model: viduq2}"))
    assert shown.startswith(f"#### Defaults of {IMAGE}\n")


@pytest.mark.parametrize(
    ("text", "title", "words"),
    [
        (job("ta█kes: 2"), "Job", "differ in their seed only"),
        (manifest("run:\n  budget: {cre█dits: 5}"), "Budget", "Vidu credits."),
        (manifest("run:\n  time█out: 5m"), "Settings of the run", "Time limit of a job"),
        (manifest("def█aults: {seed: 1}"), "Defaults", "Merged under every job"),
        (manifest("providers:\n  vidu: {au█th: token}"), "Provider", "Authorization header"),
    ],
)
def test_a_key_has_the_title_of_its_part(
    server: LanguageServer, text: str, title: str, words: str
) -> None:
    shown = server.hover(text)
    assert shown.startswith(f"#### {title}\n")
    assert words in shown
