"""Every fault alone (and, with `make chaos`, every pair): nothing is paid twice, and runs end."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import sqlite3
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from runner.emulator.faults.script import parse_faults
from runner.emulator.options import EmulatorOptions
from runner.emulator.server import run_emulator
from tests.commands.conftest import Project
from tests.commands.quick_clock import quicken_runs
from tests.commands.serving import seen

Fault = dict[str, Any]

JOBS = """
  - {id: a, prompt: boat one}
  - {id: b, prompt: boat two}
  - id: v
    operation: modelverse/reference2video
    prompt: dance
    images: ["${{ jobs.a.url }}"]
    duration: 1
    resolution: 540p
"""
SUBMITS = ["vidu.submit", "modelverse.submit"]
ASKS = ["vidu.creations", "modelverse.status"]

ONCE: list[Fault] = [
    {"on": SUBMITS, "fault": "cut_before"},
    {"on": SUBMITS, "fault": "cut_before", "body": False},
    {"on": SUBMITS, "fault": "cut_after"},
    {"on": SUBMITS, "fault": "not_http"},
    {"on": SUBMITS, "fault": "error", "status": 500, "when": "before"},
    {"on": SUBMITS, "fault": "error", "status": 504, "when": "after"},
    {"on": SUBMITS, "fault": "error", "status": 408, "when": "after"},
    {"on": "vidu.submit", "fault": "error", "reason": "QuotaExceeded"},
    {"on": "vidu.submit", "fault": "error", "reason": "TooManyRequests", "retry_after": 1},
    {"on": "vidu.submit", "fault": "error", "reason": "SystemThrottling"},
    {"on": "vidu.submit", "fault": "error", "reason": "OperationInProcess"},
    {"on": "modelverse.submit", "fault": "error", "reason": "rate_limit"},
    {"on": "vidu.submit", "fault": "error", "reason": "TaskPromptPolicyViolation"},
    {"on": SUBMITS, "fault": "redirect"},
    {"on": SUBMITS, "fault": "slow", "delay_s": 0.5},
    {"on": SUBMITS, "fault": "drip", "bytes": 40},
    {"on": SUBMITS, "fault": "truncate"},
    {"on": SUBMITS, "fault": "not_json"},
    {"on": SUBMITS, "fault": "empty"},
    {"on": SUBMITS, "fault": "huge", "bytes": 20_000_000},
    {"on": SUBMITS, "fault": "header", "name": "X-Policy", "bytes": 9_500},
    {"on": SUBMITS, "fault": "header", "name": "X-Policy", "bytes": 70_000},
    {"on": SUBMITS, "fault": "header", "name": "Content-Length"},
    {"on": SUBMITS, "fault": "compressed", "declared": False},
    {"on": SUBMITS, "fault": "drop", "fields": ["task_id"]},
    {"on": "vidu.submit", "fault": "fail_task", "err_code": "InternalServiceFailure"},
    {"on": "vidu.submit", "fault": "fail_task", "err_code": "CreationPolicyViolation"},
    {"on": SUBMITS, "fault": "outage"},
    {"on": ASKS, "fault": "cut_before"},
    {"on": ASKS, "fault": "error", "status": 500},
    {"on": ASKS, "fault": "not_json"},
    {"on": ASKS, "fault": "drop", "fields": ["state", "task_status"]},
    {"on": ASKS, "fault": "drop", "fields": ["creations", "urls"]},
    {"on": ASKS, "fault": "state", "state": "dreaming"},
    {"on": ASKS, "fault": "goes_back"},
    {"on": ASKS, "fault": "set", "fields": {"url": ""}},
    {"on": ASKS, "fault": "several"},
    {"on": ASKS, "fault": "not_found"},
    {"on": "files", "fault": "cut_before"},
    {"on": "files", "fault": "expired"},
    {"on": "files", "fault": "status", "status": 203},
    {"on": "files", "fault": "compressed"},
    {"on": "files", "fault": "wrong_type"},
    {"on": "files", "fault": "wrong_length", "by": 100},
    {"on": "files", "fault": "truncate"},
    {"on": "files", "fault": "drip", "bytes": 20_000, "pause_s": 0.01},
]
LISTS: list[Fault] = [
    {"on": "vidu.list", "fault": "no_list"},
    {"on": "vidu.list", "fault": "empty_list"},
    {"on": "vidu.list", "fault": "stale_list", "lag_s": 60},
    {"on": "vidu.list", "fault": "drop", "fields": ["prompt"]},
    {"on": "vidu.list", "fault": "drop", "fields": ["state"]},
    {"on": "vidu.list", "fault": "not_json"},
]


EARLIER = """
  - {id: "p${{ matrix.n }}", prompt: "boat ${{ matrix.n }}", matrix: {n: [3, 4, 5, 6, 7]}}
  - id: "v${{ matrix.n }}"
    operation: modelverse/reference2video
    prompt: "dance ${{ matrix.n }}"
    images: ["${{ jobs.p3.url }}"]
    duration: 1
    resolution: 540p
    matrix: {n: [1, 2, 3, 4, 5]}
