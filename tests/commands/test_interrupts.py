"""Ctrl-C, SIGTERM and SIGKILL, sent to a real process in the middle of its work."""

from __future__ import annotations

import asyncio
import re
import signal
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from tests.commands.conftest import Project
from tests.commands.process import running, until
from tests.commands.serving import SUBMIT, Handler, provider
from tests.commands.tasks import asks_after_tasks, held_back

JOBS = "".join(f"  - {{id: j{n}, prompt: boat {n}}}\n" for n in range(6))


@pytest.fixture(autouse=True)
def settled_soon(project: Project) -> None:
    project.env["VIDU_RUN_SETTLE"] = "0.1s"


class Stage:
    """A provider whose tasks end, and whose answers come, only when the test allows it."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.ending = threading.Event()
        self.answering = threading.Event()
        self.answering.set()

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        if request.path == SUBMIT:
            self.seen["made"] += 1
            await asyncio.to_thread(self.answering.wait, 30)
        if asks_after_tasks(request):
            self.seen["asked"] += 1
            if not self.ending.is_set():
                return held_back(answer)
        return answer


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
def test_the_next_run_collects_the_tasks_of_an_interrupted_one(
    project: Project, number: signal.Signals, code: int
) -> None:
    project.jobs(JOBS)
    stage = Stage()
    with provider(project, stage):
        with running(project, "spring.yaml") as process:
            until(lambda: stage.seen["asked"] >= 1 and stage.seen["made"] >= 2)
            began = datetime.now(UTC)
            process.send_signal(number)
            assert process.wait(20) == code
        rows, run = project.rows(), project.results()["run"]
        assert run["exit_code"] == code
        assert datetime.fromisoformat(run["finished_at"]) - began < timedelta(seconds=4)
        assert {row["state"] for row in rows.values()} == {"pending"}
        under_way = {row["task_id"] for row in rows.values() if row["task_id"]}
        stage.ending.set()
        made = stage.seen["made"]
        assert len(under_way) == made
        assert project.run("spring.yaml").code == 0
    assert stage.seen["made"] == 6
    assert under_way <= {row["task_id"] for row in project.rows().values()}


@pytest.mark.parametrize("name", ["SIGHUP", "SIGINT", "SIGTERM"])
def test_a_signal_ignored_at_the_start_ends_no_run(project: Project, name: str) -> None:
    project.jobs(JOBS)
    stage = Stage()
    ignoring = f"import signal; signal.signal(signal.{name}, signal.SIG_IGN)"
    with provider(project, stage), running(project, "spring.yaml", before=ignoring) as process:
        until(lambda: stage.seen["asked"] >= 1)
        process.send_signal(signal.Signals[name])
        stage.ending.set()
        assert process.wait(30) == 0
    assert {row["state"] for row in project.rows().values()} == {"succeeded"}


def test_an_interruption_waits_for_the_answer_to_a_submission(
    project: Project,
) -> None:
    project.jobs(JOBS)
    stage = Stage()
    stage.answering.clear()
    with provider(project, stage):
        with running(project, "spring.yaml") as process:
            until(lambda: stage.seen["made"] >= 1)
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            assert "waiting up to 15 s" in process.stderr.readline()
            stage.answering.set()
            assert process.wait(20) == 130
        assert sum(1 for row in project.rows().values() if row["task_id"]) == 1
        stage.ending.set()
        assert project.run("spring.yaml").code == 0
    assert stage.seen["made"] == 6


def test_a_second_interruption_cuts_and_the_next_run_finds_the_task(project: Project) -> None:
    project.jobs(JOBS)
    stage = Stage()
    stage.ending.set()
    stage.answering.clear()
    with provider(project, stage):
        with running(project, "spring.yaml") as process:
            until(lambda: stage.seen["made"] >= 1)
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            process.stderr.readline()
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 130
            assert "run the same command again: it looks for the task" in process.stderr.read()
        states = Counter(row["state"] for row in project.rows().values())
        assert states == {"ambiguous": 1, "pending": 5}
        stage.answering.set()
        assert project.run("spring.yaml").code == 0
    assert stage.seen["made"] == 6


def test_a_stopped_run_delays_another_only_up_to_its_timeout(
    project: Project,
) -> None:
    project.jobs("  - {id: a, prompt: a boat}")
    stage = Stage()
    stage.ending.set()
    stage.answering.clear()
    with provider(project, stage), running(project, "spring.yaml") as process:
        until(lambda: stage.seen["made"] >= 1)
        process.send_signal(signal.SIGSTOP)
        ran = project.run("spring.yaml", "--timeout", "1s")
        assert ran.code == 6
        row = project.rows()["a"]
        assert row["state"] == "pending"
        assert re.fullmatch(
            r"waited 1 s for another run \(.+\), which is submitting the same request and .+ alive",
            row["reason"],
        )
        assert "which is submitting the same" in ran.err
        process.send_signal(signal.SIGCONT)
        stage.answering.set()
        assert process.wait(20) == 0
    assert stage.seen["made"] == 1


@pytest.mark.parametrize("moment", ["made", "asked"])
def test_a_killed_run_is_continued_and_nothing_is_made_twice(project: Project, moment: str) -> None:
    project.jobs(JOBS)
    stage = Stage()
    if moment == "made":
        stage.answering.clear()
    with provider(project, stage):
        with running(project, "spring.yaml") as process:
            until(lambda: stage.seen[moment] >= 1)
            process.kill()
            process.wait()
        stage.answering.set()
        stage.ending.set()
        assert project.run("spring.yaml").code == 0
    assert stage.seen["made"] == 6
    assert {row["state"] for row in project.rows().values()} == {"succeeded"}


def test_the_next_run_fetches_what_a_killed_one_did_not(project: Project) -> None:
    project.jobs("  - {id: a, prompt: a boat}")
    seen: Counter[str] = Counter()

    async def stalling(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/files/") and not seen["released"]:
            seen["asked"] += 1
            await asyncio.sleep(30)
        return await handler(request)

    with provider(project, stalling):
        with running(project, "spring.yaml") as process:
            until(lambda: seen["asked"] >= 1)
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 130
        row = project.rows()["a"]
        assert (row["state"], row["reason"]) == ("pending", "interrupted; made, not yet fetched")
        seen["released"] = 1
        assert project.run("spring.yaml").code == 0
    assert project.rows()["a"]["task_id"] == row["task_id"]
    assert not list(project.folder.rglob("*.part*"))


def test_a_closed_pipe_does_not_end_a_run(project: Project) -> None:
    project.jobs(JOBS)
    stage = Stage()
    stage.ending.set()
    with (
        provider(project, stage),
        running(project, "spring.yaml", "--progress", "json") as process,
    ):
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        process.stderr.close()
        process.stdout = process.stderr = None
        assert process.wait(30) == 0
    assert {row["state"] for row in project.rows().values()} == {"succeeded"}


SILENT_NAME_SERVER = """
import pathlib, socket, time

