from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from runner.commands.emulate import read_script
from runner.errors import UsageError
from tests.commands.conftest import Project
from tests.commands.process import listing

ROOT = Path(__file__).parents[2]


PAGE = (ROOT / "docs/emulator.md").read_text(encoding="utf-8")


def test_on_needs_no_quotes(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("- {on: vidu.submit, fault: cut_after}\n- on: files\n  fault: expired\n")
    assert [set(rule.on) for rule in read_script(path)] == [{"vidu.submit"}, {"files"}]


def test_a_script_may_be_json(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    path.write_text('{"faults": [{"on": "any", "fault": "outage"}]}')
    assert len(read_script(path)) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {fault: cut_aftr}", r'faults\.yaml: error: fault 1 .* no fault "cut_aftr"'),
        ("- {fault: empty, fault: empty}", r"faults\.yaml:1:18: error: duplicate key"),
        ("- {fault: empty, yes: 1, no: 1}", r"(?s)reads the key yes .*reads the key no"),
        ("", "a list"),
    ],
)
def test_an_error_names_the_file_of_the_script(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_script(path)
    assert re.search(message, str(caught.value))


def test_a_missing_script_is_an_error() -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_script(Path("nothing.yaml"))


def test_the_examples_of_the_page_are_valid(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) >= 4
    for number, block in enumerate(blocks):
        (tmp_path / f"{number}.yaml").write_text(block, encoding="utf-8")
    for path in (*tmp_path.glob("*.yaml"), *(ROOT / "manifests/faults").glob("*.yaml")):
        assert read_script(path)


def test_the_program_serves_with_faults(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("- {on: vidu.credits, fault: error, reason: Forbidden}\n")
    switches = ["--over-limit", "refuse", "--list-fields", "all"]
    arguments = ["emulate", "--port", "0", "--faults", str(path), *switches]
    with subprocess.Popen(
        [sys.executable, "-m", "runner", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split(" at ")[1].split()[0]
        request = urllib.request.Request(  # noqa: S310
            url + "/ent/v2/credits", headers={"Authorization": "Token k"}
        )
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)  # noqa: S310
        with caught.value as answer:
            assert json.load(answer)["reason"] == "Forbidden"
        process.send_signal(signal.SIGINT)
    assert process.returncode == 0


def test_the_program_rejects_a_wrong_script(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("- {on: vidu.sumbit, fault: cut_after}\n")
    ended = subprocess.run(
        [sys.executable, "-m", "runner", "emulate", "--faults", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert 'did you mean "vidu.submit"?' in ended.stderr
    assert ended.stdout == ""


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
