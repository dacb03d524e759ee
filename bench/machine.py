"""What the numbers were measured on: the machine, its system and the versions in play."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sqlite3
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from bench.processes import ROOT
from bench.tables import Table

LIBRARIES = (
    "vidu-run",
    "aiohttp",
    "yarl",
    "click",
    "PyYAML",
    "jsonschema-rs",
    "jsonschema",
    "rfc8785",
)


def table() -> Table:
    """The machine as a table of its own."""
    rows = [
        ("processor", _processor()),
        ("cores in use", str(_cores())),
        ("memory", f"{_memory_bytes() / 2**30:.0f} GiB"),
        ("system", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        *((name, importlib.metadata.version(name)) for name in LIBRARIES),
        ("SQLite", sqlite3.sqlite_version),
        ("curl", " ".join(_first_line("curl", "--version").split()[1:2]) or "-"),
    ]
    return Table(
        name="machine",
        title="The machine of the last run",
        command="python -m bench --write",
        columns=("what", "which"),
        rows=tuple(rows),
    )


def where_and_when() -> str:
    """One line for each table: date, commit, machine."""
    commit = _first_line("git", "-C", str(ROOT), "describe", "--always", "--dirty")
    python = platform.python_version()
    today = datetime.now(UTC).date().isoformat()
    return f"{today}, commit {commit}, {_processor()}, {_cores()} cores, Python {python}"


def _processor() -> str:
    """The model's name, as far as the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    if shutil.which("sysctl"):
        return _first_line("sysctl", "-n", "machdep.cpu.brand_string")
    return platform.machine()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _first_line(*command: str) -> str:
    """The first line that a command says; a dash where there is none."""
    if shutil.which(command[0]) is None:
        return "-"
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return (said.splitlines() or ["-"])[0]