ASKED = pathlib.Path(__file__).with_name("asked")
ANSWERS = {answers}
real, seen = socket.getaddrinfo, []

def getaddrinfo(host, *rest, **named):
    if host not in ("api.example", b"api.example"):
        return real(host, *rest, **named)
    seen.append(host)
    if len(seen) > ANSWERS:
        ASKED.touch()
        time.sleep(60)
    return real("127.0.0.1", *rest, **named)

socket.getaddrinfo = getaddrinfo
"""
"""A name server that falls silent after that many answers."""


@pytest.mark.parametrize("answers", [0, 1])
def test_a_silent_name_server_does_not_hold_up_the_end(project: Project, answers: int) -> None:
    project.jobs("  - {id: a, prompt: a boat}")
    stage = Stage()
    asked = project.folder / ".site" / "asked"
    silent = SILENT_NAME_SERVER.format(answers=answers)
    with provider(project, stage) as url:
        project.env["VIDU_BASE_URL"] = url.replace("127.0.0.1", "api.example")
        with running(project, "spring.yaml", before=silent) as process:
            until(asked.exists)
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 130
    row = project.rows()["a"]
    assert stage.seen["made"] == answers
    assert row["state"] == "pending"
    assert (row["task_id"] is not None) == bool(answers)


def test_each_of_two_concurrent_runs_reports_its_own_cost(project: Project) -> None:
    project.jobs("  - {id: a, prompt: a boat}")
    stage = Stage()
    stage.answering.clear()
    with provider(project, stage), running(project, "spring.yaml") as first:
        until(lambda: stage.seen["made"] == 1)
        with running(project, "spring.yaml") as second:
            runs = project.folder / ".vidu-run" / "runs"
            until(lambda: len(list(runs.iterdir())) == 2)
            stage.ending.set()
            stage.answering.set()
            output = [process.communicate(timeout=60)[1] for process in (first, second)]
        assert (first.returncode, second.returncode) == (0, 0)
    assert stage.seen["made"] == 1
    assert "1 done | 6 credits |" in output[0]
    assert "1 done | nothing spent, 1 made by another run |" in output[1]


STRIKES_ONCE = """
import aiohttp, os, signal
plain, struck = aiohttp.ClientSession.close, []
async def close(session):
    if not struck:
        struck.append(os.kill(os.getpid(), signal.SIGINT))
    await plain(session)
aiohttp.ClientSession.close = close
"""


def test_ctrl_c_during_cleanup_starts_no_other_manifest(
    online: Project,
) -> None:
    online.jobs("  - {id: a, prompt: a cat}\n")
    online.jobs("  - {id: b, prompt: a boat}\n", "autumn.yaml")
    manifests = ("run", "spring.yaml", "autumn.yaml", "--progress", "none")
    with running(online, *manifests, before=STRIKES_ONCE) as process:
        _, output = process.communicate(timeout=60)
    assert process.returncode == 130
    assert output.startswith("spring.yaml: 1 done | 6 credits")
    assert "autumn.yaml" not in output
    assert "Unclosed" not in output
