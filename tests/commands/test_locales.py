"""Locales that are not UTF-8: output is escaped, and names are checked before anything is paid."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.conftest import Project

CAT = "  - {id: 猫, prompt: 一只小猫 é \U0001f408}\n"

# Without Python's own remedies the C locale is ASCII, for files as well.
ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="macOS names files in UTF-8")


def ended(project: Project, *arguments: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """The program in a process of its own, with that locale."""
    environ = {k: v for k, v in (os.environ | project.env | env).items() if v is not None}
    return subprocess.run(
        [sys.executable, "-m", "runner", *arguments],
        cwd=project.folder,
        env=environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
        capture_output=True,
    )


@linux_only
def test_a_name_that_the_locale_lacks_ends_a_run_unpaid(
    online: Project, submissions: Callable[[], Counter[str]]
) -> None:
    online.jobs(CAT + "  - {id: 犬, prompt: a dog}\n  - {id: a, prompt: a bird}\n")
    run = ended(online, "run", "spring.yaml", **ASCII)
    assert run.returncode == 3
    first, *_, hint = run.stderr.decode("ascii").splitlines()
    assert first == (
        r'spring.yaml:5:10: error: job "\u732b": its file cannot be named so in this locale, '
        "nor can 1 other"
    )
    assert hint.endswith("set LC_ALL=C.UTF-8 and run again")
    assert not submissions()


@linux_only
def test_outputs_that_the_locale_lacks_end_a_run_unpaid(
    online: Project, submissions: Callable[[], Counter[str]]
) -> None:
    online.jobs("  - {id: a, prompt: x}\nrun: {outputs: 输出}\n")
    run = ended(online, "run", "spring.yaml", **ASCII)
    assert run.returncode == 3
    assert rb'run.outputs "\u8f93\u51fa" cannot be named in this locale' in run.stderr
    assert not submissions()


@linux_only
def test_a_ledger_is_the_same_file_in_every_locale(
    online: Project, submissions: Callable[[], Counter[str]]
) -> None:
    online.jobs("  - {id: a, prompt: x}\n")
    folder = ("--state-dir", "账本")
    assert ended(online, "run", "spring.yaml", *folder, **ASCII).returncode == 0
    (online.folder / "spring.results.yaml").unlink()
    assert ended(online, "run", "spring.yaml", *folder).returncode == 0
    assert submissions() == {"accepted": 1}


@linux_only
def test_without_downloads_any_locale_will_do(
    online: Project, submissions: Callable[[], Counter[str]]
) -> None:
    online.jobs(CAT)
    assert ended(online, "run", "spring.yaml", "--no-download", **ASCII).returncode == 0
    assert submissions() == {"accepted": 1}
    assert online.rows()["猫"]["prompt"] == "一只小猫 é \U0001f408"
    assert online.run("fetch", "spring.yaml").code == 0
    assert ended(online, "fetch", "spring.yaml", **ASCII).returncode == 3  # it sees no file


@linux_only
def test_an_image_or_file_that_the_locale_lacks_has_a_hint(project: Project) -> None:
    project.jobs("  - {id: a, prompt: x, images: [猫.png]}\n  - {id: b, foreach: 猫.csv}\n")
    checked = ended(project, "validate", "spring.yaml", **ASCII)
    assert checked.returncode == 3
    assert checked.stderr.count(b"set LC_ALL=C.UTF-8") == 2


@pytest.mark.parametrize(("verb", "encoding"), [("plan", "gbk"), ("status", "latin-1")])
def test_verbs_print_in_any_encoding(project: Project, verb: str, encoding: str) -> None:
    project.jobs(CAT)
    printed = ended(project, verb, "spring.yaml", PYTHONIOENCODING=encoding)
    assert printed.returncode in {0, 6}
    assert printed.stdout.decode(encoding)
    assert b"bug" not in printed.stderr


def test_json_is_utf8_whatever_the_encoding(project: Project) -> None:
    project.jobs(CAT)
    printed = ended(project, "plan", "--json", "spring.yaml", PYTHONIOENCODING="latin-1")
    (plan,) = json.loads(printed.stdout.decode("utf-8"))
    assert [job["id"] for job in plan["jobs"]] == ["猫"]


def test_progress_as_json_is_complete_in_an_ascii_locale(online: Project) -> None:
    online.jobs(CAT)
    run = ended(online, "spring.yaml", "--progress", "json", PYTHONIOENCODING="ascii")
    assert run.returncode == 0
    events = [json.loads(line) for line in run.stdout.splitlines()]
    assert events[-1]["event"] == "done"
    assert {event["job"] for event in events if event.get("job")} == {"猫"}
