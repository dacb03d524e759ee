"""The search for a lost submission's task, and tasks that a user names."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from runner.emulator.options import EmulatorOptions
from runner.emulator.server import run_emulator
from runner.engine.reconcile.match import Absent, Adopted, Unclear
from runner.engine.reconcile.search import MAX_POLLS, Search, find_verdict
from runner.ledger.changes import Finish
from runner.ledger.location import open_ledger
from runner.model.tasks import AttemptState
from tests.engine.builders import (
    PICTURE,
    SETTLE_S,
    TAG,
    VIDEO,
    FakeVidu,
    LiveRun,
    live_run,
    play,
)

# ------------------------------------------------------------------------ against the emulator


def emulated(folder: Path, scene: Callable[[LiveRun], Awaitable[None]]) -> None:
    async def run(url: str) -> None:
        async with live_run(url, folder) as run:
            await scene(run)

    with run_emulator(EmulatorOptions(time_scale=0)) as url:
        asyncio.run(run(url))


def test_a_task_whose_answer_was_lost_is_found_by_its_tag(tmp_path: Path) -> None:
    async def scene(run: LiveRun) -> None:
        attempt = await run.ambiguous(run.intent("f1"))
        task_id = await run.post(attempt.intent)
        verdict = await run.find_verdict(attempt)
        assert isinstance(verdict, Adopted)
        assert verdict.task_id == task_id
        assert verdict.credits is not None
        assert run.attempt("f1") == attempt, "nothing is written"

    emulated(tmp_path, scene)


def test_a_task_is_found_among_the_pages_of_many(tmp_path: Path) -> None:
    async def scene(run: LiveRun) -> None:
        attempt = await run.ambiguous(run.intent("f1"))
        task_id = await run.post(attempt.intent)
        for number in range(102):
            await run.post(run.intent(f"other-{number}", tag=f"{number:032}"))
        assert await run.find_verdict(attempt) == Adopted(task_id=task_id, credits=6)

    emulated(tmp_path, scene)


def test_once_a_later_task_shows_a_lost_submission_is_absent(tmp_path: Path) -> None:
    async def scene(run: LiveRun) -> None:
        attempt = await run.ambiguous(run.intent("f1"))
        await asyncio.sleep(0.002)
        later = run.intent("f2", tag="b" * 32)
        await run.submitted(later, await run.post(later))
        assert isinstance(await run.find_verdict(attempt), Absent)

    emulated(tmp_path, scene)


def test_after_ten_times_settle_a_submission_is_absent(tmp_path: Path) -> None:
    async def scene(run: LiveRun) -> None:
        attempt = await run.ambiguous(run.intent("f1"))
        began = asyncio.get_running_loop().time()
        assert isinstance(await run.find_verdict(attempt), Absent)
        assert asyncio.get_running_loop().time() - began >= 10 * SETTLE_S

    emulated(tmp_path, scene)


def test_takes_are_told_apart_on_the_documented_list(tmp_path: Path) -> None:
    async def scene(run: LiveRun) -> None:
        tags = [f"{number:032}" for number in range(1, 13)]
        lost = [await run.ambiguous(run.intent(tag, tag=tag)) for tag in tags]
        # Half of them arrived; others on this account have made the very same picture.
        made = {each.intent.tag: await run.post(each.intent) for each in lost[::2]}
        for tag in ("mine", "", *("f" * n for n in range(1, 20))):
            await run.post(run.intent("theirs", tag=tag))
        await asyncio.sleep(0.002)
        later = run.intent("later", tag="b" * 32)
        await run.submitted(later, await run.post(later))
        verdicts = await asyncio.gather(*map(run.find_verdict, lost))
        for attempt, verdict in zip(lost, verdicts, strict=True):
            task_id = made.get(attempt.intent.tag)
            assert verdict == (Adopted(task_id=task_id, credits=6) if task_id else Absent())

    emulated(tmp_path, scene)


def test_a_strangers_task_does_not_stand_in_for_an_absent_one(tmp_path: Path) -> None:
    async def scene(run: LiveRun) -> None:
        attempt = await run.ambiguous(run.intent("f1"))
        await run.post(run.intent("theirs", tag=""))
        verdict = await run.find_verdict(attempt)
        # No task of ours shows that payloads are repeated.
        assert isinstance(verdict, Unclear)
        later = run.intent("later", tag="b" * 32, prompt="a dog")
        await run.submitted(later, await run.post(later))
        assert isinstance(await run.find_verdict(attempt), Absent)

    emulated(tmp_path, scene)


def test_many_lost_submissions_ask_for_each_task_once(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        lost = [await run.ambiguous(run.intent(f"f{n}", tag=f"{n:032}")) for n in range(5)]
        for number in range(5):
            vidu.row(str(number))
            vidu.payloads[str(number)] = f"{number:032}"
        verdicts = await asyncio.gather(*map(run.find_verdict, lost))
        assert [each.task_id for each in verdicts if isinstance(each, Adopted)] == list("01234")
        assert vidu.asked_for == Counter("01234")

    play(tmp_path, scene)


def test_a_task_is_found_behind_very_many_without_a_tag(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        attempt = await run.ambiguous(run.intent("f1"))
        for number in range(2 * MAX_POLLS):
            vidu.row(str(number))
            vidu.payloads[str(number)] = ""
        vidu.row("ours")
        vidu.payloads["ours"] = TAG
        assert await run.find_verdict(attempt) == Adopted(task_id="ours", credits=6)

    play(tmp_path, scene)


# ------------------------------------------------------------------------------------ odd lists


def test_a_list_that_lags_shows_the_task_in_time(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        attempt = await run.ambiguous(run.intent("f1"))
        searching = asyncio.create_task(run.find_verdict(attempt))
        await vidu.asked_thrice.wait()
        vidu.row("1", payload=TAG)
        assert await searching == Adopted(task_id="1")

    play(tmp_path, scene, settle_s=0.3)  # absence is proven after ten times that


def test_a_list_without_payloads_is_confirmed_task_by_task(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        attempt = await run.ambiguous(run.intent("f1"))
        vidu.row("1")
        vidu.row("2")
        vidu.row("3", prompt="a dog")
        vidu.payloads |= {"1": "b" * 32, "2": TAG}
        assert await run.find_verdict(attempt) == Adopted(task_id="2", credits=6)

    play(tmp_path, scene)


@pytest.mark.parametrize("payload", [{"error": TAG}, [TAG], 7, TAG[:12], f"{TAG} (1)", ...])
def test_a_tag_that_came_back_damaged_proves_no_absence(tmp_path: Path, payload: object) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        attempt = await run.ambiguous(run.intent("f1"))
        vidu.row("1")
        vidu.statuses["1"] = {"payload": payload}
        vidu.row("2")
        vidu.payloads |= {"1": "", "2": "b" * 32}
        await run.submitted(run.intent("f2", tag="b" * 32), "2")
        verdict = await run.find_verdict(attempt)
        assert isinstance(verdict, Unclear)
        assert verdict.candidates == ("1",)

    play(tmp_path, scene)


def test_an_unconfirmed_equal_request_stays_unclear(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        attempt = await run.ambiguous(run.intent("f1"))
        vidu.row("1")
        verdict = await run.find_verdict(attempt)
        assert isinstance(verdict, Unclear)
        assert verdict.candidates == ("1",)

    play(tmp_path, scene)


def test_takes_under_one_payload_stay_unclear(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        first = await run.ambiguous(run.intent("f1", payload="mine"))
        second = await run.ambiguous(run.intent("f2", tag="b" * 32, payload="mine"))
        vidu.row("1", payload="mine")
        for attempt in (first, second):
            verdict = await run.find_verdict(attempt)
            assert isinstance(verdict, Unclear)
            assert verdict.candidates == ("1",)

    play(tmp_path, scene)


def test_the_only_unknown_task_with_the_payload_is_adopted(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        attempt = await run.ambiguous(run.intent("f1", payload="mine"))
        await run.submitted(run.intent("f2", tag="b" * 32, payload="mine"), "1")
        vidu.row("1", payload="mine")
        vidu.row("2", payload="mine")
        assert await run.find_verdict(attempt) == Adopted(task_id="2")

    play(tmp_path, scene)


def test_without_a_list_the_search_ends_at_once(tmp_path: Path) -> None:
    async def missing(_: web.Request) -> web.StreamResponse:
        raise web.HTTPNotFound

    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        verdict = await run.find_verdict(await run.ambiguous(run.intent("f1")))
        assert isinstance(verdict, Unclear)
        assert "it cannot be read" in verdict.reason
        assert len(vidu.list_requests) == 1

    play(tmp_path, scene, vidu=FakeVidu(answer=missing), settle_s=60)


@pytest.mark.parametrize(
    ("status", "body"), [(500, b"{}"), (200, b"<html>"), (200, b'{"tasks": [{"state": "x"}]}')]
)
def test_an_unreadable_list_is_read_again_then_unclear(
    tmp_path: Path, status: int, body: bytes
) -> None:
    async def broken(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body)

    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        verdict = await run.find_verdict(await run.ambiguous(run.intent("f1")))
        assert isinstance(verdict, Unclear)
        assert "read" in verdict.reason
        assert len(vidu.list_requests) > 2

    play(tmp_path, scene, vidu=FakeVidu(answer=broken))


def test_a_list_without_a_known_task_stays_unclear(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        await run.submitted(run.intent("f2", tag="b" * 32, ago_s=600), "known")
        verdict = await run.find_verdict(await run.ambiguous(run.intent("f1")))
        assert isinstance(verdict, Unclear)
        assert "it lacks a task that exists" in verdict.reason

    play(tmp_path, scene)


def test_a_full_page_without_a_next_one_proves_nothing(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        async def first(_: web.Request) -> web.StreamResponse:
            return vidu.dated({"tasks": vidu.rows})

        for number in range(10):
            vidu.row(str(number), prompt="a dog")
        vidu.answer = first
        verdict = await run.find_verdict(await run.ambiguous(run.intent("f1")))
        assert isinstance(verdict, Unclear)
        assert "where it ends" in verdict.reason

    play(tmp_path, scene)


def test_a_full_page_without_a_next_one_shows_the_task(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        async def first(_: web.Request) -> web.StreamResponse:
            return vidu.dated({"tasks": vidu.rows})

        attempt = await run.ambiguous(run.intent("f1"))
        vidu.row("1", payload=TAG, credits=6)
        for number in range(9):
            vidu.row(f"other {number}", prompt="a dog")
        vidu.answer = first
        assert await run.find_verdict(attempt) == Adopted(task_id="1", credits=6)

    play(tmp_path, scene)


def test_an_old_submission_takes_one_reading_of_the_list(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        with open_ledger(run.context.ledger.location) as ledger:
            dead = ledger.begin_run("spring.yaml", "vidu-run")
        attempt = await run.ambiguous(run.intent("f1", ago_s=7200), run=dead)
        assert isinstance(await run.find_verdict(attempt), Absent)
        assert len(vidu.list_requests) == 1

    play(tmp_path, scene, settle_s=5)


def test_a_submission_beyond_the_lists_reach_stays_unclear(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        verdict = await run.find_verdict(await run.ambiguous(run.intent("f1", ago_s=8 * 86_400)))
        assert isinstance(verdict, Unclear)
        assert "does not reach back" in verdict.reason

    play(tmp_path, scene)


@pytest.mark.parametrize("hours", [-3, 3])
def test_the_list_is_asked_by_the_providers_own_clock(tmp_path: Path, hours: int) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        attempt = await run.ambiguous(run.intent("f1"))
        vidu.row("1")
        vidu.payloads["1"] = TAG
        assert await run.find_verdict(attempt) == Adopted(task_id="1", credits=6)

    play(tmp_path, scene, vidu=FakeVidu(skew=timedelta(hours=hours), filters_by_time=True))


def test_pages_that_form_a_circle_end_the_search(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        async def same(_: web.Request) -> web.StreamResponse:
            return vidu.dated({"tasks": [], "next_page_token": "again"})

        vidu.answer = same
        verdict = await run.find_verdict(await run.ambiguous(run.intent("f1")))
        assert isinstance(verdict, Unclear)
        assert "circle" in verdict.reason

    play(tmp_path, scene)


def test_reading_an_endless_list_stops(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        async def more(_: web.Request) -> web.StreamResponse:
            return vidu.dated({"tasks": [], "next_page_token": str(len(vidu.list_requests))})

        vidu.answer = more
        attempt = await run.ambiguous(run.intent("f1"))
        search = Search(run.context, attempt, PICTURE, max_pages=5)
        verdict = await search.run()
        assert isinstance(verdict, Unclear)
        assert "it has more than 5 pages" in verdict.reason

    play(tmp_path, scene)


def test_a_submission_at_another_address_is_never_absent(
    tmp_path: Path,
) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        lost = await run.ambiguous(replace(run.intent("f1"), base_url="http://127.0.0.1:1"))
        other = replace(run.intent("f2", tag="b" * 32), key_env="OTHER_KEY")
        found = await run.ambiguous(other)
        vidu.row("1", payload="b" * 32)
        assert await run.find_verdict(found) == Adopted(task_id="1")
        verdict = await run.find_verdict(lost)
        assert isinstance(verdict, Unclear)
        assert "it was submitted to another address" in verdict.reason

    play(tmp_path, scene)


# ------------------------------------------------------------------------ ends of the search


def test_a_run_that_stops_ends_the_search_at_once(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        arrived = asyncio.Event()

        async def never(_: web.Request) -> web.StreamResponse:
            arrived.set()
            await asyncio.sleep(60)
            raise AssertionError

        vidu.answer = never
        attempt = await run.ambiguous(run.intent("f1"))
        searching = asyncio.create_task(run.find_verdict(attempt))
        await arrived.wait()
        run.context.stopping.set()
        async with asyncio.timeout(2):
            verdict = await searching
        assert verdict == Unclear(reason="interrupted during the search for its task")

    play(tmp_path, scene)


def test_a_search_without_an_end_is_given_up(tmp_path: Path) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        async def never(_: web.Request) -> web.StreamResponse:
            await asyncio.sleep(60)
            raise AssertionError

        vidu.answer = never
        attempt = await run.ambiguous(run.intent("f1"))
        verdict = await find_verdict(run.context, attempt, PICTURE, leeway_s=0.1)
        assert verdict == Unclear(reason="the search for its task took too long")

    play(tmp_path, scene)


def test_a_provider_without_a_list_leaves_it_unclear(tmp_path: Path) -> None:
    async def scene(run: LiveRun, _: FakeVidu) -> None:
        attempt = await run.ambiguous(replace(run.intent("f1"), provider="modelverse"))
        assert await find_verdict(run.context, attempt, VIDEO) == Unclear(
            reason="modelverse has no list of tasks in which it could be looked for"
        )

    play(tmp_path, scene)


@pytest.mark.parametrize("known", [True, False])
def test_a_submission_with_a_known_task_polls_that_task(tmp_path: Path, known: bool) -> None:
    async def scene(run: LiveRun, vidu: FakeVidu) -> None:
        await run.submitted(run.intent("f1"), "1")
        number, at = run.attempt("f1").number, run.context.stamp()
        await run.write(Finish(number=number, state=AttemptState.AMBIGUOUS, finished_at=at))
        if known:
            vidu.payloads["1"] = TAG
        verdict = await run.find_verdict(run.attempt("f1"))
        if known:
            assert verdict == Adopted(task_id="1", credits=6)
        else:
            assert isinstance(verdict, Unclear)
            assert verdict.candidates == ("1",)
        assert not vidu.list_requests

    play(tmp_path, scene)
