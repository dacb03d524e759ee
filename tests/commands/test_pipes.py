"""Outputs that end early: a run goes on, and its code is that of its jobs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.conftest import Project

MANY = "".join(f"  - {{id: j{n}, prompt: boat {n}}}\n" for n in range(4))

Count = Callable[[], Counter[str]]


def code(project: Project, command: str, into: str = "") -> int:
    """The exit code of `vidu-run COMMAND`, perhaps with its output piped into another program."""
    env = {k: v for k, v in (os.environ | project.env).items() if v is not None}
    env |= {"PYTHONPATH": str(Path(__file__).parents[2]), "RUN": f"{sys.executable} -m runner"}
    script = f"{{ $RUN {command}\n echo $? >code; }}{into and f' | {into} >/dev/null'}"
    subprocess.run(["/bin/sh", "-c", script], cwd=project.folder, env=env, check=False, timeout=50)
    return int((project.folder / "code").read_text())


@pytest.mark.parametrize(
    "command",
    [
        "spring.yaml --progress json | head -1",
        "spring.yaml --progress plain 2>&1 | head -1",
        "spring.yaml --progress bar 2>&1 | head -c 9",  # tqdm's lock once hung at exit
        "spring.yaml --progress bar 2>/dev/full",
        "spring.yaml --progress json >/dev/full",
        "spring.yaml >&- 2>&- <&-",
    ],
)
def test_a_run_whose_output_ends_makes_everything(
    online: Project, submissions: Count, command: str
) -> None:
    online.jobs(MANY)
    arguments, _, into = command.partition(" | ")
    assert code(online, arguments, into) == 0
    assert {row["state"] for row in online.rows().values()} == {"succeeded"}
    assert submissions() == {"accepted": 4}
