"""What one process has read of files the next one does not read again, unless it must."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from runner.commands.load import remembering
from runner.commands.options import Options
from runner.commands.paths import ProjectPaths
from runner.documents import dump
from runner.hashing import MEMORY, CachedHash, StatKey
from runner.ledger import remembered
from tests.commands.conftest import Project
from tests.commands.process import running

RESULTS, VIDEO = "spring.results.yaml", "outputs/spring/a.png"
SIZE = 100 * 1024**2
CACHE = ".vidu-run/digests.sqlite3"

COUNTED = """
import atexit, os, pathlib, time
AHEAD = {ahead}
real = time.time, time.time_ns
time.time, time.time_ns = lambda: real[0]() + AHEAD, lambda: real[1]() + AHEAD * 10**9
pieces = []
readv = os.readv
def counting(descriptor, buffers):
    pieces.append(readv(descriptor, buffers))
    return pieces[-1]
os.readv = counting
told = pathlib.Path(__file__).with_name("read-" + str(os.getpid()))
atexit.register(lambda: told.write_text(str(sum(pieces))))
"""
"""An hour later, at which every file has long been left alone, or now; how much is read is told."""


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.fixture
def campaign(online: Project) -> Project:
    """One job is done, and its file is large; the results manifest tells, the ledger is empty."""
    online.jobs("  - {id: a, prompt: a red boat, seed: 7}\n")
    online.run("spring.yaml")
    video = online.folder / VIDEO
    with video.open("r+b") as file:
        file.truncate(SIZE)
    results = online.results()
    results["jobs"][0]["files"][0] |= {"sha256": digest(video), "bytes": SIZE}
    online.write(dump(results), RESULTS)
    shutil.rmtree(online.folder / ".vidu-run")
    (online.folder / ".vidu-run").mkdir()
    return online


def asked(project: Project, *arguments: str, ahead_s: int = 3600) -> tuple[int, str]:
    """How much a process of its own has read of result files, and what the plan is for the job."""
    words = arguments or ("plan", "--json", "spring.yaml")
    with running(project, *words, before=COUNTED.format(prefetcher=ahead_s)) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    read = int((project.folder / ".site" / f"read-{process.pid}").read_text())
    return read, json.loads(out)[0]["jobs"][0]["action"] if not arguments else err


def remembered_by_status(project: Project, *, ahead_s: int = 3600) -> int:
    """How much a verb has read that may write down what it has read."""
    return asked(project, "status", "spring.yaml", ahead_s=ahead_s)[0]


def believing(project: Project, sha256: str) -> None:
    """Have the cache say that of the file, as it is."""
    video = project.folder / VIDEO
    row = remembered.Row(
        os.fsencode(video),
        remembered.packed(StatKey.of(video.stat())),
        bytes.fromhex(sha256),
        "",
        0,
    )
    remembered.write(project.folder / CACHE, [row], 0)


def test_a_second_process_reads_nothing_again(campaign: Project) -> None:
    assert remembered_by_status(campaign) == SIZE
    assert asked(campaign) == (0, "reuse")
    assert remembered_by_status(campaign) == 0


def test_a_plan_writes_nothing_and_remembers_nothing(campaign: Project) -> None:
    for _ in range(2):
        assert asked(campaign) == (SIZE, "reuse")
    assert not (campaign.folder / CACHE).exists()


def test_a_run_reads_nothing_again_and_leaves_it_for_the_plan(campaign: Project) -> None:
    (campaign.folder / ".vidu-run").rmdir()
    assert asked(campaign, "spring.yaml", "--progress", "none")[0] == SIZE
    assert asked(campaign) == (0, "reuse")
    assert asked(campaign, "spring.yaml", "--progress", "none")[0] == 0


def test_a_file_that_was_edited_and_given_its_time_back_is_read(campaign: Project) -> None:
    remembered_by_status(campaign)
    video = campaign.folder / VIDEO
    before = video.stat()
    with video.open("r+b") as file:
        file.write(b"edited")
    os.utime(video, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert asked(campaign) == (SIZE, "fetch")


def test_a_file_that_was_just_written_is_not_relied_on(campaign: Project) -> None:
    (campaign.folder / VIDEO).touch()
    assert remembered_by_status(campaign, ahead_s=0) == SIZE
    assert not (campaign.folder / CACHE).exists()


def test_files_from_the_future_are_not_relied_on(campaign: Project) -> None:
    for _ in range(2):
        assert remembered_by_status(campaign, ahead_s=-3600) == SIZE


def test_a_copied_campaign_is_read(campaign: Project) -> None:
    remembered_by_status(campaign)
    copied = campaign.folder / "copied"
    for name in (".vidu-run", "outputs"):
        shutil.copytree(campaign.folder / name, copied / name)
    for name in ("spring.yaml", RESULTS):
        shutil.copy2(campaign.folder / name, copied)
    assert asked(Project(copied, campaign.env)) == (SIZE, "reuse")


def test_a_restored_backup_is_read(campaign: Project) -> None:
    remembered_by_status(campaign)
    video = campaign.folder / VIDEO
    shutil.copy2(video, video.with_name("backup"))
    video.with_name("backup").replace(video)
    assert asked(campaign) == (SIZE, "reuse")


def test_verifying_reads_and_mends_what_is_wrongly_believed(campaign: Project) -> None:
    believing(campaign, "0" * 64)
    assert asked(campaign) == (0, "fetch")
    read, told = asked(campaign, "fetch", "--verify", "--progress", "none", "spring.yaml")
    assert read >= SIZE
    assert "1 file as it was made" in told
    assert asked(campaign) == (0, "reuse")


def test_a_rehearsal_has_a_cache_of_its_own(campaign: Project) -> None:
    path = campaign.folder / "spring.yaml"
    real, rehearsed = (
        ProjectPaths.of(path, Options(manifests=(path,), emulate=emulate)).digests
        for emulate in (False, True)
    )
    assert real == campaign.folder / CACHE
    assert rehearsed != real


def test_what_is_little_is_not_worth_a_note(online: Project) -> None:
    online.jobs("  - {id: a, prompt: a red boat, seed: 7}\n")
    online.run("spring.yaml")
    before = sorted(online.folder.rglob("*"))
    remembered_by_status(online)
    made = set(online.folder.rglob("*")) - set(before)
    assert {path.name for path in made if ".site" not in path.parts} <= {
        ".site",
        "ledger.sqlite3-shm",
        "ledger.sqlite3-wal",
    }


def test_a_plan_without_a_ledger_makes_no_folder_for_it(campaign: Project) -> None:
    (campaign.folder / ".vidu-run").rmdir()
    assert asked(campaign) == (SIZE, "reuse")
    assert not (campaign.folder / ".vidu-run").exists()


def broken(path: Path) -> None:
    path.write_bytes(b"no database, whatever its name says " * 1000)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize("harm", [broken, cut, Path.unlink])
def test_a_cache_that_came_to_harm_is_made_anew(
    campaign: Project, harm: Callable[[Path], None]
) -> None:
    remembered_by_status(campaign)
    harm(campaign.folder / CACHE)
    assert remembered_by_status(campaign) == SIZE
    assert asked(campaign) == (0, "reuse")


def test_a_cache_that_is_locked_is_done_without(campaign: Project) -> None:
    remembered_by_status(campaign)
    with closing(sqlite3.connect(campaign.folder / CACHE, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert asked(campaign) == (SIZE, "reuse")
    assert asked(campaign) == (0, "reuse")


def killed_while_writing(project: Project) -> None:
    """What such a process leaves: pages written over, the journal with what was there before."""
    kill = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA cache_size = 1'); c.execute('BEGIN')\n"
        "c.execute('CREATE TABLE filler AS WITH RECURSIVE n(i) AS"
        " (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT i, randomblob(99) FROM n')\n"
        "c.execute('DELETE FROM digests'); os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", kill, project.folder / CACHE], check=False)
    assert (project.folder / f"{CACHE}-journal").exists()


def contents(folder: Path) -> dict[Path, str]:
    """The digest of every file, but of those by which processes are watched."""
    paths = (path for path in folder.rglob("*") if ".site" not in path.parts)
    return {path: digest(path) for path in paths if path.is_file()}


def test_a_process_that_was_killed_while_it_wrote_costs_nothing(campaign: Project) -> None:
    remembered_by_status(campaign)
    killed_while_writing(campaign)
    assert remembered_by_status(campaign) == 0
    assert asked(campaign) == (0, "reuse")


def test_a_plan_leaves_what_a_killed_process_has_left_and_reads(campaign: Project) -> None:
    remembered_by_status(campaign)
    killed_while_writing(campaign)
    before = contents(campaign.folder)
    assert asked(campaign) == (SIZE, "reuse")
    assert contents(campaign.folder) == before


def test_what_is_interrupted_keeps_what_it_has_read(campaign: Project) -> None:
    options = Options(manifests=(campaign.folder / "spring.yaml",))
    places = ProjectPaths.of(options.manifests[0], options)
    video = campaign.folder / VIDEO
    marks = StatKey.of(video.stat())

    def interrupted() -> None:
        with remembering(options, places):
            MEMORY.keep(video, marks, CachedHash(digest(video)))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert asked(campaign) == (0, "reuse")


def test_two_processes_at_once_share_a_cache(campaign: Project) -> None:
    with ExitStack() as both:
        verbs = [
            both.enter_context(
                running(campaign, "status", "spring.yaml", before=COUNTED.format(prefetcher=3600))
            )
            for _ in range(2)
        ]
        told = [process.communicate(timeout=60) for process in verbs]
    assert [process.returncode for process in verbs] == [0, 0], told
    assert asked(campaign) == (0, "reuse")
