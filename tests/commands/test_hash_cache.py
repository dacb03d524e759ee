"""The hash cache: a process does not read large files again that an earlier one has read."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from runner.commands.options import Options, ProjectPaths
from runner.documents.dump import dump
from runner.hashing import MIN_SAVED_BYTES, CachedHash, HashCache
from tests.commands.conftest import Project
from tests.commands.process import running

RESULTS, VIDEO = "spring.results.yaml", "outputs/spring/a.png"
SIZE = MIN_SAVED_BYTES
CACHE = ".vidu-run/digests.sqlite3"

COUNTED = """
import atexit, os, pathlib, time
AHEAD = {ahead_s}
real = time.time, time.time_ns
time.time, time.time_ns = lambda: real[0]() + AHEAD, lambda: real[1]() + AHEAD * 10**9
pieces = []
readv = os.readv
def counting(descriptor, buffers):
    pieces.append(readv(descriptor, buffers))
    return pieces[-1]
os.readv = counting
count = pathlib.Path(__file__).with_name("read-" + str(os.getpid()))
atexit.register(lambda: count.write_text(str(sum(pieces))))
"""
"""Moves the clock, so that files have settled, and writes down how many bytes were read."""


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.fixture
def campaign(online: Project) -> Project:
    """One job is done, and its file is large; the results manifest is the only evidence."""
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
    with running(project, *words, before=COUNTED.format(ahead_s=ahead_s)) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    read = int((project.folder / ".site" / f"read-{process.pid}").read_text())
    return read, json.loads(out)[0]["jobs"][0]["action"] if not arguments else err


def bytes_read_by_status(project: Project, *, ahead_s: int = 3600) -> int:
    """How much a verb has read that may write down what it has read."""
    return asked(project, "status", "spring.yaml", ahead_s=ahead_s)[0]


def save_hash(project: Project, sha256: str) -> None:
    """Save that hash for the video."""
    video = project.folder / VIDEO
    an_hour_later = time.time_ns() + 3600 * 10**9
    cache = HashCache(project.folder / CACHE, clock_ns=lambda: an_hour_later)
    with cache, video.open("rb") as file:
        cache.find_or_read(video, file.fileno(), lambda: CachedHash(sha256))


def test_a_second_process_reads_nothing_again(campaign: Project) -> None:
    assert bytes_read_by_status(campaign) == SIZE
    assert asked(campaign) == (0, "reuse")
    assert bytes_read_by_status(campaign) == 0


def test_a_plan_writes_no_cache_file(campaign: Project) -> None:
    for _ in range(2):
        assert asked(campaign) == (SIZE, "reuse")
    assert not (campaign.folder / CACHE).exists()


def test_a_run_leaves_its_hashes_for_the_next_plan(campaign: Project) -> None:
    (campaign.folder / ".vidu-run").rmdir()
    assert asked(campaign, "spring.yaml", "--progress", "none")[0] == SIZE
    assert asked(campaign) == (0, "reuse")
    assert asked(campaign, "spring.yaml", "--progress", "none")[0] == 0


def test_an_edited_file_with_its_old_time_is_read(campaign: Project) -> None:
    bytes_read_by_status(campaign)
    video = campaign.folder / VIDEO
    before = video.stat()
    with video.open("r+b") as file:
        file.write(b"edited")
    os.utime(video, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert asked(campaign) == (SIZE, "fetch")


def test_a_file_that_has_not_settled_is_read_again(campaign: Project) -> None:
    for _ in range(2):
        assert bytes_read_by_status(campaign, ahead_s=-3600) == SIZE
    assert not (campaign.folder / CACHE).exists()


def test_verify_reads_the_files_and_corrects_the_cache(campaign: Project) -> None:
    save_hash(campaign, "0" * 64)
    assert asked(campaign) == (0, "fetch")
    read, output = asked(campaign, "fetch", "--verify", "--progress", "none", "spring.yaml")
    assert read >= SIZE
    assert "1 file intact" in output
    assert asked(campaign) == (0, "reuse")


def test_a_rehearsal_has_a_cache_of_its_own(campaign: Project) -> None:
    path = campaign.folder / "spring.yaml"
    real, rehearsed = (
        ProjectPaths.of(path, Options(manifests=(path,), emulate=emulate)).digests
        for emulate in (False, True)
    )
    assert real == campaign.folder / CACHE
    assert rehearsed != real


def test_small_files_leave_no_cache_file(online: Project) -> None:
    online.jobs("  - {id: a, prompt: a red boat, seed: 7}\n")
    online.run("spring.yaml")
    before = sorted(online.folder.rglob("*"))
    bytes_read_by_status(online)
    made = set(online.folder.rglob("*")) - set(before)
    assert {path.name for path in made if ".site" not in path.parts} <= {
        ".site",
        "ledger.sqlite3-shm",
        "ledger.sqlite3-wal",
    }


def test_a_plan_without_a_ledger_creates_no_folder(campaign: Project) -> None:
    (campaign.folder / ".vidu-run").rmdir()
    assert asked(campaign) == (SIZE, "reuse")
    assert not (campaign.folder / ".vidu-run").exists()


def test_two_concurrent_processes_share_a_cache(campaign: Project) -> None:
    with ExitStack() as both:
        verbs = [
            both.enter_context(
                running(campaign, "status", "spring.yaml", before=COUNTED.format(ahead_s=3600))
            )
            for _ in range(2)
        ]
        outputs = [process.communicate(timeout=60) for process in verbs]
    assert [process.returncode for process in verbs] == [0, 0], outputs
    assert asked(campaign) == (0, "reuse")
