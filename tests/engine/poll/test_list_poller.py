"""Many tasks watched through one provider's list, as far as that is good."""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from runner.engine.net.client import Http
from runner.engine.net.pacing import Rate
from runner.engine.poll.list_poller import (
    FAILURES,
    LONGEST,
    MOST,
    ListEndpoint,
    ListPoller,
    Subscription,
    portions,
)
from runner.engine.poll.schedule import DurationStats
from runner.model import Account, TaskState, TaskStatus
from runner.providers import vidu_tasks

LONG_S = 30.0
"""Nothing in these tests takes as long."""


def in_a_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """A test that is a coroutine, within a time limit."""

    @functools.wraps(test)
    def run(*args: object, **kwargs: object) -> None:
        async def limited() -> None:
            async with asyncio.timeout(20):
                await test(*args, **kwargs)

        asyncio.run(limited())

    return run


@dataclass
class Desk:
    """A list of tasks that can be got wrong in every way."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    """The ids of every question."""
    page: int = 100
    commas: bool = False
    """Ids are read from one value, parted by commas."""
    filters: bool = True
    answer: Callable[[], web.Response] | None = None
    """What answers instead of the rows."""
    complaints: list[str] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.Response:
        values = request.query.getall("task_ids")
        ids = values[0].split(",") if self.commas else values
        self.asked.append(values)
        if self.answer is not None:
            return self.answer()
        meant = [row for task, row in self.rows.items() if task in ids or not self.filters]
        start = int(request.query.get("pager.page_token") or 0)
        token = str(start + self.page) if start + self.page < len(meant) else ""
        rows = meant[start : start + self.page]
        return web.json_response({"tasks": rows, "next_page_token": token})

    def put(self, task_id: str, state: str = "processing") -> None:
        self.rows[task_id] = {"id": task_id, "state": state, "creations": []}

    def done(self, task_id: str) -> None:
        url = f"http://127.0.0.1/{task_id}.png"
        self.rows[task_id] = {"id": task_id, "state": "success", "creations": [{"url": url}]}


@asynccontextmanager
async def roll_at(desk: Desk) -> AsyncIterator[ListPoller]:
    app = web.Application()
    app.router.add_get("/ent/v2/tasks", desk.serve)
    server = web.AppRunner(app)
    await server.setup()
    site = web.TCPSite(server, "127.0.0.1", 0)
    await site.start()
    port = server.addresses[0][1]
    account = Account(
        provider="vidu", base_url=f"http://127.0.0.1:{port}", auth="token", key=None, key_env="K"
    )
    source = random.Random(1)  # noqa: S311 - spreads retries, guards nothing
    async with Http(trust_env=False) as http:
        line = ListEndpoint(lister=vidu_tasks, account=account, http=http, rate=Rate(1000))
        poller = ListPoller(line, source, desk.complaints.append)
        asking = asyncio.create_task(poller.keep_asking())
        yield poller
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        if not asking.cancelled():
            asking.result()
    await server.cleanup()


@asynccontextmanager
async def subscriptions(
    desk: Desk, *task_ids: str
) -> AsyncIterator[tuple[ListPoller, list[Subscription]]]:
    """A roll with these tasks on it, by the desk's word under way."""
    for task_id in task_ids:
        desk.put(task_id)
    now = asyncio.get_running_loop().time()
    async with AsyncExitStack() as stack:
        poller = await stack.enter_async_context(roll_at(desk))
        yield (
            poller,
            [
                stack.enter_context(poller.subscribe(task, now, DurationStats((), None)))
                for task in task_ids
            ],
        )


def status(task_id: str, state: TaskState) -> TaskStatus:
    return TaskStatus(task_id=task_id, state=state)


async def until(true: Callable[[], bool]) -> None:
    """Wait for what the roll comes to by itself."""
    while not true():  # noqa: ASYNC110 - it does not know that it is looked at
        await asyncio.sleep(0.01)


async def asked_times(desk: Desk, times: int) -> None:
    """Wait for so many questions more."""
    end = len(desk.asked) + times
    await until(lambda: len(desk.asked) >= end)


async def prove(desk: Desk, subscription: Subscription) -> None:
    """Let the list tell of a first end."""
    desk.done(subscription.task_id)
    assert await subscription.wait(LONG_S, LONG_S) is not None


@in_a_loop
async def test_the_list_tells_of_an_end() -> None:
    desk = Desk()
    async with subscriptions(desk, "a") as (_, [subscription]):
        told = asyncio.create_task(subscription.wait(LONG_S, LONG_S))
        await asked_times(desk, 2)
        assert not told.done()
        desk.done("a")
        found = await told
    assert found is not None
    assert found.state is TaskState.SUCCEEDED
    assert found.urls == ("http://127.0.0.1/a.png",)


