"""SIGINT and SIGKILL, sent to a real process in the very middle of writing its results."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.conftest import Project
from tests.commands.process import running, until

ROWS = 2500
"""So many rows that take a second to write: time to be stopped in."""

BOATS = ("first", "second", "third")
NAMES = (*BOATS, *(f"r{n}" for n in range(ROWS)))
JOBS = "".join(f"  - {{id: {name}, prompt: {name} boat}}\n" for name in NAMES)


def stopped_in_the_middle(project: Project, process: subprocess.Popen[str]) -> None:
    """Stop the process when a part of the new results is on the disk, and not all of it."""
    part = project.folder / ".spring.results.yaml.part"
    until(lambda: _size(part) > 0 or process.poll() is not None, every_s=0.001)
    process.send_signal(signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)
    assert 0 < _size(part) < (project.folder / "spring.results.yaml").stat().st_size


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_interrupted_results_are_whole_either_old_or_new(
    online: Project, submissions: Callable[[], Counter[str]], number: signal.Signals
) -> None:
    online.jobs(JOBS)
    assert online.run("spring.yaml", "--select", "first").code == 0
    before = online.results()
    with running(online, "spring.yaml", "--select", "first", "--select", "second") as process:
        stopped_in_the_middle(online, process)
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        code = process.wait(60)
    after = online.results()
    if number is signal.SIGKILL:
        assert after == before
    else:
        assert after["run"]["exit_code"] == code == 130
        assert online.rows()["second"]["state"] == "succeeded"
    again = online.run("spring.yaml", *(each for name in BOATS for each in ("--select", name)))
    assert again.code == 0
    assert {online.rows()[name]["state"] for name in BOATS} == {"succeeded"}
    assert len(online.results()["jobs"]) == len(BOATS) + ROWS
    assert submissions() == {"accepted": 3}
    assert not list(online.folder.rglob("*.part*"))
