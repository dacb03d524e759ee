from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runner.commands.emulate import read_script
from runner.emulator.api.errors import REASONS
from runner.emulator.faults.catalogue import FAULTS
from runner.emulator.faults.reading import read_faults
from runner.emulator.faults.records import KINDS
from runner.errors import UsageError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/emulator.md").read_text(encoding="utf-8")


def test_on_needs_no_quotes(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("- {on: vidu.submit, fault: cut_after}\n- on: files\n  fault: expired\n")
    assert [sorted(rule.on) for rule in read_faults(read_script(path))] == [
        ["vidu.submit"],
        ["files"],
    ]


def test_json_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    path.write_text('{"faults": [{"on": "any", "fault": "outage"}]}')
    assert len(read_faults(read_script(path))) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- {fault: cut_aftr}", r'faults\.yaml: error: fault 1 .* no fault "cut_aftr"'),
        ("- {fault: empty, fault: empty}", r"faults\.yaml:1:18: error: duplicate key"),
        ("- {fault: empty, yes: 1, no: 1}", r"(?s)reads the key yes .*reads the key no"),
        ("", "a list"),
    ],
)
def test_a_script_that_is_wrong_is_told_with_its_file(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_script(path)
    assert re.search(told, str(caught.value))


def test_a_script_that_is_not_there_is_told() -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_script(Path("nothing.yaml"))


def test_the_example_and_those_of_the_page_are_right(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) >= 4
    for number, block in enumerate(blocks):
        (tmp_path / f"{number}.yaml").write_text(block, encoding="utf-8")
    for path in (*tmp_path.glob("*.yaml"), *(ROOT / "manifests/faults").glob("*.yaml")):
        assert read_faults(read_script(path))


def test_the_page_tells_every_fault_every_request_and_every_reason() -> None:
    told = set(re.findall(r"`([a-zA-Z_.]+)`", PAGE))
    keys = {key for fault in FAULTS.values() for key in fault.keys}
    assert {*FAULTS, *KINDS, *REASONS, "any"} - told == set()
    assert {key for key in keys if f"`{key}" not in PAGE} == set()


def test_the_program_serves_with_faults(tmp_path: Path, ask: Any) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("- {on: vidu.credits, fault: error, reason: Forbidden}\n")
    arguments = ["emulate", "--port", "0", "--faults", str(path)]
    with subprocess.Popen(
        [sys.executable, "-m", "runner", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split(" at ")[1].split()[0]
        assert ask("GET", url + "/ent/v2/credits").json["reason"] == "Forbidden"
        process.send_signal(signal.SIGINT)
    assert process.returncode == 0


def test_the_program_refuses_a_wrong_script(tmp_path: Path) -> None:
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
