"""A ceiling over what a manifest costs: nothing above it is submitted, in this run or the next."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from aiohttp import web

import runner
from runner.ledger.location import open_ledger
from runner.operations import schema_folder
from tests.commands.conftest import Project
from tests.commands.process import running
from tests.commands.quick_clock import QUICK_CLOCK
from tests.commands.serving import SUBMIT, Handler, provider

FIVE = "".join(f"  - {{id: j{n}, prompt: boat {n}}}\n" for n in range(5))

Submissions = Callable[[], Counter[str]]


def states(project: Project) -> Counter[str]:
    return Counter(row["state"] for row in project.rows().values())


def test_the_runner_stops_submitting_at_the_ceiling_and_exits_5(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(FIVE)
    ran = online.run("spring.yaml", "--budget", "credits=13")
    assert ran.code == 5
    assert states(online) == {"succeeded": 2, "pending": 3}
    assert submissions() == {"accepted": 2}
    assert "the budget of 13 credits is not enough" in ran.err


def test_the_ceiling_holds_over_all_runs_of_a_manifest(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(FIVE)
    online.run("spring.yaml", "--budget", "credits=13")
    assert online.run("spring.yaml", "--budget", "credits=13").code == 5
    assert submissions() == {"accepted": 2}
    assert online.run("spring.yaml", "--budget", "credits=30").code == 0
    assert submissions() == {"accepted": 5}


def test_status_fetch_and_plan_agree_with_a_run_about_the_budget(online: Project) -> None:
    online.jobs(FIVE)
    flags = ("--budget", "credits=13,cny=2")
    ran = online.run("spring.yaml", *flags)
    online.env["VIDU_RUN_BUDGET"] = "credits=13,cny=2"
    status = online.run("status", "spring.yaml")
    fetched = online.run("fetch", "spring.yaml")
    planned = online.run("plan", "spring.yaml")
    assert [each.code for each in (ran, status, fetched, planned)] == [5, 5, 5, 5]
    # 12 are spent, and three more need 6 each.
    hint = "raise the budget to at least 30 credits"
    command = "vidu-run run spring.yaml --budget credits=30,cny=2"
    for shown in (ran.err, fetched.err):
        assert hint in shown
        assert command in shown
    for shown in (status.out, planned.out):
        assert f"{hint}: --budget credits=30,cny=2, or run.budget in the manifest" in shown
    assert "nothing is submitted to vidu: the budget of 13 credits is not enough" in planned.out
    assert online.rows()["j4"]["reason"].startswith("not submitted: the budget of 13 credits")


def test_a_budget_that_leaves_room_is_no_reason_to_stop(online: Project) -> None:
    online.jobs(FIVE)
    online.env["VIDU_RUN_BUDGET"] = "credits=13"
    assert online.run("plan", "spring.yaml").code == 0
    assert online.run("plan", "spring.yaml", "--detailed-exitcode").code == 10
    status = online.run("status", "spring.yaml")
    assert (status.code, "not submitted yet: new" in status.out) == (6, True)


def test_a_budget_in_yuan_does_not_hold_up_credits(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(FIVE)
    assert online.run("spring.yaml", "--budget", "cny=1").code == 0
    assert submissions() == {"accepted": 5}


CHAINED = """
version: 1
jobs:
  - id: clip
    operation: vidu/text2video
    model: viduq3-turbo
    prompt: a boat
    duration: 2
  - id: large
    operation: vidu/upscale-new
    video_creation_id: ${{ jobs.clip.creation_id }}"""


def test_a_budget_counts_the_seconds_of_what_another_job_makes(
    online: Project, submissions: Submissions
) -> None:
    online.write(CHAINED)
    (planned,) = json.loads(online.run("plan", "--json", "spring.yaml").out)
    clip, large = (each["estimate"]["credits"] for each in planned["jobs"])
    assert large == 20
    ran = online.run("spring.yaml", "--budget", f"credits={clip + large - 1}")
    assert ran.code == 5
    assert submissions() == {"accepted": 1}
    assert states(online) == {"succeeded": 1, "pending": 1}


TWO_SIDES = "".join(
    f"""
  - id: {side}-video
    operation: modelverse/reference2video
    prompt: dance {side}
    images: [https://example.com/{side}.png]
  - {{id: {side}-1, prompt: first of {side}}}
  - {{id: {side}-2, prompt: second of {side}}}
  - {{id: {side}-3, prompt: third of {side}}}"""
    for side in ("left", "right")
)
"""A job that costs no credits, then three of six credits each, on either side."""


def test_two_runs_at_once_keep_one_budget(project: Project) -> None:
    project.jobs(TWO_SIDES)
    both, pictures = threading.Barrier(2), Counter[str]()

    async def together(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.endswith("/submit"):  # a video
            await asyncio.to_thread(both.wait, 30)
        pictures[request.path] += 1
        return await handler(request)

    flags = ("--budget", "credits=20", "--concurrency", "1", "--no-download")
    with (
        provider(project, together),
        running(project, "spring.yaml", "--select", "left-*", *flags, before=QUICK_CLOCK) as left,
        running(project, "spring.yaml", "--select", "right-*", *flags, before=QUICK_CLOCK) as right,
    ):
        codes = {left.wait(60), right.wait(60)}
    assert pictures[SUBMIT] == 3
    assert 5 in codes


def test_manifests_of_one_name_in_a_shared_ledger_have_own_budgets(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(FIVE, "spring.yaml")
    online.jobs(FIVE.replace("boat", "ship"), "other/spring.yaml")
    flags = ("--state-dir", "shared", "--budget", "credits=13")
    assert online.run("spring.yaml", *flags).code == 5
    assert online.run("other/spring.yaml", *flags).code == 5
    assert submissions() == {"accepted": 4}
    with open_ledger(online.folder / "shared" / "ledger.sqlite3", read_only=True) as ledger:
        for name in ("spring.yaml", "other/spring.yaml"):
            spent = ledger.costs(name, {"vidu": "loopback"}).spent
            assert spent == {"credits": Decimal(12)}


def without_prices(project: Project) -> None:
    """The program beside schemas without prices, for `running`."""
    site = project.folder / ".site"
    shutil.copytree(schema_folder(), site / "schemas")
    (site / "runner").symlink_to(Path(runner.__file__).parent)
    path = site / "schemas" / "vidu" / "reference2image.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    schema["x-operation"]["price"] = None
    path.write_text(json.dumps(schema), encoding="utf-8")


def test_another_runs_unknown_price_is_awaited_up_to_the_timeout(
    project: Project,
) -> None:
    without_prices(project)
    project.jobs(TWO_SIDES)
    videos, pictures = threading.Event(), threading.Event()
    answer_video, answer_picture = threading.Event(), threading.Event()

    async def silent(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.endswith("/submit"):
            videos.set()
            await asyncio.to_thread(answer_video.wait, 60)
        elif request.path == SUBMIT:
            pictures.set()
            await asyncio.to_thread(answer_picture.wait, 60)
        return await handler(request)

    flags = ("--budget", "credits=100", "--timeout", "1s", "--concurrency", "1")
    mine = ("--select", "right-video", "--select", "right-1")
    with (
        provider(project, silent),
        running(project, "spring.yaml", *mine, *flags, before=QUICK_CLOCK) as run,
    ):
        assert videos.wait(60)
        with running(project, "spring.yaml", "--select", "left-1", *flags) as other:
            assert pictures.wait(60)
            other.send_signal(signal.SIGSTOP)
            answer_video.set()
            output = run.communicate(timeout=60)[1]
            answer_picture.set()
    assert run.returncode == 6
    other_is = r"another run \(.+\), which is making something of unknown price"
    assert re.search(f"waiting for {other_is}\n", output)
    reason = project.rows()["right-1"]["reason"]
    assert re.fullmatch(f"waited 1 s for {other_is} and is still alive", reason)