@in_a_loop
async def test_a_task_that_two_watch_is_told_of_until_both_have_gone() -> None:
    desk = Desk()
    async with subscriptions(desk, "a", "b") as (poller, _):
        now = asyncio.get_running_loop().time()
        with poller.subscribe("a", now, DurationStats((), None)) as second:
            desk.done("a")
            assert await second.wait(LONG_S, LONG_S) is not None
        await asked_times(desk, 1)
    assert desk.asked[-1] == ["b"]


@in_a_loop
async def test_one_question_serves_all_tasks() -> None:
    desk = Desk()
    names = [f"t{n}" for n in range(MOST)]
    async with subscriptions(desk, *names) as (_, _subscriptions):
        await asked_times(desk, 1)
    assert sorted(desk.asked[-1]) == sorted(names)


def test_more_tasks_than_a_page_holds_are_asked_after_in_portions() -> None:
    names = [f"t{n}" for n in range(2 * MOST + 1)]
    assert [len(portion) for portion in portions(names)] == [MOST, MOST, 1]


def test_long_ids_make_smaller_portions() -> None:
    found = list(portions(["x" * 500] * 50))
    assert sum(map(len, found)) == 50
    assert all(sum(map(len, portion)) <= LONGEST for portion in found)


def test_an_id_longer_than_any_address_is_asked_after_alone() -> None:
    assert list(portions(["a", "x" * 9000, "b"])) == [["a"], ["x" * 9000], ["b"]]


@in_a_loop
async def test_small_pages_are_read_to_the_end() -> None:
    desk = Desk(page=2)
    async with subscriptions(desk, "a", "b", "c", "d", "e") as (_, found):
        desk.done("e")
        assert await found[-1].wait(LONG_S, LONG_S) is not None


@in_a_loop
async def test_a_list_that_reads_ids_with_commas_is_asked_so() -> None:
    desk = Desk(commas=True)
    async with subscriptions(desk, "a", "b", "c") as (_, found):
        desk.done("c")
        assert await found[-1].wait(LONG_S, LONG_S) is not None
        assert not found[0].polled_singly
        await asked_times(desk, 1)
    assert desk.asked[-1] == ["a,b,c"]


@pytest.mark.parametrize("code", [404, 405, 501, 401])
@in_a_loop
async def test_where_there_is_no_list_tasks_are_asked_after_one_by_one(code: int) -> None:
    desk = Desk(answer=lambda: web.Response(status=code))
    async with subscriptions(desk, "a", "b") as (poller, found):
        assert await found[1].wait(0.3, LONG_S) is None
        assert not poller.active
        assert poller.polled_singly == 2
    assert len(desk.asked) == 1
    assert not desk.complaints


@in_a_loop
async def test_a_list_that_fails_again_and_again_is_left_alone_for_a_while() -> None:
    desk = Desk(answer=lambda: web.Response(status=500, text="oops"))
    async with subscriptions(desk, "a", "b") as (poller, found):
        await prove_nothing(found[1])
        assert not poller.active
    assert len(desk.asked) == FAILURES


async def prove_nothing(subscription: Subscription) -> None:
    assert await subscription.wait(0.0, LONG_S) is None


@in_a_loop
async def test_a_list_that_fails_once_goes_on() -> None:
    desk = Desk(answer=lambda: web.Response(status=500, text="oops"))
    async with subscriptions(desk, "a", "b") as (poller, found):
        await asked_times(desk, 1)
        desk.answer = None
        desk.done("b")
        assert await found[1].wait(LONG_S, LONG_S) is not None
        assert poller.active


@in_a_loop
async def test_a_list_that_tells_of_other_tasks_is_given_up() -> None:
    desk = Desk(filters=False)
    desk.put("stranger")
    async with subscriptions(desk, "a", "b") as (poller, found):
        del desk.rows["b"]
        assert await found[1].wait(0.0, LONG_S) is None
        assert not poller.active
    [complaint] = desk.complaints
    assert "it tells of other tasks than it was asked for; asking task by task" in complaint


@in_a_loop
async def test_a_task_that_the_list_leaves_out_is_asked_after_by_itself() -> None:
    desk = Desk()
    async with subscriptions(desk, "a", "b") as (poller, found):
        await prove(desk, found[0])
        del desk.rows["b"]
        assert await found[1].wait(0.0, LONG_S) is None
        assert found[1].polled_singly
        assert poller.active
        assert poller.polled_singly == 1
    assert poller.polled_singly == 0


@in_a_loop
async def test_a_task_that_appears_in_the_list_later_is_watched_there_again() -> None:
    desk = Desk()
    async with subscriptions(desk, "a", "b") as (poller, found):
        await prove(desk, found[0])
        del desk.rows["b"]
        await until(lambda: found[1].polled_singly)
        desk.put("b")
        await until(lambda: not found[1].polled_singly)
        assert poller.polled_singly == 0


