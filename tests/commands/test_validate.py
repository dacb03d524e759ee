"""`vidu-run validate`: errors and warnings, as text and JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.conftest import Project
from tests.commands.process import listing, running

FULL = Path("/dev/full")

TWO = """
  - {id: a, prompt: a red boat, seed: 7}
  - {id: b, prompt: a blue boat, resolution: 2K}
"""


def test_validate_needs_no_key_and_writes_nothing(project: Project) -> None:
    project.jobs(TWO)
    ran = project.run("validate", "spring.yaml")
    assert (ran.code, ran.out) == (0, "spring.yaml: 2 jobs, no errors\n")
    assert listing(project.folder) == ["spring.yaml"]


def test_validate_points_at_the_value_with_a_caret(project: Project) -> None:
    project.jobs("  - {id: w, prompt: 小船, model: viduq1, aspect_ratio: '21:9', images: [u]}")
    ran = project.run("validate", "spring.yaml")
    assert ran.code == 3
    lines = ran.err.splitlines()
    shown = next(n for n, line in enumerate(lines) if "21:9" in line and "error" not in line)
    assert lines[shown - 1].startswith("spring.yaml:5:54: error: ")
    # 小船 takes four columns, so the caret stands two further than characters count.
    assert lines[shown + 1].index("^") == 4 + 53 + 2


def test_validate_as_json_has_file_line_and_column(project: Project) -> None:
    project.jobs("  - {id: a, promt: a boat}")
    ran = project.run("validate", "--json", "spring.yaml")
    assert ran.code == 3
    problems = json.loads(ran.out)
    assert {(one["file"], one["line"]) for one in problems} == {("spring.yaml", 5)}
    assert any(one["hint"] == 'did you mean "prompt"?' for one in problems)


def test_a_missing_manifest_is_one_clear_error(project: Project) -> None:
    project.jobs(TWO)
    ran = project.run("sprng.yaml")
    assert ran.code == 3
    assert "spring.yaml" in ran.err
    assert "Traceback" not in ran.err


def test_warnings_as_json_do_not_fail(project: Project) -> None:
    project.jobs("  - {id: a, prompt: x, images: ['https://a.b/c.png?X-Amz-Date=1']}")
    ran = project.run("validate", "--json", "spring.yaml")
    assert ran.code == 0
    (problem,) = json.loads(ran.out)
    assert "looks signed" in problem["message"]


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")
def test_an_output_that_cannot_be_written_is_reported(project: Project) -> None:
    project.jobs(TWO)
    with FULL.open("w", encoding="utf-8") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "runner", "validate", "spring.yaml"],
            cwd=project.folder,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ran.returncode == 6
    assert ran.stderr == "error: the output cannot be written: No space left on device\n"


def test_a_reader_that_closes_the_output_is_no_error(project: Project) -> None:
    project.jobs(TWO)
    with running(project, "validate", "spring.yaml") as process:
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        assert process.communicate(timeout=60)[1] == ""
        assert process.returncode == 0


def test_images_to_be_made_in_unlike_ratios_are_a_warning(project: Project) -> None:
    project.jobs("""
  - {id: wide, prompt: a boat, aspect_ratio: "16:9"}
  - {id: tall, prompt: a boat, aspect_ratio: "9:16"}
  - id: film
    operation: vidu/start-end2video
    model: viduq2-pro
    prompt: it turns
    images: ["${{ jobs.wide.output }}", "${{ jobs.tall.output }}"]
""")
    ran = project.run("validate", "spring.yaml")
    assert ran.code == 0
    message = 'job "film": job "wide" makes 16:9, job "tall" makes 9:16: the first has 3.16 times'
    assert f"spring.yaml:12:41: warning: {message} the ratio of the last" in ran.err