"""
"""Enough tasks of both kinds for the ledger to know that they end at once here."""


@pytest.fixture(scope="session")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of a project that has made tasks like those of `JOBS` before.

    Without it every case would wait as long as a real video takes at least.
    """
    project = Project(tmp_path_factory.mktemp("earlier"), {})
    project.jobs(EARLIER, "earlier.yaml")
    options = EmulatorOptions(time_scale=0)
    with pytest.MonkeyPatch.context() as patch, run_emulator(options) as url:
        quicken_runs(patch)
        connect(project, url)
        ran = project.run("earlier.yaml", "--no-download", "--concurrency", "10")
    assert ran.code == 0, ran.err
    state = project.folder / ".vidu-run"
    with contextlib.closing(sqlite3.connect(state / "ledger.sqlite3")) as connection, connection:
        # They ended at once, but were asked for as late as real ones.
        connection.execute(
            "UPDATE attempts SET finished_at ="
            " strftime('%Y-%m-%dT%H:%M:%fZ', submitted_at, '+0.05 seconds')"
        )
    return state


def connect(project: Project, url: str) -> None:
    for name in ("VIDU", "MODELVERSE"):
        project.env |= {f"{name}_BASE_URL": url, f"{name}_API_KEY": "chaos-key"}


def once(fault: Fault) -> Fault:
    return {"times": 1, **fault}


def name_of(faults: tuple[Fault, ...]) -> str:
    return "+".join("-".join(str(v) for v in fault.values()) for fault in faults)


ALONE = [(once(fault),) for fault in ONCE] + [
    (once({"on": "vidu.submit", "fault": "cut_after"}), fault) for fault in LISTS
]
PAIRS = [(once(one), once(other)) for one, other in itertools.combinations(ONCE, 2)] + [
    (once(one), other) for one in ONCE for other in LISTS
]
CASES = ALONE + (PAIRS if "VIDU_RUN_CHAOS_ROUNDS" in os.environ else [])


@pytest.mark.parametrize("faults", CASES, ids=name_of)
def test_no_fault_makes_a_run_pay_twice_or_hang(
    tmp_path: Path, ledger: Path, faults: tuple[Fault, ...]
) -> None:
    project = Project(tmp_path, {"VIDU_RUN_SETTLE": "0.1s", "VIDU_RUN_POLL_RATE": "50"})
    project.jobs(JOBS)
    shutil.copytree(ledger, tmp_path / ".vidu-run")
    with run_emulator(EmulatorOptions(time_scale=0, faults=parse_faults(faults))) as url:
        connect(project, url)
        began = time.monotonic()
        for _ in range(2):
            code = project.run("spring.yaml", "--timeout", "5s", "--outage", "8s").code
        assert time.monotonic() - began < 60
        accepted = seen(url)
    failed = [row for row in project.rows().values() if row["state"] == "failed"]
    again = Counter(each["untagged"] for each in accepted)
    # A task that failed unbilled may be made once more; nothing else ever is.
    assert sum(again.values()) - len(again) <= sum(f["fault"] == "fail_task" for f in faults)
    assert code in {0, 1, 4, 6, 7}
    recorded = {row["task_id"] for row in project.rows().values()}
    unsettled = [row for row in project.rows().values() if row["state"] == "ambiguous"]
    lost = [each["task_id"] for each in accepted if each["task_id"] not in recorded]
    assert len(lost) <= len(unsettled) + sum(again.values()) - len(again), failed