@in_a_loop
async def test_until_the_list_has_proved_good_one_task_is_asked_after_as_well() -> None:
    desk = Desk()
    async with subscriptions(desk, "a", "b") as (_, found):
        assert await found[0].wait(0.05, LONG_S) is None
        second = asyncio.create_task(found[1].wait(0.05, LONG_S))
        await prove(desk, found[0])
        assert not second.done()
        second.cancel()


@in_a_loop
async def test_a_proven_list_is_left_to_tell() -> None:
    desk = Desk()
    async with subscriptions(desk, "a", "b") as (_, found):
        await prove(desk, found[0])
        first = asyncio.create_task(found[0].wait(0.0, LONG_S))
        await asyncio.sleep(0)
        assert not first.done()
        assert await first is not None


@in_a_loop
async def test_a_list_that_is_behind_is_given_up() -> None:
    desk = Desk()
    async with subscriptions(desk, "a", "b") as (poller, found):
        assert await found[0].wait(0.05, LONG_S) is None
        found[0].observe(None, status("a", TaskState.SUCCEEDED))
        assert await found[1].wait(0.0, LONG_S) is None
        assert not poller.active
    [complaint] = desk.complaints
    assert "it does not tell that task a has ended" in complaint


@in_a_loop
async def test_a_list_that_learns_of_an_end_a_moment_later_is_kept() -> None:
    desk = Desk()
    async with subscriptions(desk, "a", "b") as (poller, found):
        found[0].observe(None, status("a", TaskState.FAILED))
        desk.put("a", "failed")
        assert await found[0].wait(LONG_S, LONG_S) is not None
        assert poller.active
        assert not desk.complaints


@in_a_loop
async def test_a_list_that_tells_of_ends_that_are_none_is_given_up() -> None:
    desk = Desk()
    async with subscriptions(desk, "a") as (poller, [subscription]):
        desk.done("a")
        told = await subscription.wait(LONG_S, LONG_S)
        subscription.observe(told, status("a", TaskState.RUNNING))
        assert not poller.active
    [complaint] = desk.complaints
    assert "it says that task a has ended, which it has not" in complaint


@in_a_loop
async def test_a_row_that_says_done_without_a_result_is_told_for_what_it_is() -> None:
    desk = Desk()
    async with subscriptions(desk, "a") as (_, [subscription]):
        desk.put("a", "success")
        told = await subscription.wait(LONG_S, LONG_S)
    assert told is not None
    assert told.state is TaskState.UNKNOWN


@in_a_loop
async def test_a_provider_without_a_list_is_asked_task_by_task() -> None:
    said: list[str] = []
    poller = ListPoller(None, random.Random(1), said.append)  # noqa: S311 - spreads, guards nothing
    await poller.keep_asking()
    with poller.subscribe("a", 0.0, DurationStats((), None)) as subscription:
        assert subscription.polled_singly
        assert await subscription.wait(0.01, LONG_S) is None
        assert poller.polled_singly == 1


@in_a_loop
async def test_a_list_that_was_borne_out_is_believed_that_a_task_is_under_way() -> None:
    desk = Desk()
    async with subscriptions(desk, "a", "b") as (poller, found):
        assert await found[0].now(LONG_S) is None, "nobody has borne the list out yet"
        found[0].observe(None, status("a", TaskState.RUNNING))
        assert poller.trusted
        told = await found[1].now(LONG_S)
    assert told is not None
    assert told.state is TaskState.RUNNING


@in_a_loop
async def test_an_end_is_told_by_the_first_word_of_the_list() -> None:
    desk = Desk()
    async with subscriptions(desk, "a") as (_, [subscription]):
        desk.done("a")
        told = await subscription.now(LONG_S)
    assert told is not None
    assert told.state is TaskState.SUCCEEDED


@in_a_loop
async def test_without_a_list_nothing_is_told_of_how_a_task_is() -> None:
    desk = Desk(answer=lambda: web.Response(status=404))
    async with subscriptions(desk, "a") as (_, [subscription]):
        assert await subscription.now(LONG_S) is None
        assert await subscription.now(LONG_S) is None


@in_a_loop
async def test_a_task_of_an_earlier_run_is_asked_after_at_once() -> None:
    desk = Desk()
    desk.put("young")
    desk.done("old")
    async with roll_at(desk) as poller:
        now = asyncio.get_running_loop().time()
        known = DurationStats([600.0] * 9, None)
        with (
            poller.subscribe("young", now, known),
            poller.subscribe("old", now - 500, known) as subscription,
        ):
            assert await subscription.wait(LONG_S, LONG_S) is not None
    assert len(desk.asked) == 1
