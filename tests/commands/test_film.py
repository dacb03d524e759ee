"""`manifests/film.yaml`: jobs that go on from each other's files, URLs, covers and ids."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import av
import pytest

from runner.emulator import tables
from runner.emulator.options import EmulatorOptions
from runner.emulator.server import run_emulator
from tests.commands.conftest import Project, Ran
from tests.commands.process import running, until
from tests.commands.serving import seen
from tests.emulator.media import decibels

EXAMPLES = Path(__file__).parents[2] / "manifests"
SIDES = dict(tables.SHORT_SIDE)
JOBS = 15
UP_TO = (3, 6, 9, 12, 15)
"""Accepted submissions by which each of the kills has come."""


@pytest.fixture(autouse=True)
def half_as_wide(small_pictures: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Emulators in this process draw at half the size: lip-sync takes nothing smaller."""
    del small_pictures  # has to be patched before
    monkeypatch.setattr(tables, "SHORT_SIDE", {name: side // 4 * 2 for name, side in SIDES.items()})


@pytest.fixture
def film(project: Project) -> Project:
    """A project with the manifest and its pictures."""
    shutil.copy(EXAMPLES / "film.yaml", project.folder)
    shutil.copytree(EXAMPLES / "refs", project.folder / "refs")
    return project


def test_the_film_is_made_and_then_reused(film: Project) -> None:
    def run() -> Ran:
        return film.run("film.yaml", "--emulate", "--time-scale", "0", "--poll-rate", "100")

    ran = run()
    assert ran.code == 0, ran.err
    assert "warning" not in ran.err
    folder = film.folder / "outputs/emulated/film"
    with av.open(str(folder / "final-3.mp4")) as container:
        assert (container.streams.video[0].width, container.duration) == (960, 13_000_000)
    heard, voice = (decibels((folder / name).read_bytes()) for name in ("final-3.mp4", "voice.mp3"))
    assert heard == pytest.approx(voice, abs=1)
    assert max(voice) > -25
    assert "nothing spent" in run().err


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_film_killed_on_its_way_has_one_task_a_job(film: Project, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    with run_emulator(EmulatorOptions(time_scale=0.02, concurrency=20)) as url:
        film.env |= {"VIDU_BASE_URL": url, "VIDU_API_KEY": "chaos-key"}
        film.env |= {"VIDU_RUN_SETTLE": "0.2s", "VIDU_RUN_POLL_RATE": "50"}
        for most in UP_TO:
            kill_when(film, url, most, chance.uniform(0, 0.3))
        ran = film.run("film.yaml")
        accepted = [each["task_id"] for each in seen(url)]
    assert ran.code == 0, ran.err
    rows = film.rows("film.results.yaml")
    assert {row["state"] for row in rows.values()} == {"succeeded"}
    assert sorted(accepted) == sorted(row["task_id"] for row in rows.values())
    assert len(accepted) == JOBS


def kill_when(film: Project, url: str, accepted: int, after_s: float) -> None:
    """Run, and kill the process that time after so many submissions were accepted."""
    with running(film, "film.yaml") as process:
        until(lambda: len(seen(url)) >= accepted)
        with pytest.raises(subprocess.TimeoutExpired):  # it must not have ended by itself
            process.wait(after_s)
        process.kill()
        process.wait()
