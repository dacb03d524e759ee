from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.model.jobs import Draft
from runner.operations import load_operations
from runner.validation.diagnostics import Finding
from runner.validation.jobs import check_job
from runner.validation.siblings import SiblingHints

URL = "https://example.com/a.png"
SUBJECTS = [{"name": "x", "images": [URL]}]


def found(operation: str, **parameters: Any) -> list[Finding]:
    """The findings about a job, with the hints."""
    operations = load_operations()
    written = {"prompt": "a @x", **parameters}
    draft = Draft(entry=0, id="a", operation=operation, parameters=written, base=Path())
    findings = check_job(draft, operations[operation])
    return SiblingHints(operations=operations).add(draft, operations[operation], findings)


@pytest.mark.parametrize(
    ("operation", "parameters", "others"),
    [
        (
            "vidu/reference2video",
            {"model": "viduq2", "subjects": SUBJECTS},
            "vidu/reference2video-subjects",
        ),
        (
            "vidu/img2video",
            {"model": "viduq2-pro", "images": [URL, URL + "?2"]},
            "vidu/start-end2video or vidu/reference2video",
        ),
        (
            "vidu/start-end2video",
            {"model": "viduq2-pro", "images": [URL]},
            "vidu/img2video or vidu/reference2video",
        ),
        ("vidu/text2video", {"model": "viduq2", "images": [URL]}, "vidu/reference2video"),
    ],
)
def test_what_a_job_has_shows_the_operation_that_was_meant(
    operation: str, parameters: dict[str, Any], others: str
) -> None:
    hints = [finding.hint for finding in found(operation, **parameters)]
    assert f"as it is, the job fits operation {others}" in hints


@pytest.mark.parametrize(
    "parameters",
    [
        {"model": "viduq2", "promt": "a cat"},  # a typing error, which no operation takes
        {"model": "viduq2", "images": [URL], "duration": "5"},  # there is more to be mended
        {"model": "viduq2", "duration": 99},  # a value of a parameter that it has
    ],
)
def test_other_mistakes_keep_their_hints(parameters: dict[str, Any]) -> None:
    hints = [finding.hint or "" for finding in found("vidu/text2video", **parameters)]
    assert hints
    assert not any("fits operation" in hint for hint in hints)
