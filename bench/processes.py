"""Commands as processes of their own: what they took of time, processor and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024
_LAUNCH = Path(__file__).parent / "launch.py"
ROOT = Path(__file__).parents[1]
"""The checkout."""


class BenchError(Exception):
    """Something that was to be measured did not work: no number can be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a command and all of its children took."""

    wall_s: float
    cpu_s: float
    """User and system time together, of children that ended as well."""
    peak_bytes: int
    """Of the largest process; of all of them together where the `tree` was asked for."""
    out: str
    """Its standard output."""

    @property
    def peak_mb(self) -> float:
        """In MiB."""
        return self.peak_bytes / MIB


def _surroundings() -> dict[str, str]:
    """The environment, in which compiled modules are kept: as they are where it is installed."""
    return {name: text for name, text in os.environ.items() if name != _UNCOMPILED}


_UNCOMPILED = "PYTHONDONTWRITEBYTECODE"


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    tree: bool = False,
    codes: Sequence[int] = (0,),
) -> Usage:
    """Run a command to its end, in an environment with `env` added; blocks.

    `tree`: add up the memory of all of its processes, which takes looking at them several times
    a second. Raises BenchError, with the end of what it said, for a code that is not in `codes`.
    """
    with tempfile.NamedTemporaryFile(mode="r", encoding="ascii", suffix=".json") as report:
        ended = subprocess.run(
            # -S and -E: nothing of anybody's Python comes in the way of the launcher.
            [sys.executable, "-S", "-E", _LAUNCH, str(int(tree)), report.name, *map(str, command)],
            cwd=cwd,
            env={**_surroundings(), "PYTHONPATH": str(ROOT), **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        told = json.loads(report.read() or "{}")
    code = told.pop("code", ended.returncode or 1)
    if code not in codes:
        said = (ended.stderr or ended.stdout)[-2000:]
        raise BenchError(f"{command[0]} ended with {code}: {said}")
    return Usage(out=ended.stdout, **told)
