"""A real process, killed at random moments until it gets through: nothing is paid twice.

`make test` runs a few rounds, `make chaos` hundreds (VIDU_RUN_CHAOS_ROUNDS).
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from runner.emulator.options import EmulatorOptions
from runner.emulator.server import run_emulator
from runner.marks.write import format_marks
from runner.model.marks import Choice, Mark
from tests.commands.conftest import Project
from tests.commands.process import running
from tests.commands.serving import seen

ROUNDS = int(os.environ.get("VIDU_RUN_CHAOS_ROUNDS", "3"))


KILLS = 5
"""The most kills in a round; after that the run may end."""


IMAGES = "".join(f"  - {{id: i{n}, prompt: boat {n}}}\n" for n in range(6))


VIDEOS = "".join(
    f"""  - id: v{n}
    operation: modelverse/reference2video
    prompt: dance {n}
    images: ["${{{{ jobs.i{n}.url }}}}"]
    duration: 1
    resolution: 540p
"""
    for n in range(3)
)


def killed(project: Project, after_s: float, *flags: str) -> bool:
    """Run, kill after that time; whether it had ended by itself before."""
    with running(project, "spring.yaml", "--no-download", *flags) as process:
        try:
            process.wait(after_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False
    return True


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_run_killed_again_and_again_pays_for_nothing_twice(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    names = ("VIDU", "MODELVERSE")
    with run_emulator(EmulatorOptions(time_scale=0.02, concurrency=20)) as url:
        project = Project(tmp_path, {"VIDU_RUN_SETTLE": "0.2s", "VIDU_RUN_POLL_RATE": "50"})
        for name in names:
            project.env |= {f"{name}_BASE_URL": url, f"{name}_API_KEY": "chaos-key"}
        project.jobs(IMAGES + VIDEOS)
        for _ in range(KILLS):
            if killed(project, chance.uniform(0.2, 1.6)):
                break
        began = time.monotonic()
        ran = project.run("spring.yaml", "--no-download")
        assert time.monotonic() - began < 60
        accepted = seen(url)
    twice = [digest for digest, n in Counter(e["untagged"] for e in accepted).items() if n > 1]
    assert not twice, f"seed {seed}: paid twice"
    rows = project.rows()
    recorded = {row["task_id"] for row in rows.values()}
    unsettled = {name for name, row in rows.items() if row["state"] == "ambiguous"}
    assert all(name.startswith("v") for name in unsettled), f"seed {seed}: {unsettled}"
    lost = [e for e in accepted if e["task_id"] not in recorded]
    assert len(lost) <= len(unsettled), f"seed {seed}: paid and not in the results"
    assert ran.code == (7 if unsettled else 0), ran.err


TAKES = "  - {id: boat, takes: 5, prompt: a boat}\n  - {id: sea, prompt: the sea}\n"
REDO = ("--redo", "spring.marks.yaml")


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_redo_killed_again_and_again_pays_for_nothing_twice(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    with run_emulator(EmulatorOptions(time_scale=0.02, concurrency=20)) as url:
        env: dict[str, str | None] = {"VIDU_RUN_SETTLE": "0.2s", "VIDU_RUN_POLL_RATE": "50"}
        project = Project(tmp_path, {**env, "VIDU_BASE_URL": url, "VIDU_API_KEY": "chaos-key"})
        project.jobs(TAKES)
        assert project.run("spring.yaml", "--no-download").code == 0
        rejected = [row for row in project.rows().values() if chance.random() < 0.6]
        marks = [
            Mark(id=row["id"], fingerprint=row["fingerprint"], choice=Choice.REJECTED)
            for row in rejected
        ]
        project.write(format_marks(marks), "spring.marks.yaml")
        for _ in range(KILLS):
            if killed(project, chance.uniform(0.2, 1.6), *REDO):
                break
        ran = project.run("spring.yaml", "--no-download", *REDO)
        accepted = seen(url)
    assert ran.code == 0, ran.err
    assert len({each["untagged"] for each in accepted}) == len(accepted), f"seed {seed}: paid twice"
    assert len(accepted) == 6 + len(rejected)
    rows = project.rows()
    assert len(rows) == 6
    assert rows.keys().isdisjoint(row["id"] for row in rejected)
    recorded = {row["task_id"] for row in (*rows.values(), *project.results()["removed"])}
    assert recorded == {each["task_id"] for each in accepted}
