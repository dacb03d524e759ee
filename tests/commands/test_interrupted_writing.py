"""SIGINT and SIGKILL, sent to a real process in the very middle of writing its results."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable

import pytest

from tests.commands.conftest import Project
from tests.commands.process import running

BOATS = ("first", "second", "third")
ROWS = 20
NAMES = (*BOATS, *(f"r{n}" for n in range(ROWS)))
JOBS = "".join(f"  - {{id: {name}, prompt: {name} boat}}\n" for name in NAMES)

STOPS_IN_THE_MIDDLE = """
import io, os, signal

class Disk(io.FileIO):
    def write(self, piece):
        if stopped:
            return super().write(piece)
        written = super().write(piece[: len(piece) // 2])
        stopped.append(os.kill(os.getpid(), signal.SIGSTOP))
        return written

def fdopen(number, mode="r", *rest, **named):
    if number not in parts:
        return plain_fdopen(number, mode, *rest, **named)
    return io.BufferedRandom(Disk(number, mode))

def open_(path, *rest, **named):
    number = plain_open(path, *rest, **named)
    (parts.add if os.fspath(path).endswith(".results.yaml.part") else parts.discard)(number)
    return number

stopped, parts = [], set()
plain_open, plain_fdopen, os.open, os.fdopen = os.open, os.fdopen, open_, fdopen
"""
"""A disk that takes half of the new results, and then stops the process that writes them."""


def stopped_in_the_middle(project: Project, process: subprocess.Popen[str]) -> None:
    """Wait until a part of the new results is on the disk, and not all of it."""
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    part = project.folder / ".spring.results.yaml.part"
    assert 0 < part.stat().st_size < (project.folder / "spring.results.yaml").stat().st_size


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_interrupted_results_are_whole_either_old_or_new(
    online: Project, submissions: Callable[[], Counter[str]], number: signal.Signals
) -> None:
    online.jobs(JOBS)
    assert online.run("spring.yaml", "--select", "first").code == 0
    before = online.results()
    both = ("--select", "first", "--select", "second")
    with running(online, "spring.yaml", *both, before=STOPS_IN_THE_MIDDLE) as process:
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
    rows = online.rows()
    assert {rows[name]["state"] for name in BOATS} == {"succeeded"}
    assert len(rows) == len(BOATS) + ROWS
    assert submissions() == {"accepted": 3}
    assert not list(online.folder.rglob("*.part*"))
