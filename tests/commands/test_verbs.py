"""`validate`, `plan`, `schema`, `emulate` and the command line itself."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from runner import __version__
from runner.model import Action
from tests.commands.conftest import Project

TWO = """
  - {id: a, prompt: a red boat, seed: 7}
  - {id: b, prompt: a blue boat, resolution: 2K}
"""


def listing(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


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


def test_validate_as_json_tells_file_line_and_column(project: Project) -> None:
    project.jobs("  - {id: a, promt: a boat}")
    ran = project.run("validate", "--json", "spring.yaml")
    assert ran.code == 3
    told = json.loads(ran.out)
    assert {(one["file"], one["line"]) for one in told} == {("spring.yaml", 5)}
    assert any(one["hint"] == 'did you mean "prompt"?' for one in told)


def test_a_missing_manifest_is_one_clear_error(project: Project) -> None:
    project.jobs(TWO)
    ran = project.run("sprng.yaml")
    assert ran.code == 3
    assert "spring.yaml" in ran.err
    assert "Traceback" not in ran.err


def test_plan_tells_what_would_be_submitted_and_writes_nothing(online: Project) -> None:
    online.jobs(TWO)
    ran = online.run("plan", "spring.yaml")
    assert ran.code == 0
    assert ran.out == (
        "spring.yaml: 2 to submit (about 14 credits) | time unknown\n"
        "  submit a     6 credits  new\n"
        "  submit b     8 credits  new\n"
    )
    assert listing(online.folder) == ["spring.yaml"]


def test_plan_after_a_run_tells_what_is_reused(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    before = listing(online.folder)
    online.jobs(TWO.replace("2K", "4K"))
    ran = online.run("plan", "spring.yaml")
    head, *jobs, spent = ran.out.splitlines()
    assert head == "spring.yaml: 1 to submit (about 10 credits), 1 to reuse | time unknown"
    assert [" ".join(line.split()) for line in jobs] == [
        "reuse a done",
        "submit b 10 credits changed: resolution 2K -> 4K",
    ]
    assert spent == "spent so far: 14 credits"
    assert [name for name in listing(online.folder) if "sqlite3-" not in name] == before


def test_plan_as_json_has_totals_and_every_job(online: Project) -> None:
    online.jobs(TWO)
    (plan,) = json.loads(online.run("plan", "--json", "spring.yaml").out)
    assert plan["totals"]["cost"] == {"credits": 14}
    assert [(job["id"], job["action"]) for job in plan["jobs"]] == [
        ("a", Action.SUBMIT),
        ("b", Action.SUBMIT),
    ]


def test_plan_exits_10_on_request_while_there_is_something_to_submit(online: Project) -> None:
    online.jobs(TWO)
    assert online.run("plan", "--detailed-exitcode", "spring.yaml").code == 10
    online.run("spring.yaml")
    assert online.run("plan", "--detailed-exitcode", "spring.yaml").code == 0


def test_a_dry_run_is_a_plan(online: Project) -> None:
    online.jobs(TWO)
    ran = online.run("-n", "spring.yaml")
    assert ran.code == 0
    assert "2 to submit" in ran.out
    assert listing(online.folder) == ["spring.yaml"]


def test_only_selected_jobs_run_and_the_others_keep_their_rows(online: Project) -> None:
    online.jobs(TWO)
    assert online.run("spring.yaml", "--select", "a").code == 0
    rows = online.rows()
    assert (rows["a"]["state"], rows["b"]["state"]) == ("succeeded", "skipped")
    assert online.run("spring.yaml", "--select", "b").code == 0
    rows = online.rows()
    assert (rows["a"]["state"], rows["b"]["state"]) == ("succeeded", "succeeded")


def test_what_a_selected_job_needs_is_made_as_well_and_said(online: Project) -> None:
    online.jobs("""
  - {id: cat, prompt: a cat}
  - {id: dog, prompt: a dog}
  - {id: both, prompt: a cat on a boat, images: ["${{ jobs.cat.output }}"]}
""")
    ran = online.run("spring.yaml", "--select", "both")
    assert ran.code == 0
    assert 'included because selected jobs need them: "cat"' in ran.err
    assert {name: row["state"] for name, row in online.rows().items()} == {
        "cat": "succeeded",
        "dog": "skipped",
        "both": "succeeded",
    }


def test_the_schemas_can_be_listed_and_printed(project: Project) -> None:
    names = project.run("schema").out.split()
    assert names == ["manifest", "modelverse/reference2video", "results", "vidu/reference2image"]
    for name in names:
        assert json.loads(project.run("schema", name).out)["$schema"].startswith("https://json-s")


def test_an_unknown_schema_names_those_there_are(project: Project) -> None:
    ran = project.run("schema", "manifets")
    assert ran.code == 2
    assert "manifest" in ran.err


def test_one_results_manifest_cannot_hold_two_manifests(project: Project) -> None:
    project.jobs(TWO)
    project.jobs(TWO, "autumn.yaml")
    ran = project.run("spring.yaml", "autumn.yaml", "-o", "all.yaml")
    assert ran.code == 2
    assert "-o" in ran.err


def test_the_version_is_told(project: Project) -> None:
    assert project.run("--version").out == f"vidu-run {__version__}\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_emulate_serves_both_apis_until_a_signal(project: Project, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "runner", "emulate", "--port", "0", "--time-scale", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout is not None
        head = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", head)
        assert found, head
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{found[0]}/ent/v2/reference2image",
            data=json.dumps({"model": "viduq2", "prompt": "a boat"}).encode(),
            headers={"Authorization": "Token any", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            assert json.load(answer)["state"] == "created"
        process.send_signal(number)
        assert process.wait(10) == 0
    assert listing(project.folder) == []


@pytest.mark.parametrize(
    ("word", "hint"),
    [("valdate", 'did you mean "validate"?'), ("frobnicate", "verbs: run, validate, plan, status")],
)
def test_an_unknown_verb_is_a_usage_error(project: Project, word: str, hint: str) -> None:
    project.jobs(TWO)
    ran = project.run(word, "spring.yaml")
    assert ran.code == 2
    assert f'there is no verb and no file named "{word}"; {hint}' in ran.err


def test_a_verb_after_the_flags_is_refused_with_the_order(project: Project) -> None:
    project.jobs(TWO)
    ran = project.run("--emulate", "status", "spring.yaml")
    assert ran.code == 2
    assert "if you mean the verb, write it first: vidu-run status ..." in ran.err


@pytest.mark.parametrize("word", ["spring", "春", "./status"])
def test_a_file_without_a_suffix_is_run(online: Project, word: str) -> None:
    online.jobs(TWO, word)
    assert online.run(word).code == 0


@pytest.mark.parametrize("path", ["gone.yaml", "gone/spring"])
def test_what_looks_like_a_path_is_a_missing_file(project: Project, path: str) -> None:
    assert project.run(path).code == 3
